/** Steps 11 and 12: may this user do this, and can this identity be used (SAFETY C4, C9)? By the settings of the site alone. */
import { PasserelleError, type CallRights } from '../contract/index.ts';
import { insEnvironment, matchingOf, type CallContext } from '../model/index.ts';
import type { KnownCall } from './known-call.ts';
import type { Trail } from './trail.ts';

const forbidden = (expected: string, found?: string): PasserelleError =>
  new PasserelleError('ERR_CALL_FORBIDDEN', { location: { path: '/user' }, expected, ...(found !== undefined && { found }) });

/** As a person reads it: whoever is stopped stays so, however their name is typed. */
const plain = (text: string | undefined): string | undefined => text?.normalize('NFC').toLowerCase();

/** Throws ERR_CALL_FORBIDDEN. */
export function checkRights({ site: { call }, context, mayCreate }: KnownCall): CallRights {
  const { user, action = 'open', target = 'record' } = context;
  if (call.disabledUsers.some((one) => plain(one) === plain(user.login) || one === user.rpps))
    throw forbidden('a user who is not disabled (contextualCall.disabledUsers)');
  const named = call.users.find(({ profile }) => profile === user.profile);
  // It is not everybody's profile either: the one of nearly this name may be disabled, or allow less.
  if (!named && call.users.some(({ profile }) => plain(profile) === plain(user.profile)))
    throw forbidden('a profile in the letters of contextualCall.users', 'another case');
  const rule = named ?? call.users.find(({ profile }) => profile === '*');
  if (!rule || rule.disabled)
    throw forbidden('a profile of contextualCall.users that is not disabled', user.profile === undefined ? 'no profile' : 'another one');
  if (!user.rpps && !rule.withoutRpps) throw forbidden('an RPPS number, for this profile (contextualCall.users.withoutRpps)', 'no RPPS number');
  if (!rule.rights.includes('open')) throw forbidden('the right open');
  if (!rule.targets.includes(target)) throw forbidden('a target of the profile (contextualCall.users.targets)', target);
  const creates = rule.rights.includes('create') && call.creation && mayCreate;
  if (action === 'open-or-create' && !creates)
    throw forbidden('creation: the right of the profile, the setting of the site, and a way of calling that allows it', 'open-or-create');
  return { actions: action === 'open-or-create' ? ['open', 'create'] : ['open'], targets: rule.targets };
}

const NAMES = ['birthName', 'usedName', 'birthGivenNames', 'firstGivenName'] as const;

/** What the record may be looked for by. Throws ERR_CALL_IDENTITY. */
export function checkIdentity({ site, context, identityError }: KnownCall, trail: Trail): CallContext {
  const { patient, action = 'open' } = context;
  const refused = (path: string, expected: string, found?: string): PasserelleError =>
    new PasserelleError('ERR_CALL_IDENTITY', { location: { path }, expected, ...(found !== undefined && { found }) });
  if (identityError) throw new PasserelleError('ERR_CALL_IDENTITY', { ...identityError.detail, cause: identityError });
  // A letter that only looks like another one would find nobody, or somebody else, and nobody would see why.
  for (const name of NAMES)
    if (/[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]/u.test(patient[name] ?? '')) throw refused(`/patient/${name}`, 'Latin letters');
  if (patient.insOid && insEnvironment(patient.insOid) !== site.environment)
    throw refused('/patient/insOid', `an INS authority of ${site.environment}`);
  const possible = matchingOf(patient);
  const allowed = possible.allowed.filter((way) => context.matching?.allowed.includes(way) ?? true);
  const create = action === 'open-or-create';
  if (allowed.length === 0) throw refused('/patient', 'a qualified INS, an IPP with its authority, or all strict traits');
  if (create && !(possible.create && (context.matching?.create ?? true)))
    throw refused(
      '/patient',
      'for creation: birth name, all given names, sex, whole birth date, place of birth, and a qualified INS or an IPP with its authority',
    );
  // Whose number the IPP is, as the record is asked.
  trail.show(() => ({ allowed, create, ...(patient.domain && { domain: patient.domain, ippAuthority: patient.ippAuthority }) }));
  return { ...context, matching: { allowed, create } };
}
