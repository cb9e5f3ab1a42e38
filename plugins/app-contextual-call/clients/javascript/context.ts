/** From the fields that a product knows to the context of PROTOCOL section 1: checked, normalised, as exact JSON bytes. No I/O. */

/** What a product says of a call, all text; a field that is not known is left out. Names are those of the engine's canonical model. */
export const FIELDS = [
  'login',
  'rpps',
  'family',
  'given',
  'profile',
  'authenticationMethod',
  'authenticationTime',
  'action',
  'target',
  'birthName',
  'birthDate',
  'sex',
  'firstGivenName',
  'birthGivenNames',
  'usedName',
  'ins',
  'insOid',
  'identityStatus',
  'birthPlaceCog',
  'ipp',
  'ippNamespace',
  'ippOid',
  'situation',
] as const;
export type Field = (typeof FIELDS)[number];
/** `birthDate` in `YYYY-MM-DD`, `DD/MM/YYYY` or `YYYYMMDD`, `00` for what is unknown; or `YYYY`, `YYYY-MM`. */
export type Call = { readonly [F in Field]?: string };

/** Why something was refused before anything was sent: told to the person, and enough for support without any value. */
const REASONS = {
  'unknown-key': 'Champ inconnu',
  'not-text': "Champ qui n'est pas du texte lisible",
  'empty-value': "Champ vide : ne pas l'envoyer quand il est inconnu",
  'control-character': 'Caractère invisible dans le champ',
  'too-long': 'Champ trop long',
  'missing-key': 'Champ obligatoire absent',
  'incomplete-pair': "Champ qui ne va pas sans l'autre",
  'bad-rpps': 'Numéro RPPS faux (11 chiffres, clé comprise)',
  'bad-ins': 'Matricule INS faux (15 caractères, clé comprise)',
  'bad-oid': 'OID mal formé',
  'bad-authority': "Autorité de l'IPP mal formée",
  'bad-date': 'Date illisible (AAAA-MM-JJ ou JJ/MM/AAAA)',
  'bad-time': 'Date et heure illisibles (ISO 8601 avec décalage)',
  'bad-value': 'Valeur non prévue',
  'bad-place': 'Code INSEE du lieu de naissance faux',
  'creation-incomplete': 'Création impossible, identité incomplète',
  'creation-on-workstation': 'Création interdite avec la clé d’un poste',
  'context-too-large': 'Contexte trop volumineux',
  'bad-settings': 'Réglage absent ou faux',
  'bad-url': "L'adresse du moteur doit être en https, sans paramètre (http sur 127.0.0.1 ou localhost, en test seulement)",
  'key-unreadable': 'Clé du site illisible',
  'key-not-protected': "Clé du site lisible par d'autres comptes",
} as const;
export type Reason = keyof typeof REASONS;
/** Why nothing came, for the log: what a site looks at first. `busy` is a 503; `network` anything else: no such name, a connection that was cut. */
export type Unreached = 'certificate' | 'timeout' | 'refused' | 'busy' | 'network';

/** Every failure of a client. `detail` (French) and `reference` are for the person; `code` and `reason` for support. */
export class PasserelleCallError extends Error {
  readonly code: string;
  readonly reason: Reason | Unreached | undefined;
  readonly detail: string;
  reference = '';

  constructor(code: string, detail: string, reason?: Reason | Unreached) {
    super(`${code}: ${detail}`);
    this.name = 'PasserelleCallError';
    this.code = code;
    this.detail = detail;
    this.reason = reason;
  }
}

export const refused = (code: 'ERR_KIT_CONTEXT' | 'ERR_KIT_SETTINGS', reason: Reason, key: string): PasserelleCallError =>
  new PasserelleCallError(code, `${REASONS[reason]} : ${key}`, reason);

const LISTS: { readonly [F in Field]?: readonly string[] } = {
  authenticationMethod: ['os-account', 'password', 'cps', 'e-cps', 'pro-sante-connect', 'other'],
  action: ['open', 'open-or-create'],
  target: ['record', 'rcp-preparation', 'pps'],
  sex: ['F', 'M', 'O', 'U'],
  identityStatus: ['PROV', 'RECUP', 'VALI', 'QUAL'],
};
const OID = /^[0-2](\.(0|[1-9][0-9]*))+$/;

/** One field, by itself: normalised, or refused. */
function value(key: Field, given: unknown): string {
  const no = (reason: Reason): PasserelleCallError => refused('ERR_KIT_CONTEXT', reason, key);
  if (typeof given !== 'string' || /\p{Cs}/u.test(given)) throw no('not-text');
  const text = given.normalize('NFC').replace(/^ +| +$/g, '');
  if (text === '') throw no('empty-value');
  if (/[\p{Cc}\p{Cf}\p{Co}\u2028\u2029\ufffd]/u.test(text)) throw no('control-character');
  if (text.length > (key === 'situation' ? 64 : 250)) throw no('too-long');
  if (LISTS[key] && !LISTS[key].includes(text)) throw no('bad-value');
  if (key === 'rpps' && !isRpps(text)) throw no('bad-rpps');
  if (key === 'ins' && !isIns(text)) throw no('bad-ins');
  if ((key === 'insOid' || key === 'ippOid') && !OID.test(text)) throw no('bad-oid');
  if (key === 'ippNamespace' && /[&^|~\\]/.test(text)) throw no('bad-authority');
  if (key === 'birthPlaceCog' && !/^([0-9]{5}|2[AB][0-9]{3})$/.test(text)) throw no('bad-place');
  if (
    key === 'authenticationTime' &&
    !/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})$/.test(text)
  )
    throw no('bad-time');
  if (key !== 'birthDate') return text;
  const date = isoDate(text);
  if (date === undefined) throw no('bad-date');
  return date;
}

