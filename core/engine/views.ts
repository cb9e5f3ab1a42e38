/** What people see of journal rows: public ids, operator texts, one timeline. */
import {
  explain,
  type DeliverySummary,
  type DeliveryView,
  type EarlierDecision,
  type MessageHistory,
  type MessageSummary,
  type MessageTimeline,
  type MessageView,
  type QueuedDelivery,
} from '../contract/index.ts';
import { deliveryId, messageId } from '../journal/index.ts';

export function messageView(tag: string, m: MessageSummary): MessageView {
  const { message, error, ...rest } = m;
  return { ...rest, id: messageId(tag, message), ...(error && { error: explain(error) }) };
}

export function deliveryView(tag: string, d: DeliverySummary, blocker?: Pick<QueuedDelivery, 'delivery' | 'state'>): DeliveryView {
  return {
    id: deliveryId(tag, d.delivery),
    message: messageId(tag, d.message),
    lane: d.lane,
    state: d.state,
    eventId: d.eventId,
    eventType: d.eventType,
    run: d.run,
    attempts: d.attempts,
    queuedAt: d.queuedAt,
    ...(d.settledAt && { settledAt: d.settledAt }),
    ...(d.notBefore && { notBefore: d.notBefore }),
    ...(d.controlId && { controlId: d.controlId }),
    ...(d.ack && { ack: d.ack }),
    ...(d.error && { error: explain(d.error) }),
    ...(blocker && { behind: deliveryId(tag, blocker.delivery), behindState: blocker.state }),
  };
}

type Line = MessageTimeline['timeline'][number];

const plural = (count: number, noun: string): string => `${count} ${noun}${count > 1 ? 's' : ''}`;

/** What was decided in one run: a replay adds a decision, it does not erase the one before. */
function decisionLine(
  decided: Pick<EarlierDecision, 'state' | 'decidedAt' | 'error'> & Pick<MessageSummary, 'ack'>,
  run: number,
  events: MessageHistory['events'],
): readonly Line[] {
  if (!decided.decidedAt) return [];
  const said = [plural(events.filter((e) => e.run === run).length, 'événement'), decided.ack && `répondu ${decided.ack}`].filter(Boolean).join(', ');
  return [
    {
      at: decided.decidedAt,
      what: decided.state,
      detail: run > 1 ? `rejeu ${run - 1}, ${said}` : said,
      ...(decided.error && { error: decided.error }),
    },
  ];
}

/** Every row of a message as one line each, in order of time; details in French, for the operator. */
export function timelineOf(tag: string, history: MessageHistory): readonly Line[] {
  const { message, events, deliveries, attempts, acts } = history;
  const lines: Line[] = [
    {
      at: message.receivedAt,
      what: 'received',
      detail: `${message.lane}, de ${message.peer}, ${message.bytes} octets${message.controlId ? `, ${message.controlId}` : ''}`,
    },
  ];
  for (const earlier of history.earlier ?? []) lines.push(...decisionLine(earlier, earlier.run, events));
  if (message.state !== 'received')
    lines.push(...decisionLine({ ...message, ...(history.decidedAt && { decidedAt: history.decidedAt }) }, message.run, events));
  for (const d of deliveries)
    lines.push({ at: d.queuedAt, what: 'queued', delivery: deliveryId(tag, d.delivery), detail: `${d.eventType} vers ${d.lane}` });
  for (const a of attempts) {
    const delivery = deliveryId(tag, a.delivery);
    lines.push({ at: a.startedAt, what: 'sending', delivery, detail: `essai ${a.ordinal}` });
    if (a.endedAt)
      lines.push({
        at: a.endedAt,
        what: a.outcome ?? 'sending',
        delivery,
        ...(a.ack && { detail: `répondu ${a.ack}` }),
        ...(a.error && { error: a.error }),
      });
  }
  for (const act of acts)
    lines.push({
      at: act.at,
      what: act.verb,
      detail: `par ${act.who}${act.why ? ` : ${act.why}` : ''}`,
      ...(act.delivery !== undefined && { delivery: deliveryId(tag, act.delivery) }),
    });
  for (const d of deliveries)
    if (
      d.settledAt &&
      !attempts.some((a) => a.delivery === d.delivery && a.endedAt === d.settledAt) &&
      !acts.some((a) => a.delivery === d.delivery && a.at === d.settledAt)
    )
      lines.push({ at: d.settledAt, what: d.state, delivery: deliveryId(tag, d.delivery), ...(d.error && { error: d.error }) });
  return lines
    .map((line, i) => ({ line, i }))
    .sort((a, b) => a.line.at.localeCompare(b.line.at) || a.i - b.i)
    .map(({ line }) => line);
}
