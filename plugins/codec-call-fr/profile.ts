/** What a product's call differs by: its keys, and the words that are its own. */

export type CallField =
  | 'site'
  | 'namespace'
  | 'login'
  | 'rpps'
  | 'family'
  | 'given'
  | 'profile'
  | 'ipp'
  | 'birthName'
  | 'usedName'
  | 'birthGivenNames'
  | 'firstGivenName'
  | 'birthDate'
  | 'sex'
  | 'birthPlaceCog'
  | 'ins'
  | 'insOid'
  | 'insStatus'
  | 'action'
  | 'target'
  | 'situation'
  | 'issuedAt'
  | 'nonce';

export interface CallProfile {
  /** The product's key, and what it says. */
  readonly keys: Readonly<Record<string, CallField>>;
  /** Known keys that say nothing to us. */
  readonly ignored?: readonly string[];
  /** Words of the actions; absent = the product only opens. */
  readonly actions?: Readonly<Record<string, 'open' | 'open-or-create'>>;
  readonly targets?: Readonly<Record<string, 'record' | 'rcp-preparation' | 'pps'>>;
  /** Fields that this product must say, beside the user and what names a patient. */
  readonly must?: readonly CallField[];
}
