/** What a destination that is not ready was not told: counted as it is written, released whole, whatever people declare meanwhile (MISSION M16). */
import { expect } from 'chai';
import type { Note, RoutedEvent, StoredNote } from '../../../core/contract/index.ts';
import { Capable } from '../../../core/engine/capable.ts';
import type { Judgement } from '../../../core/knowledge/index.ts';
import { Hospital, INS, PLAIN, QUALIFIED, VALIDATED, keyed } from './hospital.ts';

const LANE = 'record-out';
type Sent = RoutedEvent['event'];
const insOf = ({ data }: Sent): unknown => (data as { patient: { ins?: string } }).patient.ins;

class Ground {
  readonly hospital = new Hospital();
  /** Updates of releases, in their order. */
  readonly released: Sent[] = [];
  /** By reading, the note that changed between two pages: it stands on one that was read already. */
  passedOver: (string | undefined)[] = [];
  /** What a commit waits for. */
  commit: Promise<void> = Promise.resolve();
  readonly capable: Capable;
  #events = 0;
  #seconds = 0;

  constructor() {
    const keep = async (notes: readonly Note[]): Promise<void> => {
      await this.commit;
      for (const { kind, key, value } of notes) this.hospital.notes.set(`${kind} ${key}`, value);
    };
    this.capable = new Capable({
      journal: {
        tag: 'test',
        keep,
        notesOf: async (kind) => {
          const missed = this.passedOver.shift();
          return {
            items: [...this.hospital.notes].flatMap(([name, value]): StoredNote[] =>
              name.startsWith(`${kind} `) && name !== missed ? [{ kind, key: name.slice(kind.length + 1), value, changedAt: '' }] : [],
            ),
          };
        },
        reserve: async () => [(this.#events += 1)],
        admit: async (batch) => {
          await keep(batch.flatMap(({ decision }) => decision.notes ?? []));
          this.released.push(...batch.flatMap(({ decision }) => decision.events.map(({ event }) => event)));
          return [{ message: 1, deliveries: [] }];
        },
      },
      knowledge: {
        change: async (_, change, write) => {
          const { notes, result } = change(this.hospital.known);
          await write(notes);
          return result;
        },
      },
      lanes: new Map([[LANE, { ins: false }]]),
      sendersOf: () => this.hospital.settings.senders,
      now: () => new Date(Date.UTC(2026, 9, 1, 12, 0, (this.#seconds += 1))),
      queued: () => undefined,
      log: () => undefined,
    });
  }

  /** What the judge made of it, as the lane has it. */
  event = ({ event }: Judgement, ipp: string): Sent => ({
    ...(event as unknown as Sent),
    id: `e${(this.#events += 1)}`,
    time: '',
    subject: keyed(ipp),
    site: '990001018',
    source: '/sites/990001018/connectors/test',
    connectorversion: 'test@1.0.0',
  });
  qualified = (ipp: string, at?: number): Sent => this.event(this.hospital.identity(QUALIFIED, { ipp, ...(at !== undefined && { at }) }), ipp);
  write = async (event: Sent): Promise<string> => (await this.capable.leaving(LANE, event)).join();
  count = async (): Promise<readonly number[]> => {
    const { patients, messages, superseded } = await this.capable.preview(LANE, 'ins');
    return [patients, messages, superseded];
  };
  declare = async (verb: 'ready' | 'not-ready'): Promise<void> => {
    await this.capable.declare({ lane: LANE, capability: 'ins', verb, who: 'camille', why: 'test' });
  };
  ready = async (): Promise<void> => {
    await this.declare('ready');
    await this.settled();
  };
  /** Nothing here waits for a clock: turns are enough. */
  settled = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    await new Promise(setImmediate);
  };
}

describe('a destination that is not ready', () => {
  let ground: Ground;
  beforeEach(() => {
    ground = new Ground();
  });

  it('M16: is counted what was written for it in the form of before, not what was decided', async () => {
    const [first, second] = [ground.qualified('1'), ground.qualified('1')];
    expect(await ground.count()).to.deep.equal([0, 0, 0]);
    expect([await ground.write(first), await ground.write(second), await ground.write(second)]).to.deep.equal(['ins', 'ins', 'ins']);
    expect(await ground.count(), 'written again after a crash, it counts once').to.deep.equal([1, 2, 1]);
    await ground.write(ground.event(ground.hospital.identity(VALIDATED, { ipp: '1' }), '1'));
    expect(await ground.count(), 'the INS was lost').to.deep.equal([0, 0, 0]);
  });

  it('M16: declared not ready after all, what was decided while it was ready is not lost', async () => {
    await ground.ready();
    const queued = ground.qualified('1');
    await ground.declare('not-ready');
    expect(await ground.write(queued)).to.equal('ins');
    expect(await ground.count()).to.deep.equal([1, 1, 0]);
    await ground.ready();
    expect(ground.released.map(insOf)).to.deep.equal([INS]);
  });

  it('M16: an update of a release that is written once it is not ready any more is told by the next release', async () => {
    await ground.write(ground.qualified('1'));
    await ground.ready();
    expect(ground.released).to.have.length(1);
    expect(await ground.count(), 'queued, and not written yet').to.deep.equal([1, 1, 0]);
    await ground.declare('not-ready');
    expect(await ground.write(ground.released[0]!)).to.equal('ins');
    expect(await ground.count()).to.deep.equal([1, 2, 1]);
    await ground.ready();
    expect(ground.released).to.have.length(2);
    expect(await ground.write(ground.released[1]!)).to.equal('');
    expect(await ground.count()).to.deep.equal([0, 0, 0]);
  });

  it('M16: what is being written in the form of before when it is declared ready is not missed by the release', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const event = ground.qualified('1');
    ground.commit = promise;
    const writing = ground.write(event);
    ground.commit = Promise.resolve();
    await ground.ready();
    expect((await ground.capable.preview(LANE, 'ins')).state).to.equal('releasing');
    resolve();
    expect(await writing).to.equal('ins');
    await ground.settled();
    expect(ground.released.map(insOf)).to.deep.equal([INS]);
    expect((await ground.capable.preview(LANE, 'ins')).state).to.equal('ready');
  });

  it('M16: what arrives while a release runs goes in full, and is not told twice nor lost', async () => {
    await ground.write(ground.qualified('1'));
    await ground.ready();
    expect(await ground.write(ground.qualified('1'))).to.equal('');
    expect(await ground.write(ground.qualified('2'))).to.equal('');
    expect(await ground.count()).to.deep.equal([0, 0, 0]);
    await ground.ready();
    expect(ground.released).to.have.length(1);
  });

  it('M16: an old message without the INS that leaves late does not stand for the one that was withheld', async () => {
    const old = ground.event(ground.hospital.identity(VALIDATED, { ipp: '1', at: 1 }), '1');
    await ground.write(ground.qualified('1', 2));
    await ground.declare('ready');
    expect(await ground.write(old)).to.equal('');
    await ground.settled();
    expect(ground.released.map(insOf)).to.deep.equal([INS]);
  });

  it('M16: what was withheld of a number is told of the one that takes its place, whatever the change of number says of it', async () => {
    for (const ipp of ['1', '2']) await ground.write(ground.qualified(ipp));
    const changed = ground.hospital.merge('9', '1', { kind: 'change-id', patient: PLAIN });
    expect(insOf(ground.event(changed, '9'))).to.equal(INS);
    await ground.write(ground.event(changed, '9'));
    ground.hospital.merge('10', '2', { kind: 'change-id' });
    await ground.ready();
    expect(ground.released.map(({ subject }) => subject)).to.have.members(['9', '10'].map(keyed));
  });

  it('M16: what came with a change of number goes with its undo', async () => {
    await ground.write(ground.qualified('1'));
    await ground.ready();
    expect(ground.released, 'queued, and not written yet').to.have.length(1);
    ground.hospital.merge('9', '1', { kind: 'change-id' });
    await ground.ready();
    expect(ground.released.map(({ subject }) => subject)).to.deep.equal(['1', '9'].map(keyed));
    ground.hospital.merge('10', '9', { kind: 'change-id' });
    ground.hospital.undo('9');
    expect(ground.hospital.person('10')).to.not.have.property('withheld');
  });

  it('M16: who changes while the pages are read is told by the same release', async () => {
    await ground.write(ground.qualified('1'));
    await ground.write(ground.qualified('2'));
    // The first reading counts, the second one is the release's.
    ground.passedOver = [undefined, `person ${keyed('1')}`];
    await ground.ready();
    expect(ground.released).to.have.length(2);
    expect((await ground.capable.preview(LANE, 'ins')).state).to.equal('ready');
  });

  it('M16: a merge undone while a release runs: the number that is back is told by it', async () => {
    await ground.write(ground.qualified('1'));
    await ground.write(ground.qualified('3'));
    ground.hospital.merge('2', '1');
    const { promise, resolve } = Promise.withResolvers<void>();
    await ground.declare('ready');
    ground.commit = promise;
    await ground.settled();
    ground.hospital.undo('1');
    const restored = ground.capable.restored(keyed('1'));
    resolve();
    await restored;
    await ground.settled();
    expect(ground.released.map(({ subject }) => subject)).to.have.members([keyed('1'), keyed('3')]);
  });

  it('M16: settings that leave the capability out while a release runs would lose the rest; true and false do not', async () => {
    for (const ipp of ['1', '2', '3']) await ground.write(ground.qualified(ipp));
    const dropped = async (ins?: boolean): Promise<unknown> =>
      (await ground.capable.dropped([{ name: LANE, ...(ins !== undefined && { capabilities: { ins } }) }])).map(({ expected, patients }) => [
        expected,
        patients,
      ]);
    expect([await dropped(), await dropped(true), await dropped(false)]).to.deep.equal([[['false', 3]], [['false', 3]], []]);
    await ground.capable.declare({ lane: LANE, capability: 'ins', verb: 'ready', perMinute: 1, who: 'camille', why: 'test' });
    await ground.settled();
    expect([ground.released.length, await dropped(), await dropped(true), await dropped(false)]).to.deep.equal([1, [['true, false', 2]], [], []]);
    await ground.declare('ready');
    await ground.settled();
    expect([ground.released.length, await dropped()], 'all are queued, the first one again').to.deep.equal([4, []]);
    await ground.capable.stop();
  });

  it('M16: nor may they leave it out while an undo of a merge may have to tell a number that was absorbed', async () => {
    await ground.write(ground.qualified('2'));
    ground.hospital.merge('1', '2');
    expect((await ground.capable.dropped([{ name: LANE }])).map(({ patients }) => patients)).to.deep.equal([1]);
    await ground.ready();
    expect((await ground.capable.dropped([{ name: LANE }])).map(({ expected }) => expected)).to.deep.equal(['true, false']);
    expect(await ground.capable.dropped([{ name: LANE, capabilities: { ins: true } }])).to.deep.equal([]);
  });

  it('M16: of a number that was absorbed nothing is told; its undo tells what was kept', async () => {
    await ground.write(ground.qualified('1'));
    ground.hospital.merge('2', '1');
    await ground.ready();
    expect(ground.released).to.deep.equal([]);
    expect(await ground.count()).to.deep.equal([0, 0, 0]);
    ground.hospital.undo('1');
    await ground.capable.restored(keyed('1'));
    expect(ground.released.map(insOf)).to.deep.equal([INS]);
  });
});
