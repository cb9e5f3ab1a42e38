/**
 * What the engine signs with when it says who it is (`private_key_jwt`): one RSA key for RS384, one P-384 key for ES384, as SMART App Launch wants them. Files of a
 * folder (0600), made the first time; nodes behind one public address share it.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, randomUUID, type KeyObject } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { JWK } from 'jose';
import { PasserelleError } from '../contract/index.ts';

export type SigningAlgorithm = 'ES384' | 'RS384';
const make = promisify(generateKeyPair);
const MAKERS: Readonly<Record<SigningAlgorithm, () => Promise<{ privateKey: KeyObject }>>> = {
  ES384: () => make('ec', { namedCurve: 'P-384' }),
  RS384: () => make('rsa', { modulusLength: 3072 }),
};
const IMPORTS = {
  ES384: { name: 'ECDSA', namedCurve: 'P-384' },
  RS384: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' },
} as const;

export interface SigningKey {
  readonly kid: string;
  readonly key: CryptoKey;
  /** The public half. */
  readonly jwk: JWK;
}

export class ClientKeys {
  readonly #folder: string;
  #keys: Promise<Readonly<Record<SigningAlgorithm, SigningKey>>> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Throws ERR_SECRET_MISSING for a file that cannot be read. */
  async get(algorithm: SigningAlgorithm): Promise<SigningKey> {
    return (await this.#all())[algorithm];
  }

  /** For the servers that we are registered at. */
  async jwks(): Promise<{ readonly keys: readonly JWK[] }> {
    const keys = await this.#all();
    return { keys: Object.entries(keys).map(([alg, { jwk, kid }]) => ({ ...jwk, kid, alg, use: 'sig' })) };
  }

  #all(): Promise<Readonly<Record<SigningAlgorithm, SigningKey>>> {
    this.#keys ??= this.#open().catch((error: unknown) => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }

  async #open(): Promise<Readonly<Record<SigningAlgorithm, SigningKey>>> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    return { ES384: await this.#key('ES384'), RS384: await this.#key('RS384') };
  }

  async #key(algorithm: SigningAlgorithm): Promise<SigningKey> {
    const file = path.join(this.#folder, `${algorithm}.pem`);
    const pem = await readFile(file).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      await makeKey(file, algorithm);
      return readFile(file);
    });
    return signingKey(pem, algorithm);
  }
}

/** Of two nodes that make it at once, the first one's stays. */
async function makeKey(file: string, algorithm: SigningAlgorithm): Promise<void> {
  const { privateKey } = await MAKERS[algorithm]();
  const made = `${file}.${randomUUID()}`;
  await writeFile(made, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flush: true });
  await link(made, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(made);
}

/** Throws ERR_SECRET_MISSING: no private key of this algorithm. */
export async function signingKey(pem: string | Buffer, algorithm: SigningAlgorithm): Promise<SigningKey> {
  try {
    const key = createPrivateKey(pem);
    const jwk = createPublicKey(key).export({ format: 'jwk' }) as JWK;
    const { calculateJwkThumbprint } = await import('jose');
    return { jwk, kid: await calculateJwkThumbprint(jwk), key: key.toCryptoKey(IMPORTS[algorithm], false, ['sign']) as CryptoKey };
  } catch (cause) {
    throw new PasserelleError('ERR_SECRET_MISSING', { expected: `a private key for ${algorithm}, in PEM`, cause });
  }
}
