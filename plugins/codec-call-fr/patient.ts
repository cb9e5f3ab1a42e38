/** The patient of a call: strict traits, IPP by the site's authorities, INS by its key, environment and status (SAFETY A4, A5, A7). */
import type { IdentityAuthority, SiteSettings, Warning } from '../../core/contract/index.ts';
import { checkIns, type Patient } from '../../core/model/index.ts';
import { birthDateOf } from './dates.ts';
import type { Values } from './values.ts';

const SEXES = { F: 'F', FEMME: 'F', FÉMININ: 'F', FEMININ: 'F', M: 'M', H: 'M', HOMME: 'M', MASCULIN: 'M', U: 'U', I: 'U', O: 'O' } as const;
const STATUSES = { VALI: 'VALI', QUAL: 'VALI', PROV: 'PROV', RECUP: 'RECUP' } as const;

/** Throws ERR_CALL_CONTEXT, ERR_INS_KEY, ERR_INS_ENVIRONMENT. */
export function readPatient(values: Values, settings: SiteSettings, warnings: Warning[]): Patient {
  const birthName = capitals(values.need('birthName'));
  const [first, all] = [values.text('firstGivenName'), values.text('birthGivenNames')].map((name) => name && capitals(name));
  if (!first && !all) throw values.invalid('firstGivenName', 'the first given name at birth');
  const birthDate = birthDateOf(values.need('birthDate'));
  if (!birthDate) throw values.invalid('birthDate', 'a date of our calendar, as DD/MM/YYYY, YYYYMMDD or YYYY-MM-DD');
  values.need('sex');
  const sex = values.choice('sex', SEXES);
  const [usedName, birthPlaceCog] = [capitals(values.text('usedName') ?? ''), values.text('birthPlaceCog')?.toUpperCase()];
  if (birthPlaceCog && !/^\d[\dAB]\d{3}$/.test(birthPlaceCog)) throw values.invalid('birthPlaceCog', 'an INSEE code of five characters');
  const traits = {
    birthName,
    ...(usedName && { usedName }),
    ...(all && { birthGivenNames: all }),
    ...(first && { firstGivenName: first }),
    birthDate,
    ...(sex && { sex }),
    ...(birthPlaceCog && { birthPlaceCog }),
  };
  return { ...readIpp(values, settings, warnings), ...traits, ...readIns(values, traits, settings, warnings) };
}

/** ISO 8859-1 has neither Œ nor Ÿ: programs that write names in capitals leave these two letters small. */
const capitals = (name: string): string => (name.replaceAll(/[œÿ]/g, '') === name.toUpperCase().replaceAll(/[ŒŸ]/g, '') ? name.toUpperCase() : name);

/** Of the authority that the call names, when the site has it; else of the only one it has. Several = which one is not ours to guess (A7). */
function readIpp(values: Values, { identityAuthorities }: SiteSettings, warnings: Warning[]): Partial<Patient> {
  const ipp = values.text('ipp');
  if (ipp === undefined) return {};
  const namespace = values.text('namespace');
  const ipps = identityAuthorities.filter(({ use, type = 'PI' }) => use === 'IPP' && type === 'PI');
  const named = ipps.filter((one) => one.namespace !== undefined && one.namespace === namespace);
  const meant = named.length > 0 ? named : ipps;
  const rule = domains(meant).size === 1 ? meant[0] : undefined;
  if (!rule) {
    warnings.push({ code: 'ipp-authority-unknown', location: { path: `/${values.nameOf('ipp')}` } });
    return { otherIds: [{ value: ipp }] };
  }
  const authority = rule.oid ?? rule.namespace;
  return { ipp, ...(authority && { ippAuthority: authority }), domain: rule.domain };
}

const domains = (rules: readonly IdentityAuthority[]): ReadonlySet<string> => new Set(rules.map(({ domain }) => domain));

function readIns(values: Values, traits: Patient, settings: SiteSettings, warnings: Warning[]): Partial<Patient> {
  const ins = values.text('ins')?.replaceAll(/\s/g, '').toUpperCase();
  const insOid = values.text('insOid');
  const status = values.choice('insStatus', STATUSES);
  if (!ins) return status ? { identityStatus: status, ...(status !== 'VALI' && { insStatus: 'PROV' as const }) } : {};
  checkIns(ins, insOid, settings, values.nameOf('ins'));
  if (status !== 'VALI') {
    warnings.push({ code: 'ins-not-qualified', location: { path: `/${values.nameOf('insStatus')}` } });
    return { ins, ...(insOid && { insOid }), insStatus: 'NOT-QUALIFIED', ...(status && { identityStatus: status }) };
  }
  // An INS is a number, its OID and five strict traits: less may open a record that is there, and makes nothing (rule 28 of the national guide).
  if (!insOid || !traits.birthGivenNames || !traits.birthPlaceCog) {
    warnings.push({ code: 'ins-incomplete', location: { path: `/${values.nameOf('ins')}` } });
    return { ins, ...(insOid && { insOid }), insStatus: 'VALI' };
  }
  return { ins, insOid, insStatus: 'VALI', identityStatus: 'QUAL' };
}
