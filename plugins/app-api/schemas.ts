/** Schemas of requests and answers: they check, serialise and describe (`openapi.json`) the API. */
import { Type } from '../../core/model/index.ts';
import { ALERTS, DELIVERY_STATES, MESSAGE_STATES } from '../../core/contract/index.ts';

const strict = { additionalProperties: false };
/** Answers may grow: what a client does not know it ignores. */
const open = { additionalProperties: true };
const any = Type.Unsafe<object>({ type: 'object', additionalProperties: true });
const text = Type.String();
const maybe = Type.Optional(text);

// ---------------------------------------------------------------------------------------------------------------- requests

/** A page fits a screen or a script's loop; protects the journal from one query that reads it whole. */
const limit = Type.Integer({ minimum: 1, maximum: 500, default: 50 });
const cursor = Type.String({ maxLength: 200, description: 'Curseur opaque de la page précédente / opaque cursor' });
const term = Type.Optional(Type.String({ minLength: 1, maxLength: 250 }));
const states = (values: readonly string[]) => Type.Optional(Type.Array(Type.Enum([...values]), { maxItems: 10 }));

const messageFilter = {
  state: states(MESSAGE_STATES),
  site: term,
  lane: term,
  controlId: term,
  type: term,
  since: Type.Optional(Type.String({ format: 'date-time' })),
  until: Type.Optional(Type.String({ format: 'date-time' })),
  limit: Type.Optional(limit),
  after: Type.Optional(cursor),
};
const order = Type.Optional(Type.Enum(['newest', 'oldest']));
export const MessageList = Type.Object({ ...messageFilter, order }, strict);
/** Identifiers of patients and documents travel in the body only: addresses end in logs (SAFETY D11). */
export const MessageSearch = Type.Object({ ...messageFilter, order, ipp: term, ins: term, document: term }, strict);
export const DeliveryList = Type.Object(
  { state: states(DELIVERY_STATES), lane: term, message: term, limit: Type.Optional(limit), after: Type.Optional(cursor) },
  strict,
);
export const EventList = Type.Object({ limit: Type.Optional(limit), after: Type.Optional(cursor) }, strict);
export const Nothing = Type.Object({}, strict);

export const Id = Type.Object({ id: text }, strict);
export const Name = Type.Object({ name: text }, strict);
/** In the path itself, so that `:verb` after it is not taken for a part of the id. */
export const ID = ':id([A-Za-z0-9-]{1,40})';
export const NAME = ':name([A-Za-z0-9_.-]{1,100})';

const why = Type.String({ minLength: 1, maxLength: 500 });
const who = Type.Optional(Type.String({ maxLength: 64, pattern: '^[^\\p{Cc}/]+$', description: 'Qui agit, à côté du nom du jeton / who acts' }));
export const Act = Type.Object({ why: Type.Optional(why), who }, strict);
/** An OID, a UUID, a number of a source; never a number of a patient. */
export const DocumentId = Type.Object({ id: Type.String({ minLength: 1, maxLength: 250 }) }, strict);
export const DocumentSearch = Type.Object({ document: Type.String({ minLength: 1, maxLength: 250 }) }, strict);
export const TypeChoice = Type.Object({ type: text, remember: Type.Optional(Type.Boolean()), why: Type.Optional(why), who }, strict);
export const TypedCode = Type.Object({ site: text, system: text, code: text, why, who }, strict);
export const KitWanted = Type.Object({ connector: text, site: text, who }, strict);
export const BackupReason = Type.Object({ why, who }, strict);
export const Replay = Type.Object(
  { ...messageFilter, ipp: term, ins: term, document: term, why: Type.Optional(why), who, dryRun: Type.Optional(Type.Boolean()) },
  strict,
);
export const Resubmission = Type.Object({ why, who, content: Type.String({ pattern: '^[A-Za-z0-9+/]*={0,2}$', contentEncoding: 'base64' }) }, strict);
const time = Type.String({ format: 'date-time' });
export const Downtime = Type.Union([
  Type.Object({ until: time, from: Type.Optional(time), why: Type.Optional(why), who }, strict),
  Type.Object({ cancel: Type.Literal(true), who }, strict),
]);
export const Rate = Type.Object(
  { perMinute: Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 600_000 }), Type.Null()]), why: Type.Optional(why), who },
  strict,
);
const capability = Type.Optional(Type.Enum(['ins']));
export const CapabilityQuery = Type.Object({ capability }, strict);
export const Ready = Type.Object({ capability, perMinute: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 600_000 })), why, who }, strict);
/** Why a person reads the content of a message: written in the audit trail (SAFETY D6). */
export const Reason = Type.Object({ reason: Type.String({ minLength: 3, maxLength: 500 }) }, strict);

const identityNumber = { domain: Type.String({ minLength: 1, maxLength: 250 }), ipp: Type.String({ minLength: 1, maxLength: 250 }) };
export const IdentitySearch = Type.Object({ ...identityNumber, reason: Type.String({ minLength: 3, maxLength: 500 }), who }, strict);
export const Decision = Type.Object({ why, who }, strict);
/** `question`: as the task has it; an acceptance of another one is refused. */
export const Acceptance = Type.Object({ question: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })), why, who }, strict);
export const Unmerge = Type.Object({ ...identityNumber, why, who }, strict);
export const IdentityTaskList = Type.Object(
  { state: states(['open', 'accepted', 'rejected']), limit: Type.Optional(limit), after: Type.Optional(cursor) },
  strict,
);

