/** Canonical DCC events, identities and documents: what every connector translates to and from. */
export {
  LIST_LIMIT,
  NOTE_LIMIT,
  type CareActor,
  type CareStep,
  type Coded,
  type Conclusion,
  type Finding,
  type PlanStep,
  type Pps,
  type Rcp,
  type Tumour,
} from './cancer.ts';
export { meantAuthority } from './authorities.ts';
export { answersTaken, isAnswerType } from './answers.ts';
export { AUTHENTICATION_METHODS, CALL_ACTIONS, CALL_TARGETS, CallContext, type EndedContext, type ReturnContext } from './call.ts';
export {
  authorityOf,
  callText,
  checkedUser,
  checkIns,
  isBirthDate,
  matchingOf,
  readWireCall,
  writeWireCall,
  CALL_LIFETIME_SECONDS,
  CALL_TYPE,
  CALL_VERSION,
  type WireCall,
  type WireClaims,
} from './call-wire.ts';
export { CAPABILITIES, isReducedFor, reducedFor, type Capability } from './capability.ts';
export { dataSchemaUri, isIdentityUpdate, kindOf, sourceUri, type CanonicalEvent, type EventKind } from './event.ts';
export { hasValidInsKey, insEnvironment, insNamespace, isInsOid, isRetiredInsOid, isSendableIns, type InsEnvironment } from './ins.ts';
export { EVENT_DATA, type EventData, type EventType } from './event-data.ts';
export { hasValidRppsKey, mayBeFiness } from './national-keys.ts';
export * from './schemas.ts';
export { NATIONAL_TIME_ZONE, repeatedHour, toInstant } from './time.ts';
export { differingTrait, fold, type Traits } from './traits.ts';
export { Type } from './type.ts';
export { checkEventData } from './validate.ts';
export { differsFromHeader, patientOfHeader, sameAs, sharesNumber, type Sameness } from './same-patient.ts';
