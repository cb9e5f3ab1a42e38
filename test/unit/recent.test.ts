import { expect } from 'chai';
import { Recent } from '../../core/knowledge/index.ts';

describe('what was made of texts lately', () => {
  const make = (text: string): { readonly text: string } => ({ text });

  it('is made once of one text', () => {
    const recent = new Recent<{ readonly text: string }>(4);
    expect(recent.of('a', 'one', make)).to.equal(recent.of('a', 'one', make));
  });

  it('is made again when the text of its key has changed, also where the one before is still there', () => {
    const recent = new Recent<{ readonly text: string }>(4);
    recent.of('a', 'one', make);
    expect(recent.of('a', 'two', make)).to.deep.equal({ text: 'two' });
    for (const key of ['b', 'c']) recent.of(key, key, make);
    expect(recent.of('a', 'one', make)).to.deep.equal({ text: 'one' });
  });

  it('stays while it is asked for, and goes when as many others came since', () => {
    const recent = new Recent<{ readonly text: string }>(4);
    const [asked, forgotten] = [recent.of('asked', '1', make), recent.of('forgotten', '2', make)];
    for (let i = 0; i < 6; i += 1) {
      recent.of(`other ${i}`, '', make);
      expect(recent.of('asked', '1', make)).to.equal(asked);
    }
    expect(recent.of('forgotten', '2', make)).not.to.equal(forgotten);
  });

  it('is what was kept by who wrote it', () => {
    const recent = new Recent<{ readonly text: string }>(4);
    const made = recent.keep('a', 'one', { text: 'written' });
    expect(recent.of('a', 'one', make)).to.equal(made);
  });

  it('is not kept of a long text, and what was kept of its key before is not taken for it', () => {
    const recent = new Recent<{ readonly text: string }>(4);
    recent.of('a', 'short', make);
    const long = 'x'.repeat(Recent.LONGEST + 1);
    const first = recent.of('a', long, make);
    expect(first).to.deep.equal({ text: long });
    expect(recent.of('a', long, make)).not.to.equal(first);
  });
});