const documents = Type.Array(
  Type.Object({ file: Type.String({ minLength: 1, maxLength: 500 }), text: Type.String({ maxLength: 1024 * 1024 }) }, strict),
  { minItems: 1, maxItems: 2_000 },
);
export const Documents = Type.Object({ documents }, strict);
export const DocumentsToApply = Type.Object({ documents, why: Type.Optional(why), who }, strict);

// ----------------------------------------------------------------------------------------------------------------- answers

export const MessageAnswer = Type.Object(
  {
    id: text,
    lane: text,
    site: text,
    connector: text,
    connectorVersion: text,
    receivedAt: text,
    peer: text,
    type: maybe,
    controlId: maybe,
    bytes: Type.Integer(),
    state: Type.Enum([...MESSAGE_STATES]),
    decision: maybe,
    error: Type.Optional(any),
    warnings: Type.Array(any),
    ack: maybe,
    run: Type.Integer(),
    retransmissions: Type.Integer(),
  },
  open,
);
export const DeliveryAnswer = Type.Object(
  {
    id: text,
    message: text,
    lane: text,
    state: Type.Enum([...DELIVERY_STATES]),
    eventId: text,
    eventType: text,
    run: Type.Integer(),
    attempts: Type.Integer(),
    queuedAt: text,
    settledAt: maybe,
    notBefore: maybe,
    controlId: maybe,
    ack: maybe,
    error: Type.Optional(any),
    behind: maybe,
    behindState: Type.Optional(Type.Enum([...DELIVERY_STATES])),
    stillShown: maybe,
  },
  open,
);
export const DocumentAnswer = Type.Object({ documents: Type.Array(any), legs: Type.Array(any), messages: Type.Array(any) }, open);
export const UntypedAnswer = Type.Object({ message: MessageAnswer, system: maybe, code: maybe }, open);
export const TypedAnswer = Type.Object({ site: text, system: text, code: text, type: text, who: text, why: maybe, at: text }, open);
export const TimelineAnswer = Type.Object(
  {
    message: MessageAnswer,
    events: Type.Array(any),
    deliveries: Type.Array(DeliveryAnswer),
    timeline: Type.Array(any),
    attempts: Type.Array(any),
    acts: Type.Array(any),
    checks: Type.Optional(Type.Array(any)),
    unchecked: Type.Optional(Type.Enum(['waiting', 'not-made'])),
  },
  open,
);
const AlsoMerged = Type.Object({ domain: text, ipp: text }, strict);
export const Unmerged = Type.Object(
  { discarded: Type.Array(text), told: Type.Array(text), tasks: Type.Array(text), alsoMerged: Type.Array(AlsoMerged) },
  strict,
);
export const IdentityTaskAnswer = Type.Object(
  {
    id: text,
    kind: text,
    state: text,
    site: text,
    receiver: maybe,
    eventType: text,
    sender: text,
    receivedAt: text,
    askedAt: text,
    attributes: Type.Array(text),
    question: Type.Optional(text),
    answered: Type.Optional(any),
    closed: Type.Optional(any),
    alike: Type.Optional(Type.Array(text)),
    candidates: Type.Optional(Type.Array(any)),
    differences: Type.Optional(Type.Array(any)),
  },
  open,
);
export const IdentityAnswer = Type.Object(
  { ...identityNumber, attributes: any, ins: Type.Optional(any), senders: any, into: Type.Optional(any), absorbed: Type.Array(any) },
  open,
);
const lane = {
  lane: text,
  direction: text,
  site: text,
  address: text,
  status: text,
  counts: Type.Record(text, Type.Integer()),
  oldest: maybe,
  error: Type.Optional(any),
  downtime: Type.Optional(any),
  perMinute: Type.Optional(Type.Number()),
  blocked: Type.Optional(Type.Object({ heads: Type.Integer(), waiting: Type.Integer() })),
};
export const LaneAnswer = Type.Object(lane, open);
export const WithheldAnswer = Type.Object(
  {
    lane: text,
    capability: text,
    state: text,
    patients: Type.Integer(),
    messages: Type.Integer(),
    superseded: Type.Integer(),
    oldest: maybe,
    perMinute: Type.Optional(Type.Number()),
  },
  open,
);
const head = Type.Object({ delivery: DeliveryAnswer, since: text, directly: Type.Integer(), inAll: Type.Integer() }, open);
export const LaneDetailAnswer = Type.Object({ ...lane, heads: Type.Array(head), partial: Type.Boolean() }, open);
const alert = Type.Object(
  {
    code: Type.Enum(Object.keys(ALERTS)),
    severity: Type.Enum(['problem', 'attention']),
    since: text,
    lane: maybe,
    site: maybe,
    count: Type.Optional(Type.Integer()),
    error: maybe,
    expires: maybe,
    fr: text,
    en: text,
    fix: Type.Object({ fr: text, en: text }),
  },
  open,
);
export const AlertsAnswer = Type.Object({ items: Type.Array(alert), elsewhere: Type.Boolean() }, open);
export const pageOf = (item: object) => Type.Object({ items: Type.Array(Type.Unsafe<object>(item)), next: maybe }, open);
export const listOf = (item: object) => Type.Object({ items: Type.Array(Type.Unsafe<object>(item)) }, open);
export const ReplayAnswer = Type.Object({ messages: Type.Array(MessageAnswer), refused: Type.Array(any), next: maybe }, open);
export const Anything = any;
export const IdsAnswer = Type.Object({ ids: Type.Array(text) }, open);
