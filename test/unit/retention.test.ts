/** What is forgotten of notes, and what never is (decision 0030). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { JournalStore, Note } from '../../core/contract/index.ts';
import { forgetClosedTasks, keptMs } from '../../core/engine/forgotten.ts';
import { TASK, readTask, type Task } from '../../core/identity/index.ts';
import { Knowledge } from '../../core/knowledge/index.ts';
import { Retention } from '../../core/retention/index.ts';
import { plugin } from '../../plugins/store-journal-sqlite/index.ts';

const NOW = Date.parse('2028-01-01T00:00:00Z');
const before = (days: number): string => new Date(NOW - days * 86_400_000).toISOString();
const KEY = 'ab'.repeat(16);

/** What a patient, a document, a wish, a decision of a person, a key of a site are known by. */
const FOR_GOOD =
  'person patient-consent ins-holders document document-set document-content document-alias document-types document-type-once capability call-key call-terms call-ending'.split(
    ' ',
  );
const TRACES = ['document-sent', 'document-check', 'call'];
const SHORT = ['call-nonce', 'call-link', 'call-taken', 'call-code'];

describe('the retention of notes', () => {
  let folder: string;
  let journal: JournalStore;
  let knowledge: Knowledge;
  let forgotten: Map<string, number>;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'passerelle-retention-'));
    journal = await plugin.open(folder);
    knowledge = new Knowledge(journal, []);
    forgotten = new Map();
  });
  afterEach(async () => {
    await journal.close();
    await rm(folder, { recursive: true });
  });

  const retention = (kept: () => ReturnType<typeof keptMs> | undefined = () => keptMs(400)): Retention =>
    new Retention({
      journal,
      kept,
      more: { kind: TASK, forget: (signal) => forgetClosedTasks({ journal, knowledge }, 400, NOW, signal) },
      now: () => NOW,
      count: (kind, count) => forgotten.set(kind, (forgotten.get(kind) ?? 0) + count),
      log: (what) => expect.fail(what),
    });
  const keep = (kind: string, days: number, key = KEY): Promise<void> => journal.keep([{ kind, key, value: '{}' }], before(days));
  const known = async (kinds: readonly string[]): Promise<readonly string[]> => {
    const values = await Promise.all(kinds.map((kind) => journal.notes(kind, [KEY])));
    return kinds.filter((_, i) => values[i]![0] !== undefined);
  };

  it('A1, B2, B6, C8: what a later message may need is kept for good', async () => {
    for (const kind of FOR_GOOD) await keep(kind, 36_000);
    await retention().round();
    expect(await known(FOR_GOOD)).to.deep.equal(FOR_GOOD);
    expect(forgotten.size).to.equal(0);
  });

  it('B8, B9, C4: traces go after their days, what is used once when it is over, and it is counted', async () => {
    for (const kind of TRACES) await keep(kind, 399);
    for (const kind of SHORT) await keep(kind, 0);
    await retention().round();
    expect(await known([...TRACES, ...SHORT])).to.deep.equal([...TRACES, ...SHORT]);
    for (const kind of TRACES) await keep(kind, 401);
    for (const kind of SHORT) await keep(kind, 8);
    await retention().round();
    expect(await known([...TRACES, ...SHORT])).to.deep.equal([]);
    expect([...forgotten.keys()].toSorted()).to.deep.equal([...TRACES, ...SHORT].toSorted());
    expect(new Set(forgotten.values())).to.deep.equal(new Set([1]));
  });

  const task = (id: string, state: Task['state']): Note => ({
    kind: TASK,
    key: Buffer.from(id).toString('hex'),
    value: JSON.stringify({ id, state }),
  });

  it('A4: a task of identity vigilance that is open stays however old it is; closed ones go after their days', async () => {
    await journal.keep([task('open', 'open'), task('accepted', 'accepted'), task('rejected', 'rejected')], before(500));
    await journal.keep([task('lately', 'accepted')], before(10));
    for (let n = 0; n < 700; n += 1) await journal.keep([task(`many ${n}`, n % 7 === 0 ? 'open' : 'rejected')], before(450));
    await retention().round();
    const left = (await journal.notesOf(TASK, { limit: 1000 })).items.map(({ value }) => readTask(value));
    expect(left.filter(({ state }) => state !== 'open').map(({ id }) => id)).to.deep.equal(['lately']);
    expect(left).to.have.length(102);
    expect(forgotten.get(TASK)).to.equal(602);
  });

  it('A4: a task that is asked again while old ones go stays', async () => {
    await journal.keep([task('again', 'rejected')], before(500));
    // Its message was decided again: known here before the page of closed ones was read.
    await knowledge.change(
      [{ kind: TASK, key: task('again', 'open').key }],
      () => ({ notes: [task('again', 'open')], result: undefined }),
      (notes) => journal.keep(notes, before(0)),
    );
    const stale = { ...journal, notesOf: async () => ({ items: [{ ...task('again', 'rejected'), changedAt: before(500) }] }) };
    expect(await forgetClosedTasks({ journal: stale, knowledge }, 400, NOW, new AbortController().signal)).to.equal(0);
    expect(readTask((await journal.notes(TASK, [task('again', 'open').key]))[0]!).state).to.equal('open');
  });

  it('A4: nothing goes on a node that does not work the lanes', async () => {
    for (const kind of TRACES) await keep(kind, 500);
    await retention(() => undefined).round();
    expect(await known(TRACES)).to.deep.equal(TRACES);
  });

  it('ends between two steps when the engine stops, and goes on after the next start', async () => {
    await journal.keep(
      Array.from({ length: 900 }, (_, n) => ({ kind: 'call', key: n.toString(16).padStart(8, '0'), value: '{}' })),
      before(500),
    );
    const one = retention();
    const running = one.round();
    await one.stop();
    await running;
    expect(forgotten.get('call')).to.be.below(900);
    await retention().round();
    expect(forgotten.get('call')).to.equal(900);
  });
});
