/** Snapshot, dump and load: the contract of backups (decision 0015). */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openBackup, restoreBackup, writeBackup } from '../../../core/backup/index.ts';
import {
  decodeRows,
  DUMP_FORMAT,
  DUMP_TABLES,
  PasserelleError,
  type DumpBatch,
  type DumpRow,
  type JournalDump,
  type JournalStore,
} from '../../../core/contract/index.ts';
import { type Fixture, refused, type StoreUnderTest } from './fixture.ts';
import { at, hashed, incoming, routed } from './samples.ts';

type Tables = Readonly<Record<string, readonly DumpRow[]>>;

async function rowsOf(dump: JournalDump): Promise<Tables> {
  const tables: Record<string, DumpRow[]> = Object.fromEntries(DUMP_TABLES.map(({ name }) => [name, []]));
  for await (const { table, rows, lines } of dump.batches) {
    const decoded = decodeRows(lines);
    expect(decoded, table).to.have.length(rows);
    tables[table]!.push(...decoded);
  }
  await dump.close();
  return tables;
}

/** A value of a row, by the name of its column. */
const cell = (table: string, row: DumpRow, column: string): DumpRow[number] =>
  row[DUMP_TABLES.find(({ name }) => name === table)!.columns.indexOf(column)]!;
const column = (tables: Tables, table: string, name: string): DumpRow[number][] => tables[table]!.map((row) => cell(table, row, name));

const KEYS = ['index.key', 'call-keys/client/ES384.pem'];

/** Everything that the contract lets one read. */
export async function everything(store: JournalStore): Promise<object> {
  const page = { limit: 1000 };
  const messages = (await store.messages({}, page)).items;
  const deliveries = (await store.deliveries({}, page)).items;
  return {
    tag: store.tag,
    messages,
    deliveries,
    events: (await store.events(page)).items,
    notes: (await store.notesOf('person', page)).items,
    histories: await Promise.all(messages.map(({ message }) => store.message(message))),
    raw: await Promise.all(messages.map(async ({ message }) => Buffer.from(await store.raw(message)).toString('base64'))),
    material: await store.material(deliveries.slice(0, 200).map(({ delivery }) => delivery)),
    lanes: [...(await store.lanes())].sort((a, b) => a.lane.localeCompare(b.lane)),
    settings: await store.settings(),
    history: await store.settingsHistory(),
    undecided: await store.undecided('chx-adt-in', 0, 1000),
    backlog: await store.backlog('dcc-out', 0, 1000),
    byTerm: await store.messages({ terms: [hashed('a term')] }, page),
    byControlId: await store.messages({ controlId: 'KNOWN' }, page),
  };
}

/** One of everything: states, replays, acts, a long payload, settings, a pause. */
export async function fill(journal: Fixture): Promise<void> {
  for (const state of ['queued', 'sending', 'delivered', 'review', 'dead', 'held'] as const) await journal.inState(state);
  const long = await journal.receive({ raw: Buffer.alloc(700_000, 'long'), controlId: 'KNOWN', http: { method: 'POST', path: '/x' } });
  await journal.decide(long, { terms: [hashed('a term')], events: [routed({ kind: 'document', series: hashed('set') })] });
  await journal.receive({ raw: Buffer.alloc(0) });
  await journal.act('replay', { message: long }, 'a reason — é');
  await journal.decide(long, { run: 2, terms: [hashed('another term')], notes: [{ kind: 'person', key: hashed('p'), value: '{"a":1}' }] });
  const { delivery } = await journal.queued();
  await journal.act('discard', { delivery }, 'a reason');
  for (const who of ['first', 'second'])
    await journal.store.saveSettings({ at: at(1), who, documents: [{ connectors: [{ endpoints: [{ name: 'dmp-out', direction: 'out' }] }] }] });
}

