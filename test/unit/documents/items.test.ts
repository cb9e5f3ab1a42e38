/** SAFETY B2, B3: several documents of one number, told apart by their place in the message when nothing else does. */
import { expect } from 'chai';
import { Archive, oid, type Said } from './archive.ts';

type Status = 'preliminary' | 'final' | 'corrected';

/** Contents of one message, in order. */
const message = (contents: string, status: Status = 'final', rest: Partial<Said> = {}): readonly Said[] => {
  const all = contents.split(' ');
  return all.map((content, i) => ({
    ...rest,
    content,
    document: {
      sourceId: '4711',
      ...(all.length > 1 && { sourceItem: String(i + 1), sourcePlaces: all.length }),
      status,
      action: status === 'corrected' ? 'replace' : 'new',
    },
  }));
};
const withdrawal = (contents: string): readonly Said[] => message(contents).map((one) => ({ ...one, type: 'dcc.document.deleted' }));
const named = (contents: string, names: string, status: Status = 'final'): readonly Said[] =>
  message(contents, status).map((one, i) => {
    const { sourcePlaces: _, ...document } = one.document!;
    return { ...one, document: { ...document, sourceItem: names.split(' ')[i]! } };
  });

describe('documents of one number', () => {
  let archive: Archive;
  beforeEach(() => {
    archive = new Archive();
  });
  const takes = (events: readonly Said[]): Promise<string> => archive.takesAll(...events);
  /** What stands at a number of its source. */
  const statusOf = (content: string): unknown => {
    const notes = [...archive.notes]
      .filter(([name]) => name.startsWith('document '))
      .map(([, value]) => JSON.parse(value) as Record<string, unknown>);
    const has = archive.notes.size > 0 && notes.find((note) => (note['first'] as object | undefined) !== undefined && note['id'] === content);
    return has && has['status'];
  };

  for (const [what, before, status, after] of [
    ['a correction of fewer', 'A B C', 'corrected', 'A2 C2'],
    ['of more', 'A B', 'corrected', 'A2 B2 C2'],
    ['of another order', 'A B C', 'corrected', 'B A C2'],
    ['one taken out and one added', 'A B C', 'corrected', 'A C D'],
    ['a final word on fewer', 'A B C', 'final', 'A C'],
    ['of one', 'A B', 'corrected', 'B2'],
    ['of several where one was', 'A', 'final', 'A2 B'],
    ['of several, the same bytes among them, where one was', 'A', 'final', 'A B'],
    ['of one by the same bytes, where several were', 'A B', 'final', 'A'],
  ] as const)
    it(`B3: ${what} waits for a person, whole`, async () => {
      expect(await takes(message(before, status === 'final' ? 'preliminary' : 'final'))).to.equal('decoded');
      const notes = new Map(archive.notes);
      expect(await takes(message(after, status))).to.equal('quarantined');
      expect(archive.notes).to.deep.equal(notes);
    });

  it('B3: of the same count each takes its place, more join at the end, and fewer are asked about only where bytes differ', async () => {
    expect(await takes(message('A B'))).to.equal('decoded');
    expect(await takes(message('A2 B2', 'corrected'))).to.equal('decoded');
    expect(await takes(message('A2 B2 C', 'corrected')), 'what was not there cannot be corrected').to.equal('quarantined');
    expect(
      await takes(
        message('A2 B2 C').map((one, i) => (i < 2 ? { ...one, document: { ...one.document, status: 'corrected', action: 'replace' } } : one)),
      ),
    ).to.equal('decoded');
    expect(statusOf('4711#3')).to.equal('final');
    expect(await takes(message('A3 B3', 'corrected')), 'fewer').to.equal('quarantined');
    expect(await takes(message('A2 B2', 'corrected')), 'copies').to.equal('decoded');
    expect(await takes(message('A3 B3 C3', 'corrected'))).to.equal('decoded');
  });

  it('B4: a withdrawal is of what it carries, or of as many as there were', async () => {
    await takes(message('A B C'));
    expect(await takes(withdrawal('A C'))).to.equal('quarantined');
    expect(await takes(withdrawal('A B'))).to.equal('decoded');
    archive = new Archive();
    await takes(message('A B C'));
    expect(await takes(withdrawal('A B C'))).to.equal('decoded');
    expect(await takes(message('A2 B2 C2')), 'given again').to.equal('decoded');
    archive = new Archive();
    await takes(message('A B C'));
    const bare = withdrawal('A B C').map(({ type, document }) => ({ type, document }));
    expect(await takes(bare)).to.equal('decoded');
  });

  it('B2, B3: called otherwise than before, the same bytes are copies and others wait', async () => {
    await takes(message('A B'));
    expect((await archive.takes(named('A B', 'x y')[0]!)).codes).to.deep.equal(['duplicate']);
    expect(await takes(named('A2 B2', 'x y', 'corrected'))).to.equal('quarantined');
    archive = new Archive();
    await takes(message('A B', 'preliminary'));
    expect(await takes(named('A2 B2', 'x y')), 'a final word').to.equal('quarantined');
    expect(await takes(message('A2 B2'))).to.equal('decoded');
    expect(await takes(named('C D', 'x y')), 'others').to.equal('decoded');
    archive = new Archive();
    expect(await takes(named('A B', 'x y', 'corrected')), 'the first that is heard of it').to.equal('decoded');
    expect(await takes(message('A2 B2', 'corrected'))).to.equal('quarantined');
    expect(await takes(named('A2 B2', 'x y', 'corrected'))).to.equal('decoded');
  });

  it('B2: decided again it is what it was; of another site nothing is compared', async () => {
    for (const one of message('A B C')) await archive.takes(one);
    for (const [i, one] of message('A B C').entries()) expect((await archive.takes({ ...one, replays: i + 1 })).quarantine).to.equal(undefined);
    expect(await takes(message('A2 C', 'final', { site: '990001026' }))).to.equal('decoded');
    expect(await takes([{ document: { id: oid(1) }, content: 'A' }])).to.equal('decoded');
  });
});
