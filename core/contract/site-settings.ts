/** Settings of one site as a connector sees them (ARCHITECTURE section 6; also the `--settings` file of `translate` and `render`). */

export type AuthorityUse = 'IPP' | 'IEP' | 'MOVEMENT' | 'OTHER';

/**
 * Whose identifiers are whose (SAFETY A7). An entry matches when each of `namespace` and `oid` that it names equals the
 * identifier's, or the identifier carries none there, with at least one equal; `type`, when named, must be equal. An entry that
 * names none of the three matches everything. First match wins; nothing matched = not an IPP. Of IPPs an
 * entry that has the OID that is sent goes before one that only bears the name, and a name that IPPs of two domains bear says nothing alone.
 */
export interface IdentityAuthority {
  readonly namespace?: string;
  readonly oid?: string;
  readonly type?: string;
  readonly domain: string;
  readonly use: AuthorityUse;
  /** A site that names another authority numbers the same patients by the same numbers, and says so too. */
  readonly shared?: boolean;
}

export interface SenderSettings {
  /** MSH-3. */
  readonly application: string;
  readonly insAuthority?: boolean;
  /** Reference of the contract of trust by which the INS it qualified counts as qualified here (rule 30 of the national guide). */
  readonly insContract?: string;
}

export interface DocumentTypeRule {
  /** Coding system as sent (`LN`, `DXC-TYPDOC`), or `text`. */
  readonly system: string;
  /** `*` = every code of the system. */
  readonly code: string;
  readonly type: string;
  /** Decided once for a code that came, not written for the site: of a code that several types share it stands behind what the title says (SAFETY B1). */
  readonly isLearned?: true;
}

export interface SiteSettings {
  /** FINESS of the geographic entity. */
  readonly site: string;
  /** FINESS of the legal entity that this site stands for: of several sites of one entity, one only. */
  readonly legalEntity?: string;
  /** Accepted INS authorities and expected MSH-11; absent only in a translation without settings: then nothing is refused for it. */
  readonly environment?: 'test' | 'production';
  readonly timeZone: string;
  readonly identityAuthorities: readonly IdentityAuthority[];
  readonly senders: readonly SenderSettings[];
  readonly documentTypes: readonly DocumentTypeRule[];
  readonly charsetFallback: string;
  /** This connector's own settings, checked by its `config.schema.json`. */
  readonly connector: Readonly<Record<string, unknown>>;
}

/** No settings file: no environment, authority or map is known; no identifier is an IPP, no local code has a type. */
export const UNCONFIGURED: SiteSettings = Object.freeze({
  site: '',
  timeZone: 'Europe/Paris',
  identityAuthorities: [],
  senders: [],
  documentTypes: [],
  charsetFallback: 'windows-1252',
  connector: {},
});
