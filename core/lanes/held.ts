/** What a lane holds because of who its patient is, and when it is tried again: after an identity (SAFETY B6), an answer (decision 0033), a later word of the same (0004). */
import { PasserelleError, type DeliveryState, type DeliverySummary, type QueuedDelivery } from '../contract/index.ts';
import { deliveryNow } from './delivery-now.ts';
import type { AttemptResult } from './dispatch.ts';
import { keysTold } from './events.ts';
import { iso, type LaneIdentity, type LanePorts } from './ports.ts';
import type { Entry, OrderRule, Schedule } from './schedule.ts';
import { heardSince, isSaidAnew, isUnknownThere, release, UnknownThere } from './unknown-there.ts';

/** Its lane. */
interface HeldPorts {
  readonly lane: LaneIdentity & { readonly order: OrderRule; readonly ackTimeoutMs: number };
  readonly ports: LanePorts;
  /** What the journal says of a delivery now. */
  readonly follow: (item: QueuedDelivery) => void;
  /** While the journal is away for a moment. */
  readonly surely: <T>(work: () => Promise<T>, what: string) => Promise<T>;
  readonly isStopped: () => boolean;
}

export class Held {
  readonly #schedule: Schedule;
  readonly #to: HeldPorts;
  readonly #unknown = new UnknownThere();
  /** Held identities that leave no more, and what says all that they said. */
  readonly #saidAnew = new Map<number, number>();
  /** Held identities, and the next one of each that says something else. */
  readonly #saidOtherwise = new Map<number, number>();
  /** Held identities that are being looked at, and whether something moved meanwhile. */
  readonly #looks = new Map<number, boolean>();
  /** What may end in a release. */
  readonly #works = new Set<Promise<void>>();
  /** What was decided and answered before this start was followed. */
  #isCaughtUp = false;

  constructor(schedule: Schedule, to: HeldPorts) {
    this.#schedule = schedule;
    this.#to = to;
  }

  /** Answers what is unknown there, in order; once. Throws ERR_JOURNAL_UNAVAILABLE. */
  load(): Promise<readonly DeliverySummary[]> {
    return this.#unknown.load(this.#to.ports.journal, this.#to.lane.name);
  }

  /** What the journal says of a delivery now. */
  see(item: QueuedDelivery): void {
    if (item.state !== 'held') this.#saidOtherwise.delete(item.delivery);
    this.#unknown.see(item);
  }

  forget(delivery: number): void {
    this.#saidAnew.delete(delivery);
    this.#saidOtherwise.delete(delivery);
    this.#unknown.forget(delivery);
  }

  begin(item: QueuedDelivery): void {
    this.#unknown.begin(item);
  }

  end(delivery: number): void {
    this.#unknown.end(delivery);
  }

  /** An attempt is over, and stored. `told`: whom its receiver knows once it took this identity. */
  async tried({ delivery, kind, keys }: QueuedDelivery, to: DeliveryState, told: ReadonlySet<string>): Promise<void> {
    const isOvertaken = this.#unknown.end(delivery);
    if (isOvertaken && this.#unknown.isHeld(delivery)) await this.#release([delivery]);
    // What waits for it is looked at also when it never arrives.
    if (tells(kind) && (to === 'dead' || to === 'discarded')) await this.lookAgain(told);
    // What waits for an answer leaves after the identity that it brought; also when that one never arrives.
    if (isOvertaken) await this.#releaseAnswered();
    else if (tells(kind) && to !== 'queued') await this.#releaseAnswered(keys);
  }

  /**
   * SAFETY B6: an identity of these patients was received, or sent by this lane: what is held as unknown there is looked at again. Of an identity that
   * this lane has still to send, once it has: the receiver knows no more before. Never rejects. `isTaken`: that was just now.
   */
  lookAgain(keys: ReadonlySet<string>, isTaken = false): Promise<void> {
    const isLater = (kind: QueuedDelivery['kind']): boolean => !isTaken && this.#tellsLater(keys, kind, isUnknownThere);
    const overtake = (): void => {
      if (this.#unknown.isTried(keys) && !isLater('visit')) this.#unknown.overtake(keys);
    };
    // At each identity of a day, in each lane of the region.
    if (!this.#unknown.mayHold) return Promise.resolve(overtake());
    return this.#during(async () => {
      overtake();
      // What waits behind a held identity and does not end it waits for that one itself.
      const isAsked = ({ kind, delivery }: QueuedDelivery): boolean => !isLater(kind) || this.#saidOtherwise.has(delivery);
      await this.#release(
        this.#unknown
          .of(keys)
          .filter(isAsked)
          .map(({ delivery }) => delivery),
      );
    });
  }

