/** The ordered path of messages: receive, decode, route, deliver, retry. The state tables are in `core/contract/states.ts`. */
export { checkEncoded, checkInterpreted } from './connector-results.ts';
export type { DecidedMessage } from './decide.ts';
export { DeliveryLane, type DeliveryEndpoint } from './delivery-lane.ts';
export { eventId } from './events.ts';
export { Intake } from './intake.ts';
export { InboundLane, type InboundEndpoint, type InboundPorts } from './inbound-lane.ts';
export type { ConnectorCaller, CounterName, FreshDelivery, LaneIdentity, LanePorts, OwnedLease } from './ports.ts';
export type { DeliveryPolicy } from './retry.ts';
export { TokenBucket } from './token-bucket.ts';
export { translate, type Translation, type Translator } from './translation.ts';
