/** How a site's key becomes known (PROTOCOL section 8, SAFETY C8): a code by another channel, a request that proves possession, a fingerprint heard by the referent. */
import { createHash, randomBytes } from 'node:crypto';
import { PasserelleError, type EnrolmentCode, type JournalStore, type NoteChange } from '../contract/index.ts';
import type { CallSettings } from './call-settings.ts';
import { JWS_TYPES, readJws } from './jose.ts';
import { entryChange, newReference } from './ledger.ts';
import { isSignedBy, verifyKeyOf } from './rsa.ts';
import { changeOf, checkedJwk, parseObject, type SiteKeys, type StoredKey } from './site-keys.ts';

const CODE = 'call-code';
const CODE_MS = 72 * 3_600_000;
const OVERLAP_MS = 30 * 86_400_000;
/** How old a request may be: a person types a code. */
const REQUEST_MS = 10 * 60_000;
export const REQUEST_BYTES = 16 * 1024;
const LETTERS = 'ABCDEFGHJKMNPQRSTVWXYZ23456789';

interface Invitation {
  readonly site: string;
  readonly environment: 'test' | 'production';
  readonly expiresAt: string;
  readonly who: string;
  readonly weak?: true;
  readonly used?: string;
}

type Journal = Pick<JournalStore, 'notes' | 'swap'>;

const hashOf = (code: string): string => createHash('sha256').update(code).digest('hex');
const refused = (expected: string): PasserelleError => new PasserelleError('ERR_CALL_ENROLMENT', { expected });

/** 25 letters in groups of five: 120 random bits that a person can copy. Throws ERR_NOT_FOUND for a site that makes no calls. */
export async function invite(
  journal: Journal,
  settings: CallSettings,
  { site, who, weak = false }: { readonly site: string; readonly who: string; readonly weak?: boolean },
  now: number,
): Promise<EnrolmentCode> {
  const found = settings.sites.get(site);
  if (!found) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'a site with contextualCall' });
  const code = [...randomBytes(25)].map((byte, i) => `${i > 0 && i % 5 === 0 ? '-' : ''}${LETTERS[byte % LETTERS.length]}`).join('');
  const expiresAt = new Date(now + CODE_MS).toISOString();
  const invitation: Invitation = { site, environment: found.environment, expiresAt, who, ...(weak && { weak: true }) };
  await journal.swap([{ kind: CODE, key: hashOf(code), value: JSON.stringify(invitation) }], new Date(now).toISOString());
  return { code, site, expiresAt };
}

/** A wish for a key, good once the referent confirms it. Throws ERR_CALL_ENROLMENT, ERR_CALL_KEY. */
export async function enrol(journal: Journal, body: Uint8Array, now: number): Promise<StoredKey> {
  const { code, finess, environment, request } = parseObject(body);
  if (typeof code !== 'string' || typeof request !== 'string' || !/^[A-Z0-9-]{10,60}$/.test(code))
    throw refused('code, finess, environment and request');
  const key = hashOf(code);
  const [text] = await journal.notes(CODE, [key]);
  const invitation = text ? (JSON.parse(text) as Invitation) : undefined;
  const proven = await proof(request, now, { codeHash: key });
  if (!invitation || invitation.used !== undefined || now >= Date.parse(invitation.expiresAt)) throw refused('a code that is neither used nor over');
  if (invitation.site !== finess || invitation.environment !== environment) throw refused('the site and environment of the code');
  const at = new Date(now).toISOString();
  const requested: StoredKey = {
    ...proven,
    site: invitation.site,
    environment: invitation.environment,
    state: 'requested',
    requestedAt: at,
    ...(invitation.weak && { weak: true }),
  };
  const used: NoteChange = { kind: CODE, key, before: text!, value: JSON.stringify({ ...invitation, used: at }) };
  if (!(await journal.swap([used, changeOf(requested)], at))) throw refused('a code and a key that nobody used before');
  return requested;
}

/** A successor that the old key signs for: good at once, beside the old one for 30 days. Throws ERR_CALL_ENROLMENT, ERR_CALL_KEY. */
export async function rotate(journal: Journal, keys: SiteKeys, { sites }: CallSettings, body: Uint8Array, now: number): Promise<StoredKey> {
  const jws = readJws(Buffer.from(body).toString('latin1').trim(), JWS_TYPES.rotation);
  await keys.refresh();
  const old = keys.active(jws.kid, now);
  if (!old || !(await isSignedBy(jws, await old.verify))) throw refused('a signature by an active key');
  // It had its successor: whoever holds it now makes no other one. A site that is suspended changes nothing either.
  if (old.key.notAfter !== undefined) throw refused('a key that has no successor');
  if (sites.get(old.key.site)?.call.disabled !== false) throw refused('a site whose calls are not suspended');
  const { request, iat } = parseObject(jws.payload);
  requireFresh(iat, now);
  const proven = await proof(typeof request === 'string' ? request : '', now, { follows: jws.kid });
  const at = new Date(now).toISOString();
  const { site, environment, weak } = old.key;
  const successor: StoredKey = { ...proven, site, environment, state: 'active', requestedAt: at, follows: jws.kid, ...(weak && { weak }) };
  const notAfter = new Date(now + OVERLAP_MS).toISOString();
  const before = JSON.stringify(old.key);
  // In the ledger of the site with the change itself: a rotation that nobody there made is seen.
  const told = entryChange({
    reference: newReference(),
    at,
    outcome: 'rotated',
    kind: 'token',
    site,
    keyId: successor.kid,
    warnings: ['key-rotated'],
    tookMs: 0,
    steps: [],
  });
  if (!(await journal.swap([changeOf({ ...old.key, notAfter }, before), changeOf(successor), told], at)))
    throw refused('keys that nobody changes meanwhile');
  await keys.refresh();
  return successor;
}

/** The JWS by which the holder of a new key asks for it, over `{jwk, iat}` and what binds the request. */
async function proof(
  request: string,
  now: number,
  binding: Readonly<Record<string, string>>,
): Promise<Pick<StoredKey, 'jwk' | 'kid' | 'fingerprint' | 'bits'>> {
  const jws = readJws(request, JWS_TYPES.enrolment);
  const payload = parseObject(jws.payload);
  requireFresh(payload['iat'], now);
  const key = checkedJwk(payload['jwk']);
  const isBound = Object.entries(binding).every(([name, value]) => payload[name] === value);
  if (!isBound || key.kid !== jws.kid || !(await isSignedBy(jws, await verifyKeyOf(key.jwk))))
    throw refused('a request that the new key signed, for this code');
  return key;
}

function requireFresh(iat: unknown, now: number): void {
  if (typeof iat !== 'number' || Math.abs(iat * 1000 - now) > REQUEST_MS) throw refused('a request made now');
}
