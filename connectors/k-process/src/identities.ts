/** Where the record says who the patient is: identifiers with their authorities, INS, strict traits (SAFETY A4, A5, A7). */
import { PasserelleError, type ClearKey, type ConnectorContext, type IdentityAuthority, type IndexTerm, type Warning } from 'passerelle/contract';
import type { Patient } from 'passerelle/model';
import { NATIONAL_NUMBER, said } from './contract.ts';
import { hasValidInsKey, insEnvironment, isInsOid, meantAuthority } from 'passerelle/model';
import type { Reader } from './reader.ts';

const DATE = /^\d{4}(-\d{2}(-\d{2})?)?$/;
export const DATE_TIME = /^\d{4}-\d{2}(-\d{2}(T\d{2}(:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:\d{2})?)?)?$/;

interface Known {
  readonly value: string;
  readonly type?: string | undefined;
  readonly authority?: string | undefined;
  readonly oid?: string | undefined;
  readonly namespace?: string | undefined;
  readonly rule?: IdentityAuthority | undefined;
}

export interface ReadIdentity {
  readonly patient: Patient;
  readonly keys: readonly ClearKey[];
  readonly terms: readonly IndexTerm[];
  readonly environment?: 'test' | 'production';
  /** For the comparison with a document: every identifier with its OID, the INS among them. */
  readonly ids: readonly { readonly root: string; readonly extension: string }[];
}

/** Throws ERR_PATIENT_MISSING, ERR_PATIENT_NO_IDENTIFIER, ERR_PATIENT_AMBIGUOUS, ERR_INS_ENVIRONMENT, ERR_INS_KEY, ERR_JSON_FIELD_*. */
export function readPatient(message: Reader, context: ConnectorContext, warnings: Warning[]): ReadIdentity {
  const from = message.object('patient');
  if (!from) throw new PasserelleError('ERR_PATIENT_MISSING', { location: { path: '/patient' } });
  const known = from.objects('identifiers').map((item) => readIdentifier(item, context.settings.identityAuthorities));
  const ins = readIns(from, context);
  if (known.length === 0 && !ins) throw new PasserelleError('ERR_PATIENT_MISSING', { location: { path: '/patient/identifiers' } });

  const ipps = inOrderOfAuthority(known, context.settings.identityAuthorities);
  const [chosen] = ipps;
  // Which of the two is in force is not ours to guess (SAFETY A7).
  if (ipps.some((ipp) => ipps.some((other) => other.rule?.domain === ipp.rule?.domain && other.value !== ipp.value))) {
    throw new PasserelleError('ERR_PATIENT_AMBIGUOUS', { location: { path: '/patient/identifiers' }, expected: 'one identifier for each domain' });
  }
  const others = known.filter((id) => id !== chosen);
  const flags = from.texts('identityFlags');
  const automaticFiling = from.boolean('automaticFiling');
  if (automaticFiling === false)
    for (const detail of flags?.length ? flags : ['']) warnings.push({ code: 'identity-blocks-filing', ...(detail && { detail }) });
  const identityStatus = from.choice('identityStatus', ['PROV', 'RECUP', 'VALI', 'QUAL']);
  // The number is given only when qualified; a status that says less is the one that counts (SAFETY A4).
  const isQualified = ins !== undefined && (identityStatus ?? 'QUAL') === 'QUAL';
  if (!chosen && !isQualified) throw new PasserelleError('ERR_PATIENT_NO_IDENTIFIER', { location: { path: '/patient/identifiers' } });
  if (ins && !isQualified) warnings.push({ code: 'ins-not-qualified', location: { path: '/patient/identityStatus' } });
  const traits = from.object('traits');
  const text = (name: string): string | undefined => traits?.text(name);
  const patient: Patient = said({
    ...(chosen && said({ ipp: chosen.value, ippAuthority: chosen.authority, domain: chosen.rule?.domain })),
    ...(ins && { ins: ins.value, insOid: ins.oid, insStatus: isQualified ? ('VALI' as const) : ('NOT-QUALIFIED' as const) }),
    identityStatus,
    ...(flags && { identityFlags: [...flags] }),
    automaticFiling,
    birthName: text('birthName'),
    usedName: text('usedName'),
    nameAsSent: text('nameAsSent'),
    birthGivenNames: text('birthGivenNames'),
    firstGivenName: text('firstGivenName'),
    usedGivenName: text('usedGivenName'),
    sex: traits?.choice('sex', ['F', 'M', 'O', 'U']),
    birthDate: traits?.text('birthDate', { pattern: DATE }),
    birthPlaceCog: text('birthPlaceCog'),
    // A number of a stay is nobody's IPP, whatever its domain is called (SAFETY A7).
    ...(others.length > 0 && {
      otherIds: others.map(({ type, value, authority, rule }) =>
        said({ type, value, authority, domain: rule?.use === 'IPP' ? rule.domain : undefined }),
      ),
    }),
  });
  const keys = ipps.map(({ rule, value }) => ({ domain: rule!.domain, value }));
  const { environment } = context.settings;
  return {
    patient,
    ...(environment && { environment }),
    keys: keys.length > 0 || !ins || !isQualified ? keys : [{ domain: ins.oid, value: ins.value }],
    terms: [
      ...keys.map(({ domain, value }) => ({ field: 'ipp', value: `${domain}:${value}` }) as const),
      ...(ins ? [{ field: 'ins', value: `${ins.oid}:${ins.value}` } as const] : []),
    ],
    ids: [
      ...known.flatMap(({ oid, rule, value }) => [oid, rule?.oid].filter((root) => root !== undefined).map((root) => ({ root, extension: value }))),
      ...(ins ? [{ root: ins.oid, extension: ins.value }] : []),
    ],
  };
}

