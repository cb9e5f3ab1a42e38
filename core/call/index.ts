/** The contextual call (SAFETY C, plugins/app-contextual-call/PROTOCOL.md): verified, given a one-time link, counted. */
export { STEPS } from './trail.ts';
export { CALL_KEPT_MS, Calls } from './calls.ts';
export { LEDGER } from './ledger.ts';
export { callSettings, type CallSettings, type CallSite } from './call-settings.ts';
export { verifyOffline, type OfflineParts } from './offline.ts';
export { completed, makeToken } from './sign.ts';
export { CallDesk, type CallPorts } from './desk.ts';
export type { CallRoom, RedeemedCall } from './room.ts';
export { Handover, OTHER_USER, REUSE, type HandoverPorts, type Suspect } from './handover.ts';
export { CalledRecord, type RecordParts } from './record.ts';
