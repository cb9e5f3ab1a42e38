/** Who works the lanes of a journal that several nodes have open, on a journal of nothing but leases and a clock that the test turns. */
import { expect } from 'chai';
import { useFakeTimers, type SinonFakeTimers } from 'sinon';
import { PasserelleError, type LaneLease, type LeaseRequest, type JournalStore, type SettingsRevision } from '../../core/contract/index.ts';
import { Ownership, fenced } from '../../core/engine/ownership.ts';

const TTL_MS = 9000;
const LANES = ['in', 'out'];

/** Leases as a store keeps them (core/contract/journal.ts), and the number of the active settings. */
class Leases {
  revision = 1;
  isAway = false;
  readonly #held = new Map<string, { node: string; token: number; until: number }>();

  lease = async ({ node, lanes, ttlMs, graceMs }: LeaseRequest): Promise<readonly LaneLease[]> => {
    this.#answer();
    return lanes.flatMap((lane) => {
      const held = this.#held.get(lane);
      const isOurs = held?.node === node && held.until > Date.now();
      if (held && held.node !== '' && held.node !== node && held.until + graceMs > Date.now()) return [];
      const token = isOurs ? held.token : (held?.token ?? 0) + 1;
      this.#held.set(lane, { node, token, until: Date.now() + ttlMs });
      return [{ lane, token }];
    });
  };