export function keepingCopies(journal: Fixture, under: StoreUnderTest): void {
  describe('a copy of a journal', () => {
    let folder: string;
    let elsewhere: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'passerelle-backup-'));
      elsewhere = await under.address();
    });
    afterEach(async () => {
      await rm(folder, { recursive: true });
      await under.dispose(elsewhere);
    });
    const backUp = async (name = 'b'): Promise<string> => {
      const dump = await journal.store.snapshot();
      const target = join(folder, name);
      await writeBackup({ engine: '1.0.0', dump, files: KEYS.map((name) => ({ name, bytes: Buffer.alloc(32, 7) })) }, target);
      return target;
    };
    const restore = (backup: string, hold = false) =>
      restoreBackup({ backup, data: join(folder, 'data'), place: { store: under.plugin, address: elsewhere }, hold, at: at(9999) });

    it('reads the same, whatever is read, and goes on from there', async () => {
      await fill(journal);
      await journal.store.pause('dcc-out', true, at(5));
      await restore(await backUp());
      const copy = await under.plugin.open(elsewhere);
      try {
        expect(await everything(copy)).to.deep.equal(await everything(journal.store));
        expect(await copy.paused()).to.deep.equal(['dcc-out']);
        for (const key of KEYS) expect(await readFile(join(folder, 'data', key))).to.deep.equal(Buffer.alloc(32, 7));
        const last = (await journal.store.messages({}, { limit: 1 })).items[0]!.message;
        const [next] = await copy.receive([incoming()]);
        expect(next!.message).to.be.above(last);
        const again = incoming({ controlId: 'SEEN', fingerprint: hashed('seen') });
        const [first] = await copy.receive([again]);
        expect((await copy.receive([again]))[0]).to.deep.include({ message: first!.message });
      } finally {
        await copy.close();
      }
    });

    it('recognises what is sent again after the restore', async () => {
      const sent = incoming({ controlId: 'AGAIN', fingerprint: hashed('again') });
      const [first] = await journal.store.receive([sent]);
      await restore(await backUp());
      const copy = await under.plugin.open(elsewhere);
      expect((await copy.receive([sent]))[0]).to.deep.include({ message: first!.message, duplicate: { state: 'received' } });
      await copy.close();
    });

    it('is one point in time, taken while messages come in', async () => {
      const load = { isOver: false };
      const cycle = async (): Promise<void> => {
        while (!load.isOver) {
          const delivery = await journal.inState('sending');
          await journal.settle(delivery, 'delivered');
        }
      };
      const running = Promise.all(Array.from({ length: 6 }, cycle));
      for (let n = 0; n < 20; n++) await journal.queued();
      const before = await journal.receive({ controlId: 'BEFORE' });
      const dump = await journal.store.snapshot();
      const after = await journal.receive({ controlId: 'AFTER' });
      const tables = await rowsOf(dump);
      load.isOver = true;
      await running;
      const ids = (table: string, name = 'id'): Set<DumpRow[number]> => new Set(column(tables, table, name));
      expect(ids('message').has(before), 'committed before').to.equal(true);
      expect(ids('message').has(after), 'committed after').to.equal(false);
      expect(Math.max(...([...ids('message')] as number[]))).to.equal(dump.point.message);
      expect(Math.max(...([...ids('event')] as number[]))).to.equal(dump.point.event);
      expect(Math.max(...([...ids('delivery')] as number[]))).to.equal(dump.point.delivery);
      const within = (table: string, name: string, owner: string): unknown =>
        expect(
          column(tables, table, name).filter((id) => id !== null && !ids(owner).has(id)),
          `${table}.${name}`,
        ).to.deep.equal([]);
      within('event', 'message', 'message');
      within('delivery', 'event', 'event');
      within('delivery', 'message', 'message');
      within('attempt', 'delivery', 'delivery');
      within('message', 'raw', 'part');
      within('event', 'data', 'part');
      within('delivery', 'encoded', 'part');
      within('message', 'lane', 'name');
      // A decided message has its event, a delivery that was sent its attempt.
      const withEvent = ids('event', 'message');
      for (const row of tables['message']!)
        expect(cell('message', row, 'decided_at') === null, 'decided').to.equal(!withEvent.has(cell('message', row, 'id')));
      const withAttempt = ids('attempt', 'delivery');
      for (const row of tables['delivery']!)
        expect(cell('delivery', row, 'encoded') === null, 'sent').to.equal(!withAttempt.has(cell('delivery', row, 'id')));
    });

    it('is made one at a time, and leaves the journal to its owner', async () => {
      await journal.queued();
      const dump = await journal.store.snapshot();
      await refused(journal.store.snapshot(), 'ERR_BACKUP_RUNS');
      // A store of several nodes has no owner to be left to.
      const isLeft = async (): Promise<unknown> => (under.shared ? undefined : refused(under.plugin.open(journal.address), 'ERR_JOURNAL_LOCKED'));
      await isLeft();
      await dump.close();
      await dump.close();
      await rowsOf(await journal.store.snapshot());
      await isLeft();
      await journal.receive();
      await journal.reopen();
      await journal.receive();
    });

    it('of a stopped journal is the same, and locks it meanwhile', async () => {
      await fill(journal);
      const running = await rowsOf(await journal.store.snapshot());
      await journal.store.close();
      const dump = await under.plugin.dump(journal.address);
      await refused(under.plugin.open(journal.address), 'ERR_JOURNAL_LOCKED');
      expect(await rowsOf(dump)).to.deep.equal(running);
      await journal.reopen();
    });

    it('pauses every delivery lane that it knows, when asked to', async () => {
      await fill(journal);
      const { paused } = await restore(await backUp(), true);
      expect(paused).to.deep.equal(['dcc-out', 'dmp-out']);
      const copy = await under.plugin.open(elsewhere);
      expect(await copy.paused()).to.deep.equal(paused);
      await copy.close();
    });

    it('goes to an empty place only', async () => {
      await journal.queued();
      const backup = await backUp();
      await refused(backUp(), 'ERR_NOT_EMPTY');
      await restore(backup);
      await rm(join(folder, 'data'), { recursive: true });
      await refused(restore(backup), 'ERR_NOT_EMPTY');
    });

    it('that is damaged, cut or of a newer engine is refused, and nothing is restored', async () => {
      await fill(journal);
      const damage: Readonly<Record<string, (backup: string) => Promise<void>>> = {
        manifest: (backup) => rm(join(backup, 'manifest.json')),
        table: async (backup) => {
          const file = join(backup, 'message.ndjson.zst');
          const bytes = await readFile(file);
          bytes[bytes.length >> 1]! ^= 0x10;
          await writeFile(file, bytes);
        },
        cut: async (backup) => writeFile(join(backup, 'part.ndjson.zst'), (await readFile(join(backup, 'part.ndjson.zst'))).subarray(0, -100)),
        missing: (backup) => rm(join(backup, 'event.ndjson.zst')),
        key: (backup) => writeFile(join(backup, 'index.key'), Buffer.alloc(32, 8)),
      };
      for (const [name, spoil] of Object.entries(damage)) {
        const backup = await backUp(name);
        await spoil(backup);
        await refused(restore(backup), 'ERR_BACKUP_DAMAGED');
      }
      const newer = await backUp('newer');
      const manifest = JSON.parse(await readFile(join(newer, 'manifest.json'), 'utf8')) as object;
      await writeFile(join(newer, 'manifest.json'), JSON.stringify({ ...manifest, format: DUMP_FORMAT + 1 }));
      await refused(restore(newer), 'ERR_JOURNAL_VERSION');
      await restore(await backUp('whole'));
    });

    it('is undone when what was stored is not what was given', async () => {
      await journal.queued();
      const { source } = await openBackup(await backUp());
      const batches: DumpBatch[] = [];
      for await (const batch of source.dump.batches) batches.push(batch);
      const [first, ...rest] = batches;
      const load = (given: readonly DumpBatch[], check: () => Promise<never>): Promise<void> =>
        under.plugin.load(elsewhere, { ...source.dump, batches: listed(given) }, check);
      await refused(
        load([first!, ...rest], () => Promise.reject(new PasserelleError('ERR_BACKUP_DAMAGED'))),
        'ERR_BACKUP_DAMAGED',
      );
      await refused(
        load([first!, first!, ...rest], () => Promise.reject(new Error('not reached'))),
        'ERR_BACKUP_DAMAGED',
      );
      await restore(join(folder, 'b'));
    });

    it('of a journal that moved elsewhere is no longer opened by mistake, nor an empty one in its place, until it comes back', async () => {
      const { tag } = journal.store;
      await backUp();
      const { source } = await openBackup(join(folder, 'b'));
      await journal.store.close();
      expect(await under.plugin.retire(journal.address, 'PostgreSQL ailleurs')).to.be.a('string');
      const { detail } = await refused(under.plugin.open(journal.address), 'ERR_JOURNAL_MOVED');
      expect(detail.expected).to.equal('PostgreSQL ailleurs');
      await under.plugin.load(journal.address, source.dump, async () => ({ paused: [], at: at(0) }));
      journal.store = await under.plugin.open(journal.address);
      expect(journal.store.tag).to.equal(tag);
      await journal.store.close();
      await under.plugin.retire(journal.address, 'encore ailleurs');
      expect((await refused(under.plugin.open(journal.address), 'ERR_JOURNAL_MOVED')).detail.expected).to.equal('encore ailleurs');
    });
  });
}

async function* listed<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
