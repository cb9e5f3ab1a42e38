/** What the first attempts of deliveries just committed need, kept so that the journal is not read back for it. Bounded: past it the journal is read. */
import type { QueuedDelivery } from '../contract/index.ts';
import type { Material } from './dispatch.ts';
import type { FreshDelivery } from './ports.ts';
import { endReading } from './readers.ts';

/** Events of some KB each. */
const KEPT = 1000;
/** Raw messages with documents. */
const KEPT_BYTES = 16 * 1024 * 1024;
/** A larger one is read back and built in the codec thread: to hash it here would keep everybody waiting. */
const LARGEST_BYTES = 8 * 1024 * 1024;

export class WarmMaterial {
  readonly #kept = new Map<number, FreshDelivery>();
  #bytes = 0;

  keep({ raw: all, ...rest }: FreshDelivery): void {
    const raw = all && all.length <= LARGEST_BYTES ? all : undefined;
    const fresh = { ...rest, ...(raw && { raw }) };
    const size = raw?.length ?? 0;
    const isKept = fresh.item.state === 'queued' && this.#kept.size < KEPT && this.#bytes + size <= KEPT_BYTES;
    if (all && !(isKept && raw)) endReading(all);
    if (!isKept) return;
    this.#kept.set(fresh.item.delivery, fresh);
    this.#bytes += size;
  }

  /** Once: a delivery that is tried again reads what the journal says then. */
  take({ delivery, attempts }: QueuedDelivery): readonly [Material] | undefined {
    if (attempts > 0) this.forget(delivery);
    const fresh = this.#drop(delivery);
    if (!fresh) return undefined;
    const { item, ...rest } = fresh;
    return [{ delivery, message: item.message, attempts: 0, ...rest }];
  }

  /** It left the lane another way. */
  forget(delivery: number): void {
    const raw = this.#drop(delivery)?.raw;
    if (raw) endReading(raw);
  }

  #drop(delivery: number): FreshDelivery | undefined {
    const fresh = this.#kept.get(delivery);
    if (this.#kept.delete(delivery)) this.#bytes -= fresh?.raw?.length ?? 0;
    return fresh;
  }
}