/** Eleven digits, the last one a Luhn key. */
function isRpps(text: string): boolean {
  if (!/^[0-9]{11}$/.test(text)) return false;
  const sum = Array.from(text)
    .toReversed()
    .reduce((total, digit, at) => total + (at % 2 ? (Number(digit) * 2 > 9 ? Number(digit) * 2 - 9 : Number(digit) * 2) : Number(digit)), 0);
  return sum % 10 === 0;
}

/** Thirteen characters (Corsica: 2A, 2B) and a key of two digits. */
function isIns(text: string): boolean {
  if (!/^[0-9]{5}[0-9][0-9AB][0-9]{8}$/.test(text) || /[AB]/.test(text.replace(/^(.{5})2[AB]/, '$1'))) return false;
  const body = text.slice(0, 13).replace('2A', '19').replace('2B', '18');
  return 97 - (Number(body) % 97) === Number(text.slice(13));
}

function isoDate(text: string): string | undefined {
  const french = /^([0-9]{2})\/([0-9]{2})\/([0-9]{4})$/.exec(text);
  const iso = /^([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?$/.exec(text) ?? /^([0-9]{4})([0-9]{2})([0-9]{2})$/.exec(text);
  const [year, month = '00', day = '00'] = french ? [french[3], french[2], french[1]] : iso ? iso.slice(1) : [];
  if (year === undefined || year < '1850' || year > '2100' || month > '12' || day > '31' || (month === '00' && day !== '00')) return undefined;
  return `${year}-${month}-${day}`;
}

export interface ContextSettings {
  readonly finess: string;
  readonly environment: string;
  readonly workstation?: boolean;
}

/**
 * The exact JSON text of a context, valid for 60 seconds from `now` (seconds since 1970).
 * @throws PasserelleCallError ERR_KIT_CONTEXT with its reason
 */
export function contextOf(settings: ContextSettings, call: Call, now: number, jti: string): string {
  const no = (reason: Reason, key: string): PasserelleCallError => refused('ERR_KIT_CONTEXT', reason, key);
  const stranger = Object.keys(call).find((key) => !(FIELDS as readonly string[]).includes(key));
  if (stranger !== undefined) throw no('unknown-key', stranger.replace(/[^A-Za-z0-9._-]/g, '?').slice(0, 40));
  const f: { [F in Field]?: string } = {};
  for (const key of FIELDS) if (call[key] !== undefined && call[key] !== null) f[key] = value(key, call[key]);

  if (f.login === undefined && f.rpps === undefined) throw no('missing-key', 'login');
  for (const key of ['authenticationMethod', 'authenticationTime', 'birthName', 'birthDate', 'sex'] as const)
    if (f[key] === undefined) throw no('missing-key', key);
  if (f.firstGivenName === undefined && f.birthGivenNames === undefined) throw no('missing-key', 'firstGivenName');
  const issuer =
    f.ippNamespace === undefined && f.ippOid === undefined ? undefined : `${f.ippNamespace ?? ''}&${f.ippOid ?? ''}&${f.ippOid ? 'ISO' : ''}`;
  if ((f.ins === undefined) !== (f.insOid === undefined)) throw no('incomplete-pair', 'ins');
  if ((f.ipp === undefined) !== (issuer === undefined)) throw no('incomplete-pair', 'ipp');
  const action = f.action ?? 'open';
  if (action === 'open-or-create') {
    if (settings.workstation) throw no('creation-on-workstation', 'action');
    const partial = /-00/.test(f.birthDate ?? '');
    const missing =
      f.birthGivenNames === undefined
        ? 'birthGivenNames'
        : f.sex !== 'F' && f.sex !== 'M'
          ? 'sex'
          : partial
            ? 'birthDate'
            : f.birthPlaceCog === undefined
              ? 'birthPlaceCog'
              : undefined;
    if (missing) throw no('creation-incomplete', missing);
    if (issuer === undefined && !(f.ins !== undefined && f.identityStatus === 'QUAL')) throw no('creation-incomplete', 'ins');
  }

  const text = JSON.stringify({
    version: '1.0',
    typ: 'contexte-appel',
    iss: `urn:finess:${settings.finess}`,
    aud: `urn:dcc:${settings.environment}`,
    iat: now,
    exp: now + 60,
    jti,
    user: {
      login: f.login,
      rpps: f.rpps,
      family: f.family,
      given: f.given,
      profile: f.profile,
      authentication: { method: f.authenticationMethod, time: f.authenticationTime },
    },
    action,
    target: f.target,
    'Patient.name.family': f.birthName,
    'Patient.birthDate': f.birthDate,
    'Patient.gender': f.sex,
    'Patient.name.firstGiven': f.firstGivenName,
    'Patient.name.given': f.birthGivenNames,
    'Patient.name.used': f.usedName,
    'Patient.identifier.value': f.ins,
    'Patient.identifier.system': f.insOid,
    'Patient.identityStatus': f.identityStatus,
    'Address.district': f.birthPlaceCog,
    PatientID: f.ipp,
    PatientIDIssuer: issuer,
    Situation: f.situation,
  });
  if (Buffer.byteLength(text) > 8192) throw no('context-too-large', 'context');
  return text;
}

/** 0x80 to 0x9F: some versions of Node.js decode them as ISO-8859-1. What is not defined becomes a control, which is refused. */
const HIGH = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** Text from the bytes of a product that writes Windows-1252 (also when it says ISO-8859-1). */
export const fromWindows1252 = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => (byte >= 0x80 && byte < 0xa0 ? HIGH.charAt(byte - 0x80) : String.fromCharCode(byte))).join('');
