/** Texts of a product's call -> `dcc.context.open`, or a refusal that says which key and why. */
import {
  PasserelleError,
  type ConnectorContext,
  type DecodeResult,
  type DraftEvent,
  type IndexTerm,
  type Warning,
} from '../../core/contract/index.ts';
import { checkedUser, matchingOf, type CallContext, type Patient } from '../../core/model/index.ts';
import { readPatient } from './patient.ts';
import type { CallField, CallProfile } from './profile.ts';
import { Values } from './values.ts';

/** @param mayCreate what the site's settings say of this dialect: a call that asks for more is refused. */
export function decodeCall(
  texts: Readonly<Record<string, string>>,
  profile: CallProfile,
  { settings }: ConnectorContext,
  options: { readonly mayCreate: boolean; readonly warnings?: readonly Warning[] },
): DecodeResult {
  const warnings: Warning[] = [...(options.warnings ?? [])];
  try {
    const values = new Values(texts, profile, warnings);
    const data = read(values, settings, profile, warnings, options.mayCreate);
    return { decision: warnings.length > 0 ? 'accept-with-warning' : 'accept', events: [eventOf(data)], warnings, terms: termsOf(data.patient) };
  } catch (thrown) {
    if (!(thrown instanceof PasserelleError)) throw thrown;
    return refusedCall(thrown, warnings);
  }
}

/** Nobody waits for a call that is in doubt: it is refused, whatever would become of a message. */
export const refusedCall = (error: PasserelleError, warnings: readonly Warning[] = []): DecodeResult => ({
  decision: 'reject',
  events: [],
  warnings,
  error: error.toData(),
});

function read(values: Values, settings: ConnectorContext['settings'], profile: CallProfile, warnings: Warning[], mayCreate: boolean): CallContext {
  for (const field of profile.must ?? []) values.need(field);
  const site = values.text('site');
  if (site !== undefined && settings.site !== '' && site !== settings.site) throw values.invalid('site', 'the establishment of these settings');
  const user = checkedUser(said(userTexts(values)), values.nameOf('login'), values.nameOf('rpps'));
  const action = values.choice('action', profile.actions ?? {}) ?? 'open';
  const target = values.choice('target', profile.targets ?? {});
  const patient = readPatient(values, settings, warnings);
  const possible = matchingOf(patient);
  if (possible.allowed.length === 0) throw values.invalid('birthName', 'an identity that a record can be found by');
  if (action === 'open-or-create') {
    if (!mayCreate)
      throw new PasserelleError('ERR_CALL_FORBIDDEN', {
        location: { path: `/${values.nameOf('action')}` },
        expected: 'a site that lets this dialect create',
      });
    if (!possible.create) throw values.invalid('action', 'an identity that is complete and qualified, to create a record');
  }
  const situation = values.text('situation', 64);
  const issuedAt = values.text('issuedAt');
  if (issuedAt !== undefined && !isInstant(issuedAt)) throw values.invalid('issuedAt', 'a time with its offset');
  const nonce = values.text('nonce');
  if (nonce !== undefined && !/^[A-Za-z0-9_-]{16,64}$/.test(nonce)) throw values.invalid('nonce', '16 to 64 letters, digits, - and _');
  return {
    ...(site !== undefined && { site }),
    user,
    patient,
    action,
    ...(target && { target }),
    ...(situation && { situation }),
    matching: { allowed: possible.allowed, create: action === 'open-or-create' },
    ...(issuedAt !== undefined && { issuedAt }),
    ...(nonce !== undefined && { nonce }),
  };
}

const USER: readonly (CallField & keyof CallContext['user'])[] = ['login', 'rpps', 'family', 'given', 'profile'];
const userTexts = (values: Values): Partial<CallContext['user']> => Object.fromEntries(USER.map((field) => [field, values.text(field)]));

const isInstant = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(Date.parse(text));

const said = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;

function eventOf(data: CallContext): DraftEvent {
  const { ipp, domain, ins, insOid, insStatus } = data.patient;
  const keys = ipp && domain ? [{ domain, value: ipp }] : ins && insOid && insStatus === 'VALI' ? [{ domain: insOid, value: ins }] : [];
  return { type: 'dcc.context.open', ...(data.issuedAt && { time: data.issuedAt }), data, keys };
}

function termsOf({ ipp, domain, ins, insOid }: Patient): readonly IndexTerm[] {
  return [
    ...(ipp && domain ? [{ field: 'ipp', value: `${domain}:${ipp}` } as const] : []),
    ...(ins && insOid ? [{ field: 'ins', value: `${insOid}:${ins}` } as const] : []),
  ];
}
