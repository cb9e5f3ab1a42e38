/** SAFETY A8, B6 as properties: whatever is tried, tried again, replayed, claimed, merged, undone and opposed, in any order, what leaves is allowed to. */
import { expect } from 'chai';
import { array, assert, asyncProperty, boolean, constantFrom, integer, record, subarray, type Arbitrary } from 'fast-check';
import { PasserelleError, type AttemptRecord, type EncodedMessage, type ErrorCode, type MessageHistory } from '../../../core/contract/index.ts';
import { Legs } from '../../../core/documents/index.ts';
import type { Patient, Visibility } from '../../../core/model/index.ts';
import { INS, OID, OTHER_INS } from '../identity/hospital.ts';
import { Archive, index, journalOf, NORTH, oid, RECORD, SOUTH } from './archive.ts';

const PATIENTS = ['1', '2', '3'] as const;
const WANTED: Visibility = { hiddenFromPatient: false, sendToDmp: true, sendToMssPatient: true };

const step = record({
  what: constantFrom('document', 'document', 'try', 'try', 'try', 'replay', 'claim', 'claim', 'merge', 'undo', 'wish'),
  patient: constantFrom(...PATIENTS),
  other: constantFrom(...PATIENTS),
  site: constantFrom(NORTH, SOUTH, RECORD),
  to: subarray([NORTH, SOUTH]),
  version: integer({ min: 1, max: 3 }),
  isNo: boolean(),
  /** Its INS alone names the patient of a document or a wish; of a claim, whose it is said to be. */
  byIns: boolean(),
  ins: constantFrom(INS, OTHER_INS),
  /** Of a try; and which of the deliveries. */
  end: constantFrom<ErrorCode | 'delivered'>('ERR_ACK_LATER', 'ERR_ACK_TIMEOUT', 'ERR_ACK_REFUSED', 'delivered'),
  which: integer({ min: 0, max: 20 }),
});
type Step = typeof step extends Arbitrary<infer T> ? T : never;

interface Leg {
  readonly delivery: number;
  readonly message: number;
  readonly said: Step;
  readonly to: string;
  readonly attempts: AttemptRecord[];
  /** Bytes that the receiver may have, by what they tell it to obey. */
  sent: (readonly string[])[];
  encoded?: EncodedMessage;
  isOver?: boolean;
}

/** A region that keeps deliveries beside what is known. */
class Life {
  readonly archive = new Archive();
  readonly legs: Leg[] = [];
  /** Tries of what an opposed patient's document is. */
  opposed = 0;
  readonly #messages = new Map<number, Step>();
  readonly #into = new Map<string, string>();
  readonly #claims = new Map<string, string>();
  readonly #opposed = new Map<string, boolean>();

  async goes(one: Step): Promise<void> {
    const { patient, other, site } = one;
    if (one.what === 'document') await this.#document(one);
    else if (one.what === 'replay') await this.#replay(one);
    else if (one.what === 'try') await this.#try(one);
    else if (one.what === 'claim') {
      const who = { ipp: patient, domain: 'region', ins: one.ins, insOid: OID, insStatus: 'VALI', identityStatus: 'QUAL' };
      const made = await this.archive.takes({ type: 'dcc.identity.updated', site: NORTH, patient, data: { patient: who, originApplication: 'DPI' } });
      if (!made.quarantine) this.#claims.set(patient, one.ins);
    } else if (one.what === 'wish') {
      const who = one.byIns ? { ins: one.ins } : { patient };
      await this.archive.takes({ type: 'dcc.visit.updated', site, ...who, opposition: one.isNo ? 'IO' : 'INO' });
      this.#opposed.set(`${one.byIns ? one.ins : patient} ${site}`, one.isNo);
      // With a number it is said of the INS on file too; what was said with that INS ends so.
      const own = this.#claims.get(patient);
      if (!one.byIns && own !== undefined) this.#opposed.set(`${own} ${site}`, one.isNo);
    } else if (one.what === 'undo') {
      this.archive.undo(patient);
      this.#into.delete(patient);
    } else if (patient !== other) {
      const made = await this.archive.takes({ patient, absorbs: other });
      if (!made.quarantine && !made.codes.includes('merge-repeated')) this.#into.set(other, patient);
    }
  }