  release = async (leases: readonly LaneLease[]): Promise<void> => {
    this.#answer();
    for (const { lane, token } of leases) if (this.#held.get(lane)?.token === token) this.#held.set(lane, { node: '', token, until: 0 });
  };

  settings = async (): Promise<SettingsRevision> => {
    this.#answer();
    return { revision: this.revision, at: '', who: '', documents: [] };
  };

  holders = (): string[] => LANES.map((lane) => this.#held.get(lane)?.node ?? '');

  #answer(): void {
    if (this.isAway) throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE');
  }
}

describe('the owner of the lanes', () => {
  let clock: SinonFakeTimers;
  let journal: Leases;
  let said: string[];
  beforeEach(() => {
    clock = useFakeTimers();
    journal = new Leases();
    said = [];
  });
  afterEach(() => clock.restore());

  async function node(
    name: string,
    { revision = 1, lanes = LANES, taken }: { revision?: number; lanes?: readonly string[]; taken?: () => Promise<void> } = {},
  ): Promise<Ownership> {
    const ownership = new Ownership({
      journal,
      node: name,
      lanes,
      revision,
      ttlMs: TTL_MS,
      graceMs: 1000,
      taken: taken ?? (async (leases) => void said.push(`${name} has ${[...leases.keys()].join(' ')}`)),
      ended: (why) => void said.push(`${name}: ${why}`),
    });
    await ownership.start();
    return ownership;
  }

  it('is one node; the next one takes over when the first stops, and at once', async () => {
    const first = await node('a');
    const second = await node('b');
    await clock.tickAsync(60_000);
    expect([first.isOwner, second.isOwner, said]).to.deep.equal([true, false, ['a has in out']]);
    await first.stop();
    await clock.tickAsync(TTL_MS / 3);
    expect([second.isOwner, said]).to.deep.equal([true, ['a has in out', 'b has in out']]);
    await second.stop();
  });

  it('gets nothing while another node has one of its lanes, and leaves the rest alone', async () => {
    const other = await node('a', { lanes: ['out'] });
    const second = await node('b');
    expect([second.isOwner, journal.holders()]).to.deep.equal([false, ['', 'a']]);
    await other.stop();
    await second.stop();
  });

  it('whose settings are older than the active ones does not take the lanes: they stay free for one that knows', async () => {
    journal.revision = 2;
    const old = await node('a');
    expect([old.isOwner, journal.holders(), said]).to.deep.equal([false, ['', ''], ['a: settings']]);
    const next = await node('a', { revision: 2 });
    expect(said).to.deep.equal(['a: settings', 'a has in out']);
    await clock.tickAsync(60_000);
    expect([old.isOwner, next.isOwner, said.length], 'the old one asks for nothing more').to.deep.equal([false, true, 2]);
    await Promise.all([old.stop(), next.stop()]);
  });

  it('does not take lanes when it cannot know which settings are active, and takes them once it can', async () => {
    const { settings } = journal;
    journal.settings = () => Promise.reject(new PasserelleError('ERR_JOURNAL_UNAVAILABLE'));
    const only = await node('a');
    expect([only.isOwner, journal.holders(), said]).to.deep.equal([false, ['', ''], []]);
    journal.settings = settings;
    await clock.tickAsync(TTL_MS / 3);
    expect([only.isOwner, said]).to.deep.equal([true, ['a has in out']]);
    await only.stop();
  });

  it('and those that stand by hear of newer settings, once each; the owner keeps its leases for its next region', async () => {
    const first = await node('a');
    const second = await node('b');
    journal.revision = 2;
    await clock.tickAsync(60_000);
    expect(said.slice(1).sort()).to.deep.equal(['a: settings', 'b: settings']);
    expect(first.isOwner).to.equal(false);
    await Promise.all([first.stop(), second.stop()]);
  });

  it('may hand the lanes to its next region: no other node gets them in between', async () => {
    const first = await node('a');
    const second = await node('b');
    await first.stop(true);
    await clock.tickAsync(TTL_MS / 3 + 1);
    expect(second.isOwner).to.equal(false);
    const next = await node('a');
    expect([next.isOwner, said]).to.deep.equal([true, ['a has in out', 'a has in out']]);
    await Promise.all([next.stop(), second.stop()]);
  });

  it('sends nothing once its lease is over, and is told that the lanes are lost', async () => {
    const first = await node('a');
    journal.isAway = true;
    await clock.tickAsync(TTL_MS - 1);
    expect([first.isOwner, said.length]).to.deep.equal([true, 1]);
    await clock.tickAsync(1);
    expect(first.isOwner).to.equal(false);
    await clock.tickAsync(TTL_MS / 3);
    expect(said).to.deep.equal(['a has in out', 'a: lost']);
    await first.stop();
  });

  it('keeps its leases while the lanes are started, however long that takes', async () => {
    const ground = Promise.withResolvers<void>();
    const starting = node('a', { taken: () => ground.promise });
    const second = await node('b');
    await clock.tickAsync(10 * TTL_MS);
    expect([journal.holders(), second.isOwner, said]).to.deep.equal([['a', 'a'], false, []]);
    ground.resolve();
    const first = await starting;
    expect(first.isOwner).to.equal(true);
    await Promise.all([first.stop(), second.stop()]);
  });

  it('that was frozen past its lease has lost them, even when nobody else took them', async () => {
    const first = await node('a');
    // Frozen: time goes by and no timer runs.
    clock.setSystemTime(Date.now() + 60_000);
    clock.jump(60_000);
    await clock.tickAsync(TTL_MS / 3);
    expect(said).to.deep.equal(['a has in out', 'a: lost']);
    await first.stop();
  });

  it('what an owner keeps of patients proves its lease, also one that was lost since (decision 0016)', async () => {
    const leases: unknown[] = [];
    const journal = {
      keep: async (...[, , lease]: Parameters<JournalStore['keep']>) => void leases.push(lease),
      admit: async (...[, lease]: Parameters<JournalStore['admit']>) => void leases.push(lease),
    } as unknown as JournalStore;
    let held: LaneLease | undefined = { lane: 'in', token: 1 };
    const own = fenced(journal, () => held);
    await own.keep([], '');
    held = { lane: 'in', token: 2 };
    await own.admit([]);
    expect(leases).to.deep.equal([
      { lane: 'in', token: 1 },
      { lane: 'in', token: 2 },
    ]);
  });
});
