/** The contextual call in canonical form (plugins/app-contextual-call/PROTOCOL.md): who calls from where, for which patient, to do what. */
import type { Static } from 'typebox';
import { DateTime } from './basics.ts';
import { Patient } from './schemas.ts';
import { Type } from './type.ts';

const object = <T extends Parameters<typeof Type.Object>[0]>(properties: T) => Type.Object(properties, { additionalProperties: false });
const short = Type.String({ minLength: 1, maxLength: 250 });

export const CALL_ACTIONS = ['open', 'open-or-create'] as const;
export const CALL_TARGETS = ['record', 'rcp-preparation', 'pps'] as const;
/** How the user proved who they are, where they work. */
export const AUTHENTICATION_METHODS = ['os-account', 'password', 'cps', 'e-cps', 'pro-sante-connect', 'other'] as const;

export const CallUser = object({
  /** Local account. */
  login: Type.Optional(short),
  rpps: Type.Optional(Type.String({ pattern: '^\\d{11}$' })),
  family: Type.Optional(short),
  given: Type.Optional(short),
  /** As the site says it; its settings say what it may do. */
  profile: Type.Optional(short),
  authentication: Type.Optional(object({ method: Type.Enum([...AUTHENTICATION_METHODS]), time: DateTime })),
});

/** Data of `dcc.context.open`. What a dialect does not say is absent; no action = open. */
export const CallContext = object({
  site: Type.Optional(short),
  user: CallUser,
  patient: Patient,
  action: Type.Optional(Type.Enum([...CALL_ACTIONS])),
  target: Type.Optional(Type.Enum([...CALL_TARGETS])),
  situation: Type.Optional(Type.String({ maxLength: 64 })),
  /** By what the record may be found, first to last (SAFETY C9), and whether it may be made. */
  matching: Type.Optional(object({ allowed: Type.Array(Type.Enum(['ins', 'ipp', 'traits'])), create: Type.Boolean() })),
  issuedAt: Type.Optional(DateTime),
  expiresAt: Type.Optional(DateTime),
  nonce: Type.Optional(short),
  /** Towards the record only: what the tab is known by (SAFETY C7). */
  contextId: Type.Optional(short),
  /** Towards the record only, with no choice: tabs that are open in this browser as far as we know. */
  tabs: Type.Optional(Type.Array(short, { maxItems: 50 })),
  /** Towards the record only: the record that was chosen, or that one is to be made. Absent = who could it be? */
  choice: Type.Optional(object({ recordId: Type.Optional(short), create: Type.Optional(Type.Boolean()) })),
});
export type CallContext = Static<typeof CallContext>;

/** Data of `dcc.context.return`: from the record to a screen of the hospital's product. */
export const ReturnContext = object({
  view: short,
  ipp: Type.Optional(short),
  visitId: Type.Optional(short),
});
export type ReturnContext = Static<typeof ReturnContext>;

/** Data of `dcc.context.refused`. */
export const RefusedContext = object({ code: short, reference: Type.Optional(short), user: Type.Optional(CallUser) });

/** Data of `dcc.context.ended`: towards the record. Tabs that may show and write nothing any more, and why (SAFETY C3, C7). */
export const EndedContext = object({
  contextIds: Type.Array(short, { minItems: 1, maxItems: 50 }),
  reason: Type.Enum(['another-user', 'another-patient', 'link-reused', 'expired']),
});
export type EndedContext = Static<typeof EndedContext>;