  #said = ({ patient, site, to, version, byIns, ins }: Step): Parameters<Archive['takes']>[0] => ({
    site,
    ...(byIns ? { ins } : { patient }),
    to,
    visibility: WANTED,
    content: `version ${version}`,
    document: { id: oid(version), ...(version > 1 && { action: 'replace', replaces: oid(version - 1) }) },
  });

  async #document(one: Step, replays?: number): Promise<void> {
    const made = await this.archive.takes({ ...this.#said(one), ...(replays !== undefined && { replays }) });
    this.#messages.set(made.message, one);
    for (const to of made.sentTo) this.legs.push({ delivery: this.legs.length + 1, message: made.message, said: one, to, attempts: [], sent: [] });
  }

  async #replay({ which }: Step): Promise<void> {
    const [message, said] = [...this.#messages][which] ?? [];
    if (message === undefined || !said) return;
    for (const leg of this.legs) if (leg.message === message) leg.isOver = true;
    await this.#document(said, message);
  }

  /** Everybody that this number or INS is, by the merges that hold and what is claimed. */
  #same(patient: string): ReadonlySet<string> {
    const all = new Set([patient]);
    const pairs = [...this.#into, ...this.#claims];
    for (const one of all) for (const [a, b] of pairs) for (const other of a === one ? [b] : b === one ? [a] : []) all.add(other);
    return all;
  }

  #legsOf(): Legs {
    const history = (of: number): MessageHistory => {
      const { event, parts } = this.archive.cases.get(of)!;
      const legs = this.legs.filter((leg) => leg.message === of);
      const state = (leg: Leg): string => (leg.attempts.at(-1)?.outcome === 'delivered' ? 'delivered' : 'queued');
      const deliveries = legs.map((leg) => ({ delivery: leg.delivery, lane: leg.to, eventId: event.id, state: state(leg) }));
      const message = { run: 1, receivedAt: '' };
      return {
        message,
        acts: [],
        attempts: legs.flatMap(({ attempts }) => attempts),
        deliveries,
        events: [{ event }],
        parts,
      } as unknown as MessageHistory;
    };
    return new Legs({
      index,
      sendersOf: () => [],
      destinations: [],
      knowledge: this.archive.knowledge,
      now: () => 0,
      journal: journalOf({
        tag: 'TEST',
        message: async (message) => history(message),
        material: async (deliveries) => deliveries.map((delivery) => ({ delivery, encoded: this.legs[delivery - 1]?.encoded })) as never,
        keep: async () => undefined,
      }),
    });
  }

  async #try({ which, end }: Step): Promise<void> {
    const open = this.legs.filter(({ isOver }) => !isOver);
    const leg = open[which % Math.max(1, open.length)];
    if (!leg) return;
    const { event, parts, keys } = this.archive.cases.get(leg.message)!;
    const { delivery, message, encoded } = leg;
    const made = await this.#legsOf().before(
      { delivery, message, event: event as never, parts: parts as never, keys, ...(encoded && { encoded }) },
      { name: leg.to, site: leg.to },
    );
    if ('held' in made) return;
    if (!encoded || made.isTighter) leg.encoded = { restrictions: made.restrictions } as unknown as EncodedMessage;
    this.#check(leg, made.event as never, leg.encoded!.restrictions ?? []);
    const error = end === 'delivered' ? undefined : new PasserelleError(end).toData();
    leg.attempts.push({ delivery, ordinal: 1, startedAt: '', outcome: error ? 'queued' : 'delivered', ...(error && { error }) });
    if (end === 'delivered' || end === 'ERR_ACK_TIMEOUT') leg.sent.push(leg.encoded!.restrictions ?? []);
    leg.isOver = end === 'delivered';
  }

  #check(leg: Leg, event: { data: { patient: Patient } }, told: readonly string[]): void {
    const { said, to } = leg;
    const named = said.byIns ? said.ins : said.patient;
    expect(said.byIns ? event.data.patient.ins : event.data.patient.ipp, 'the patient of its own message').to.equal(named);
    expect(said.site === RECORD ? said.to : [RECORD], 'a place it names').to.include(to);
    const isOpposed = [...this.#opposed].some(([who, isNo]) => isNo && this.#same(named).has(who.split(' ')[0]!));
    if (isOpposed) this.opposed += 1;
    if (isOpposed) expect(told, 'the patient said no').to.include.members(['sendToDmp', 'sendToMssPatient', 'opposed']);
    // What may have arrived is never followed by other bytes of the same delivery.
    for (const before of leg.sent) expect(before, 'other bytes after some that may have arrived').to.deep.equal(told);
  }
}

describe('whatever happens to documents on their way', () => {
  it('A8, B6: what leaves names the patient of its message, goes where that names, says what its patient said last, and never twice otherwise', async () => {
    let tries = 0;
    let opposed = 0;
    await assert(
      asyncProperty(array(step, { minLength: 4, maxLength: 40, size: 'max' }), async (all) => {
        const life = new Life();
        for (const one of all) await life.goes(one);
        opposed += life.opposed;
        tries += life.legs.reduce((sum, { attempts }) => sum + attempts.length, 0);
      }),
      { numRuns: 500 },
    );
    expect(tries, 'something left').to.be.above(500);
    expect(opposed, 'some of it of patients who said no').to.be.above(50);
  });
});
