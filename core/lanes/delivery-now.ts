/** What the journal says of a delivery now, when somebody else decided about it. */
import type { DeliverySummary, QueuedDelivery } from '../contract/index.ts';
import type { LanePorts } from './ports.ts';

const PAGE = 20;

/** Undefined when it is there no more. Rejects when the journal cannot be read. */
export async function deliveryNow(
  journal: LanePorts['journal'],
  lane: string,
  { message, delivery }: QueuedDelivery,
): Promise<DeliverySummary | undefined> {
  for (let after: string | undefined; ;) {
    const page = await journal.deliveries({ lane, message }, { limit: PAGE, ...(after !== undefined && { after }) });
    const now = page.items.find((one) => one.delivery === delivery);
    after = page.next;
    if (now || after === undefined) return now;
  }
}
