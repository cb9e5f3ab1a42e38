/** SAFETY B3, B4: what was to be withdrawn or replaced, and is there on, is told of by the delivery that was to do so, as long as it is there. */
import { expect } from 'chai';
import { oid, type Said } from './archive.ts';
import { corrected, K1, named, Story, withdrawn, type Form } from './story.ts';

const FORMS = ['n1', 'mdm', 'oru'] as const satisfies readonly Form[];

async function after(form: Form, ...steps: readonly (Said | readonly [said: Said, how: 'refused'])[]): Promise<Story> {
  const story = new Story(form);
  for (const step of steps) await ('content' in step ? story.says(step) : story.says(...(step as readonly [Said, 'refused'])));
  return story;
}

describe('what is shown on', () => {
  it('B4: of a number whose withdrawal was refused, what it stood for, when it is given to what is there by an id', async () => {
    for (const form of FORMS) {
      const given = [named(2, 'c2'), K1('c2')];
      const number = await after(form, K1('c1'), [withdrawn(K1('c1')), 'refused'], ...given);
      expect(await number.shown(2), form).to.deep.equal(['K1']);
      const replaced = await after(form, K1('c1'), [withdrawn(K1('c1')), 'refused'], [named(1, 'c2'), 'refused'], named(2, 'c3', 1), K1('c3'));
      expect(await replaced.shown(2), form).to.deep.equal(['K1']);
      // By its other name too.
      const named1 = await after(form, named(1, 'c1'), K1('c1'), [withdrawn(K1('c1')), 'refused'], ...given);
      expect(await named1.shown(3), form).to.deep.equal(['K1']);
      // What comes by the number takes the place of the other one.
      const more = await after(form, K1('c1'), [withdrawn(K1('c1')), 'refused'], ...given, corrected('c3'));
      expect(await more.shown(2), form).to.deep.equal(['K1']);
      for (const gone of [named(2, 'c2'), K1('c2')]) {
        const still = await after(form, K1('c1'), [withdrawn(K1('c1')), 'refused'], ...given, withdrawn(gone));
        expect(await still.shown(2), form).to.deep.equal(['K1']);
      }
      number.purge(1);
      expect(await number.shown(2), form).to.deep.equal(['K1']);
    }
  });

  it('B3: what a CDA does not name by the name that is there, and what came after a withdrawal, when the journal no longer knows of them', async () => {
    for (const form of FORMS) {
      const story = await after(form, K1('c1'), named(1, 'c1'), K1('c1'));
      for (const message of [1, 2, 3]) story.purge(message);
      const cda = named(2, 'c2', 1);
      await story.says({ ...cda, document: { ...cda.document, format: 'CDA-R2-N1', level: 'N1' } });
      expect(story.shownOn(4), form).to.deep.equal(['K1']);
      const given = await after(form, K1('c1'), withdrawn(K1('c1')), K1('c2'), [corrected('c3'), 'refused']);
      for (const message of [1, 2, 3]) given.purge(message);
      expect(await given.shown(4), form).to.deep.equal(['K1']);
    }
  });

  it('B4: nothing, where what comes by the number took its place', async () => {
    for (const form of FORMS) {
      const story = await after(form, K1('c1'), [withdrawn(K1('c1')), 'refused'], K1('c2'));
      expect(await story.shown(2), form).to.deep.equal([]);
      const other = await after(form, K1('c1'), named(1, 'c1'), [withdrawn(named(1, 'c1')), 'refused'], K1('c2'));
      expect(await other.shown(3), form).to.deep.equal([]);
      const refused = await after(form, K1('c1'), named(1, 'c1'), [withdrawn(named(1, 'c1')), 'refused'], [K1('c2'), 'refused']);
      expect(await refused.shown(3), form).to.deep.equal([oid(1)]);
    }
  });

  it('B3: the next lower one of its set, where what it replaces by name never came', async () => {
    const version = (n: number, replaces?: number): Said => ({
      content: `c${n}`,
      document: { ...named(n, '', replaces).document, setId: oid(90), version: n },
    });
    for (const form of FORMS) {
      const story = await after(form, version(1), [version(3, 2), 'refused']);
      expect(await story.shown(2), form).to.deep.equal([oid(1)]);
    }
  });
});
