/**
 * The two state machines of the engine (ARCHITECTURE section 3), as tables: the journal refuses any other move, the console
 * draws them, the tests walk them. Law: a stored message is in exactly one message state, a routed (event, destination) has
 * exactly one delivery, a delivery is in exactly one state; once drained nothing is `received`, `queued` or `sending`.
 */

export const MESSAGE_STATES = ['received', 'decoded', 'filtered', 'quarantined', 'rejected', 'dead', 'discarded'] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

export const DELIVERY_STATES = ['queued', 'sending', 'delivered', 'review', 'held', 'dead', 'discarded'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export interface Transition<S extends string> {
  readonly from: S;
  readonly to: S;
  /** The verb, as the timeline prints it. */
  readonly by: string;
  /** `engine` moves by itself; `person` moves need a name and, where they lose something, a reason. */
  readonly actor: 'engine' | 'person';
}

export const MESSAGE_TRANSITIONS: readonly Transition<MessageState>[] = [
  { from: 'received', to: 'decoded', by: 'decode', actor: 'engine' },
  { from: 'received', to: 'filtered', by: 'filter', actor: 'engine' },
  { from: 'received', to: 'quarantined', by: 'quarantine', actor: 'engine' },
  { from: 'received', to: 'rejected', by: 'reject', actor: 'engine' },
  { from: 'received', to: 'dead', by: 'fail', actor: 'engine' },
  { from: 'decoded', to: 'received', by: 'replay', actor: 'person' },
  { from: 'filtered', to: 'received', by: 'replay', actor: 'person' },
  { from: 'quarantined', to: 'received', by: 'replay', actor: 'person' },
  { from: 'dead', to: 'received', by: 'replay', actor: 'person' },
  { from: 'quarantined', to: 'discarded', by: 'discard', actor: 'person' },
  { from: 'dead', to: 'discarded', by: 'discard', actor: 'person' },
];

export const DELIVERY_TRANSITIONS: readonly Transition<DeliveryState>[] = [
  { from: 'queued', to: 'sending', by: 'send', actor: 'engine' },
  { from: 'queued', to: 'held', by: 'hold', actor: 'engine' },
  { from: 'queued', to: 'dead', by: 'fail', actor: 'engine' },
  { from: 'queued', to: 'discarded', by: 'omit', actor: 'engine' },
  { from: 'sending', to: 'delivered', by: 'deliver', actor: 'engine' },
  { from: 'sending', to: 'queued', by: 'retry', actor: 'engine' },
  { from: 'sending', to: 'review', by: 'doubt', actor: 'engine' },
  { from: 'sending', to: 'dead', by: 'refuse', actor: 'engine' },
  { from: 'sending', to: 'held', by: 'hold', actor: 'engine' },
  { from: 'review', to: 'queued', by: 'resend', actor: 'person' },
  { from: 'review', to: 'delivered', by: 'confirm', actor: 'person' },
  { from: 'review', to: 'discarded', by: 'discard', actor: 'person' },
  { from: 'held', to: 'queued', by: 'release', actor: 'person' },
  { from: 'held', to: 'discarded', by: 'discard', actor: 'person' },
  { from: 'dead', to: 'queued', by: 'resend', actor: 'person' },
  { from: 'dead', to: 'discarded', by: 'discard', actor: 'person' },
  { from: 'queued', to: 'discarded', by: 'discard', actor: 'person' },
];

export const canMoveMessage = (from: MessageState, to: MessageState): boolean => MESSAGE_TRANSITIONS.some((t) => t.from === from && t.to === to);
export const canMoveDelivery = (from: DeliveryState, to: DeliveryState): boolean => DELIVERY_TRANSITIONS.some((t) => t.from === from && t.to === to);

/** States in which a delivery still stands before later deliveries of its keys. */
export const OPEN_DELIVERY_STATES: readonly DeliveryState[] = ['queued', 'sending', 'review'];
