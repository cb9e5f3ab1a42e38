/**
 * The engine's encryption keys: files of the data directory (0600), the newest one offered, older ones still opened. Nodes behind one public address share
 * the folder, as they share `index.key`.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { PasserelleError } from '../contract/index.ts';
import { thumbprint, type RsaJwk } from './jose.ts';
import { unwrapKeyOf, type UnwrapKey } from './rsa.ts';

/** Of the data directory. */
export const FOLDER = 'call-keys';
const BITS = 3072;
/** Another node may have made a newer key. */
const LOOK_MS = 30_000;

interface EngineKey {
  readonly kid: string;
  readonly jwk: RsaJwk;
  readonly unwrap: UnwrapKey;
}

export class EngineKeys {
  readonly #folder: string;
  #keys: readonly EngineKey[] = [];
  #lookedAt = 0;

  constructor(data: string) {
    this.#folder = path.join(data, FOLDER);
  }

  /** Makes the first key. Legal twice. Throws ERR_SECRET_MISSING for a key file that cannot be read. */
  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await this.#load();
    if (this.#keys.length === 0) await this.rotate();
  }

  /** From now on clients are offered a new key; those that keep the old one, for a day at most, are still understood. */
  async rotate(): Promise<void> {
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: BITS });
    const kid = thumbprint(jwkOf(privateKey));
    const file = path.join(this.#folder, `${new Date().toISOString().replaceAll(/[:.]/g, '-')}_${kid}.pem`);
    await writeFile(`${file}.new`, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flush: true });
    await rename(`${file}.new`, file);
    await this.#load();
  }

  /** The newest alone: it is what clients encrypt to. */
  jwks(): { readonly keys: readonly Record<string, unknown>[] } {
    return { keys: this.#keys.slice(0, 1).map(({ kid, jwk }) => ({ ...jwk, kid, use: 'enc' })) };
  }

  async get(kid: string): Promise<UnwrapKey | undefined> {
    const found = (): UnwrapKey | undefined => this.#keys.find((key) => key.kid === kid)?.unwrap;
    if (found() || Date.now() - this.#lookedAt < LOOK_MS) return found();
    await this.#load();
    return found();
  }

  async #load(): Promise<void> {
    this.#lookedAt = Date.now();
    const files = (await readdir(this.#folder))
      .filter((name) => name.endsWith('.pem'))
      .toSorted()
      .toReversed();
    this.#keys = await Promise.all(files.map((name) => readKey(path.join(this.#folder, name))));
  }
}

async function readKey(file: string): Promise<EngineKey> {
  try {
    const key = createPrivateKey(await readFile(file));
    const jwk = jwkOf(key);
    return { kid: thumbprint(jwk), jwk, unwrap: await unwrapKeyOf(key) };
  } catch (cause) {
    throw new PasserelleError('ERR_SECRET_MISSING', { location: { file: path.basename(file) }, expected: 'an RSA private key in PEM', cause });
  }
}

function jwkOf(key: KeyObject): RsaJwk {
  const { n = '', e = '' } = createPublicKey(key).export({ format: 'jwk' });
  return { kty: 'RSA', n, e };
}