  /**
   * A person said who a patient is: what waits of that patient leaves, after the identity itself where this lane has still to send it, and is asked again as it
   * does (decision 0033). Never rejects.
   */
  answered(): Promise<void> {
    return this.#during(async () => {
      this.#unknown.overtake();
      await this.#releaseAnswered();
    });
  }

  /** `keys`: of an identity that has left this lane; what waited for that one names them. */
  async #releaseAnswered(keys?: readonly string[]): Promise<void> {
    const clear: number[] = [];
    if (!this.#unknown.hasDoubts) return;
    const asked = this.#unknown.doubtful.filter((item) => !keys || item.keys.some((key) => keys.includes(key)));
    for (const item of asked) {
      const isAfter = item.kind === 'document' && this.#tellsLater(new Set(item.keys), item.kind);
      if (!isAfter && !(await this.#isInDoubt(item))) clear.push(item.delivery);
    }
    await this.#release(clear);
  }

  /** Once: what a stop cut short, identities that were decided and answers whose look at what is held did not come to its end. Never rejects. */
  async catchUp(unknown: readonly DeliverySummary[]): Promise<void> {
    if (this.#isCaughtUp) return;
    this.#isCaughtUp = true;
    await this.#during(() => this.#catchUp(unknown));
  }

  async #catchUp(unknown: readonly DeliverySummary[]): Promise<void> {
    const { journal, log } = this.#to.ports;
    await this.#releaseAnswered();
    try {
      for (const one of unknown) {
        if (this.#to.isStopped()) return;
        const isAsked = (): boolean => this.#unknown.isHeld(one.delivery) && !this.#tellsLater(new Set(one.keys), one.kind, isUnknownThere);
        if (isAsked() && (await heardSince(journal, one, this.#to.lane.ackTimeoutMs)) && isAsked()) await this.#release([one.delivery]);
      }
    } catch (thrown) {
      log('warn', 'what is held could not be looked at', { lane: this.#to.lane.name, code: PasserelleError.from(thrown).code });
    }
  }

  /** What cannot be read now is looked at with the next answer, or start. */
  async #isInDoubt(item: QueuedDelivery): Promise<boolean> {
    const { legs, log } = this.#to.ports;
    try {
      return (await legs?.isInDoubt(item, this.#to.lane.name)) ?? false;
    } catch (thrown) {
      log('warn', 'what waits for an answer could not be looked at', { lane: this.#to.lane.name, code: PasserelleError.from(thrown).code });
      return true;
    }
  }

  /**
   * A person says that this identity arrived (`isTaken`), and its receiver knows all that it told; or has put it away, and what waits for it waits no more. Never rejects; of what
   * cannot be read its keys are looked at.
   */
  left(item: QueuedDelivery, isTaken: boolean): Promise<void> {
    return this.#during(() => this.#left(item, isTaken));
  }

  async #left({ delivery, keys }: QueuedDelivery, isTaken: boolean): Promise<void> {
    let told = keys;
    try {
      const [material] = await this.#to.ports.journal.material([delivery]);
      if (material) told = keysTold(material.event, keys, this.#to.ports.index);
    } catch (thrown) {
      const { code } = PasserelleError.from(thrown);
      this.#to.ports.log('warn', 'an identity that left could not be read', { lane: this.#to.lane.name, delivery, code });
    }
    await this.lookAgain(new Set(told), isTaken);
    await this.#releaseAnswered(keys);
  }

  /**
   * An identity of one of them waits in this lane; for a document a stay as well, which brings one. What is no document leaves before the stays that came after it.
   * `isLookedAt`: what waits for the same itself.
   */
  #tellsLater(keys: ReadonlySet<string>, of: QueuedDelivery['kind'], isLookedAt: (item: QueuedDelivery) => boolean = () => false): boolean {
    const names = this.#to.lane.order === 'lane' ? ['*'] : [...keys];
    const isToCome = (item: QueuedDelivery): boolean =>
      (of === 'document' ? tells(item.kind) : item.kind === 'identity') &&
      item.state !== 'dead' &&
      !isLookedAt(item) &&
      item.keys.some((key) => keys.has(key));
    return names.some((name) => this.#schedule.queue(name).some(({ item }) => isToCome(item)));
  }

  /** What is being released, or looked at to be, once this lane stops: the next one on its journal has to find it so. */
  async stop(): Promise<void> {
    while (this.#works.size > 0) await Promise.all(this.#works);
  }

  async #during(work: () => Promise<void>): Promise<void> {
    const begun = work();
    this.#works.add(begun);
    await begun.finally(() => this.#works.delete(begun));
  }

  async #release(deliveries: readonly number[]): Promise<void> {
    const { ports, follow } = this.#to;
    const lane = this.#to.lane.name;
    const changed: number[] = [];
    const failed = (delivery: number, code: string): void => {
      ports.log('warn', 'held delivery could not be released', { lane, delivery, code });
      if (code === 'ERR_TRANSITION') changed.push(delivery);
    };
    const surely = <T>(work: () => Promise<T>): Promise<T> => this.#to.surely(work, 'held deliveries cannot be released yet');
    for (const item of await release(ports.journal, deliveries, iso(ports.now()), failed, surely)) follow(item);
    for (const delivery of changed) await this.#followJournal(delivery);
  }

  /** It is held here only: somebody else decided. Never rejects. */
  async #followJournal(delivery: number): Promise<void> {
    const { ports, follow, lane } = this.#to;
    const item = this.#schedule.get(delivery)?.item;
    if (item?.state !== 'held') return;
    try {
      const now = await deliveryNow(ports.journal, lane.name, item);
      // What this lane was told meanwhile is newer.
      if (now && now.state !== 'held' && this.#schedule.get(delivery)?.item === item) follow(now);
    } catch (thrown) {
      ports.log('warn', 'held delivery could not be read', { lane: lane.name, delivery, code: PasserelleError.from(thrown).code });
    }
  }

  /**
   * Decision 0004: an identity that is held as unknown there ends where the next one of its patient says all that it said. It would keep that one back, by which alone its
   * receiver may know the patient. Looked at where a delivery took its place, or left it: first in its queues, or in those of what waits there. Never rejects.
   */
  async moved(item: QueuedDelivery): Promise<void> {
    if (!this.#unknown.mayHold) return;
    const names = this.#schedule.namesOf(item);
    const around = new Set(names);
    for (const name of names) for (const { queues } of this.#schedule.queue(name)) for (const each of queues) around.add(each);
    const heads = new Set([...around].flatMap((name) => this.#schedule.queue(name)[0]?.item ?? []));
    const held = [...heads].filter((head) => head.kind === 'identity' && isUnknownThere(head));
    await this.#during(async () => void (await Promise.all(held.map(({ delivery }) => this.#look(delivery)))));
  }

  /** One look at a time at each; another one after it where something moved meanwhile. */
  async #look(delivery: number): Promise<void> {
    const isBeingLookedAt = this.#looks.has(delivery);
    this.#looks.set(delivery, isBeingLookedAt);
    if (isBeingLookedAt) return;
    do {
      this.#looks.set(delivery, false);
      await this.#endSaidAnew(delivery);
    } while (this.#looks.get(delivery) === true);
    this.#looks.delete(delivery);
  }

  async #endSaidAnew(delivery: number): Promise<void> {
    const { ports, lane, surely, isStopped } = this.#to;
    const held = this.#schedule.get(delivery)?.item;
    const next = held && this.#saidNext(held);
    if (!next || this.#saidOtherwise.get(delivery) === next.delivery) return;
    try {
      const isAnew = await surely(() => isSaidAnew(ports.journal, held, next), 'held identities cannot be looked at yet');
      if (!isAnew) this.#saidOtherwise.set(delivery, next.delivery);
      if (!isAnew || isStopped() || this.#saidNext(held)?.delivery !== next.delivery) return;
      this.#saidAnew.set(delivery, next.delivery);
      await this.#release([delivery]);
    } catch (thrown) {
      ports.log('warn', 'a held identity could not be looked at', { lane: lane.name, code: PasserelleError.from(thrown).code });
    }
  }

  /** Of an identity that is held as unknown there, the first one behind it that names its patient, where that one waits for no other decision than this one's. */
  #saidNext(held: QueuedDelivery): QueuedDelivery | undefined {
    if (held.kind !== 'identity' || !isUnknownThere(held) || this.#schedule.get(held.delivery)?.item !== held) return undefined;
    const isNext = ({ kind, keys, delivery }: QueuedDelivery): boolean =>
      delivery > held.delivery && kind === 'identity' && keys.some((key) => held.keys.includes(key));
    const [next, ...others] = this.#schedule.namesOf(held).map((name) => this.#schedule.queue(name).find(({ item }) => isNext(item)));
    return next?.item.state === 'queued' && others.every((one) => one === next) && this.#waitsForNoOther(next, held) ? next.item : undefined;
  }

  /** All that stands before it waits for that one alone, too. */
  #waitsForNoOther(next: Entry, held: QueuedDelivery): boolean {
    const headOf = (name: string): Entry | undefined => this.#schedule.queue(name)[0];
    const isItsOwn = (one: Entry | undefined): boolean =>
      one?.item === held || (one?.item.state === 'queued' && one.queues.some((name) => headOf(name)?.item === held));
    const before = next.queues.flatMap((name) => {
      const queue = this.#schedule.queue(name);
      return queue.slice(0, queue.indexOf(next));
    });
    return before.every((one) => isItsOwn(one) && one.queues.every((name) => isItsOwn(headOf(name))));
  }

  /** `undefined` when what was to be said in its stead was put away meanwhile. */
  endOf({ delivery }: QueuedDelivery): AttemptResult | undefined {
    const by = this.#saidAnew.get(delivery);
    this.#saidAnew.delete(delivery);
    if (by === undefined || this.#schedule.get(by)?.item.state !== 'queued') return undefined;
    return { kind: 'encode', outcome: 'discard', error: new PasserelleError('ERR_IDENTITY_SAID_ANEW').toData() };
  }
}

/** A stay brings the identity of its message along, and stands for it where both are taken (decision 0005). */
export const tells = (kind: QueuedDelivery['kind'] | undefined): boolean => kind === 'identity' || kind === 'visit';
