/** Enrolment of a key (PROTOCOL section 8): made here, never leaves; a request proves that we hold it; the fingerprint is read to the referent. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Unreached } from '../clients/javascript/context.ts';
import { request } from '../clients/javascript/request.ts';
import { jwkOf, signed, thumbprint } from '../clients/javascript/token.ts';

export interface EnrolmentSettings {
  readonly url: string;
  readonly finess: string;
  readonly environment: 'test' | 'production';
}

const ENROLMENT = 'enrolement+jws';
const ROTATION = 'rotation+jws';

export class EnrolmentError extends Error {
  /** Of the engine's answer: `ERR_CALL_ENROLMENT`; empty when nothing of its came. */
  readonly code: string;

  constructor(message: string, code = '') {
    super(message);
    this.code = code;
  }
}

/** An RSA key of 3072 bits in a file that its owner alone reads. Never overwrites. */
export function makeKey(file: string): KeyObject {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
  try {
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new EnrolmentError(
      (error as NodeJS.ErrnoException).code === 'EEXIST' ? `${file} existe déjà : une clé n'est jamais écrasée.` : `${file} ne peut pas être écrit.`,
    );
  }
  return privateKey;
}

export function readKey(file: string): KeyObject {
  try {
    return createPrivateKey(readFileSync(file));
  } catch {
    throw new EnrolmentError(`${file} : clé illisible.`);
  }
}

/** What a person reads aloud: half of the SHA-256 of the public key (DER), as eight groups of four. */
export function fingerprint(key: KeyObject): string {
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return createHash('sha256').update(spki).digest('hex').slice(0, 32).match(/.{4}/g)!.join(' ').toUpperCase();
}

/** Signed by the new key: that we hold it, and what it is asked for. */
const proof = (key: KeyObject, said: object, now: number): string => {
  const { n, e } = jwkOf(key);
  return signed(ENROLMENT, JSON.stringify({ ...said, jwk: { kty: 'RSA', n, e }, iat: now }), key);
};

/**
 * Asks for a key with the one-time code. Gives its fingerprint once the engine has computed the same.
 * @param now seconds since 1970
 * @throws EnrolmentError with what to tell the person
 */
export async function enrol({ url, finess, environment }: EnrolmentSettings, key: KeyObject, code: string, now: number): Promise<string> {
  const codeHash = createHash('sha256').update(code).digest('hex');
  const body = JSON.stringify({ code, finess, environment, request: proof(key, { codeHash }, now) });
  return ours(await request({ url }, 'v1/enrolments', { type: 'application/json', body }), key);
}

/** The old key signs for the new one, which is good at once; the old one for 30 days at most. Throws EnrolmentError. */
export async function rotate({ url }: EnrolmentSettings, old: KeyObject, key: KeyObject, now: number): Promise<string> {
  const wish = proof(key, { follows: thumbprint(jwkOf(old)) }, now);
  const body = signed(ROTATION, JSON.stringify({ request: wish, iat: now }), old);
  return ours(await request({ url }, 'v1/rotations', { type: 'application/jose', body }), key);
}

/** What to look at, by why nothing came. */
export const UNREACHED: Readonly<Record<Unreached, string>> = {
  certificate: "son certificat n'est pas d'une autorité connue d'ici, ou d'un autre nom (NODE_EXTRA_CA_CERTS, reseau.fr.md)",
  timeout: "rien n'est venu à temps : pare-feu ou proxy (reseau.fr.md)",
  refused: "personne n'écoute à cette adresse et à ce port",
  busy: 'il est arrêté, ou trop occupé (503)',
  network: "nom d'hôte inconnu, ou connexion coupée (reseau.fr.md)",
};

function ours(answer: Awaited<ReturnType<typeof request>>, key: KeyObject): string {
  const { status, json, unreached } = answer;
  if (status === 0) throw new EnrolmentError(`Le moteur ne répond pas (${unreached}) : ${UNREACHED[unreached!]}.`);
  if (status !== 202)
    throw new EnrolmentError(
      typeof json?.['detail'] === 'string' ? json['detail'].slice(0, 500) : `Réponse inattendue (${status}).`,
      typeof json?.['code'] === 'string' ? json['code'] : '',
    );
  if (json?.['fingerprint'] !== fingerprint(key))
    throw new EnrolmentError("Le moteur a reçu une autre clé que la nôtre : n'allez pas plus loin, prévenez le référent.");
  return fingerprint(key);
}