function readIdentifier(item: Reader, authorities: readonly IdentityAuthority[]): Known {
  const authority = item.object('authority');
  const oid = authority?.text('oid', { pattern: /^[0-2](\.\d+)+$/ });
  const namespace = authority?.text('namespace');
  const id = { value: item.need('value'), type: item.text('type'), oid, namespace };
  // An INS outside its property would be neither checked nor held back; no other national number is an identifier at all (SAFETY A4).
  if ((oid !== undefined && isInsOid(oid)) || NATIONAL_NUMBER.test(id.type ?? ''))
    throw new PasserelleError('ERR_JSON_FIELD_INVALID', {
      location: { path: item.at('authority') },
      expected: 'no national number: an INS stands in /patient/ins',
    });
  const rule = meantAuthority(
    authorities.filter((one) => matches(one, id)),
    oid,
  );
  // Of several hospitals, which one is not ours to guess (SAFETY A7).
  if (rule === 'several')
    throw new PasserelleError('ERR_PATIENT_AMBIGUOUS', {
      location: { path: item.at('authority') },
      expected: 'the OID of the authority: several bear its name',
      found: 'the name alone',
    });
  return { ...id, authority: oid ?? namespace, rule };
}

/** Site settings of ARCHITECTURE section 6: each of namespace and OID that a rule names equals, or is not said, with at least one equal. */
function matches(rule: IdentityAuthority, id: Pick<Known, 'type' | 'oid' | 'namespace'>): boolean {
  if (rule.type !== undefined && rule.type !== (id.type ?? 'PI')) return false;
  if (rule.namespace === undefined && rule.oid === undefined) return true;
  const pairs = [
    [rule.namespace, id.namespace],
    [rule.oid, id.oid],
  ].filter(([wanted]) => wanted !== undefined);
  return pairs.every(([wanted, given]) => given === undefined || given === wanted) && pairs.some(([wanted, given]) => given === wanted);
}

/** The IPP is chosen by the order of the configured authorities, never by its place in the message. */
function inOrderOfAuthority(known: readonly Known[], authorities: readonly IdentityAuthority[]): readonly Known[] {
  const place = ({ rule }: Known): number => (rule ? authorities.indexOf(rule) : -1);
  return known.filter(({ rule }) => rule?.use === 'IPP').sort((a, b) => place(a) - place(b));
}

function readIns(from: Reader, { settings }: ConnectorContext): { readonly value: string; readonly oid: string } | undefined {
  const ins = from.object('ins');
  if (!ins) return undefined;
  const value = ins.need('value', { pattern: /^\d[\dAB]{14}$/ });
  const oid = ins.need('oid');
  const environment = insEnvironment(oid);
  if (!environment) throw new PasserelleError('ERR_JSON_FIELD_INVALID', { location: { path: ins.at('oid') }, expected: 'an INS authority' });
  if (settings.environment && environment !== settings.environment) {
    throw new PasserelleError('ERR_INS_ENVIRONMENT', { location: { path: ins.at('oid') }, expected: settings.environment, found: environment });
  }
  if (!hasValidInsKey(value)) throw new PasserelleError('ERR_INS_KEY', { location: { path: ins.at('value') } });
  return { value, oid };
}
