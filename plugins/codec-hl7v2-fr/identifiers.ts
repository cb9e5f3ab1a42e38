/** Identifiers and whose they are (SAFETY A7): an authority of the settings, never position or type alone. */
import type { AuthorityUse, IdentityAuthority, SiteSettings } from '../../core/contract/index.ts';
import type { Hl7Field } from '../codec-hl7v2/index.ts';
import { meantAuthority } from '../../core/model/index.ts';
import { clean } from './values.ts';

/** An identifier as sent. */
export interface SentIdentifier {
  readonly value: string;
  readonly namespace: string;
  /** Second part of the authority: an OID, or a FINESS with some products. */
  readonly universalId: string;
  /** OID of the authority: where it should be, or alone in the place of the namespace; `''` when there is none. */
  readonly oid: string;
  /** As sent; `''` when the sender gives none. */
  readonly type: string;
  /** What it counts as when the sender gives none: PI in PID-3, AN in PID-18 and PV1-5, VN in PV1-19. */
  readonly defaultType: string;
  /** Position, for warnings and errors. */
  readonly at: string;
}

export interface KnownIdentifier extends SentIdentifier {
  /** The entry of the settings that it falls under. */
  readonly authority?: IdentityAuthority;
  /** IPPs of two domains bear the name it was sent under: it is nobody's. */
  readonly isAmbiguous?: boolean;
}

const OID = /^[0-2](\.(0|[1-9]\d*))+$/;
export const isOid = (value: string): boolean => OID.test(value);

/** `universalId`, `namespace` and the OID that is one of them. */
export const sentAuthority = (namespace: string, universalId: string): Pick<SentIdentifier, 'namespace' | 'universalId' | 'oid'> => ({
  namespace,
  universalId,
  oid: isOid(universalId) ? universalId : isOid(namespace) ? namespace : '',
});

/** The OID sent, else the namespace sent: what a canonical event calls the authority. */
export const authorityName = (id: SentIdentifier): string => id.oid || id.namespace || id.universalId;

/** CX: `value^^^namespace&oid&type^type`. */
export const readCx = (field: Hl7Field, defaultType: string): SentIdentifier => ({
  value: clean(field.get(1)),
  ...sentAuthority(clean(field.get(4, 1)), clean(field.get(4, 2))),
  type: clean(field.get(5)),
  defaultType,
  at: field.at,
});

/** EI: `value^namespace^oid^type` (ZBE-1). */
export const readEi = (field: Hl7Field): SentIdentifier => ({
  value: clean(field.get(1)),
  ...sentAuthority(clean(field.get(2)), clean(field.get(3))),
  type: '',
  defaultType: '',
  at: field.at,
});

/** The entry that matches, by the rule written at `IdentityAuthority`. */
export function matchAuthority(id: SentIdentifier, settings: SiteSettings): KnownIdentifier {
  const authority = meantAuthority(
    settings.identityAuthorities.filter((entry) => matches(entry, id)),
    id.oid || id.universalId,
  );
  if (authority === 'several') return { ...id, isAmbiguous: true };
  return authority ? { ...id, authority } : id;
}

function matches(entry: IdentityAuthority, id: SentIdentifier): boolean {
  if (entry.type !== undefined && entry.type !== (id.type || id.defaultType)) return false;
  if (entry.namespace === undefined && entry.oid === undefined) return true;
  const oid = id.oid || (entry.oid === id.universalId ? id.universalId : '');
  const checks = [compare(entry.namespace, id.namespace), compare(entry.oid, oid)];
  return !checks.includes('differs') && checks.includes('equal');
}

function compare(wanted: string | undefined, sent: string): 'equal' | 'differs' | 'unsaid' {
  if (wanted === undefined || sent === '') return 'unsaid';
  return wanted === sent ? 'equal' : 'differs';
}

/** Place of an identifier's entry in the settings (the site's own domain stands first); under one entry, patient numbers before others. */
export const rankOf = (id: KnownIdentifier, settings: SiteSettings): number => {
  const place = id.authority ? settings.identityAuthorities.indexOf(id.authority) : settings.identityAuthorities.length;
  return place * 2 + (id.type === '' || id.type === 'PI' ? 0 : 1);
};

export const isUsedAs = (id: KnownIdentifier, use: AuthorityUse): boolean => id.authority?.use === use;
