/**
 * Secrets in settings are references: `{ file: path }`, `{ env: NAME }`, and in a test environment `{ test: literal }`. An object of
 * exactly that shape is a secret wherever a transport or connector may be given one; it is read late, and printed as a mask.
 */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { PasserelleError, type SettingsIssue } from '../contract/index.ts';
import { pointerTo, type SettingsDocument } from './documents.ts';
import { makeIssue, same } from './issue.ts';

export type SecretReference = { readonly file: string } | { readonly env: string } | { readonly test: string };

/** Keys and certificates are a few KB; protects memory from a path to a device or a disk image. */
const MAX_SECRET_BYTES = 64 * 1024;

type Environment = Readonly<Record<string, string | undefined>>;

export function isSecretReference(value: unknown): value is SecretReference {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const [entry, ...more] = Object.entries(value);
  return entry !== undefined && more.length === 0 && ['file', 'env', 'test'].includes(entry[0]) && typeof entry[1] === 'string';
}

/**
 * A deep copy with every reference replaced by its secret; relative files start from `folder`. Synchronous: secrets are few, small and
 * read at start. Throws ERR_SECRET_MISSING naming the reference, never a value.
 */
export function resolveSecrets<T>(settings: T, folder: string, env: Environment = process.env): T {
  if (isSecretReference(settings)) return readSecret(settings, folder, env) as T;
  if (Array.isArray(settings)) return settings.map((item: unknown) => resolveSecrets(item, folder, env)) as T;
  if (typeof settings !== 'object' || settings === null) return settings;
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, resolveSecrets(value as unknown, folder, env)])) as T;
}

/** Every reference of these documents that cannot be read now, as issues: a plan says it before a start does. */
export function findMissingSecrets(documents: readonly SettingsDocument[], folder: string, env: Environment = process.env): readonly SettingsIssue[] {
  const issues: SettingsIssue[] = [];
  for (const document of documents) {
    for (const [pointer, reference] of references(document.value, '')) {
      try {
        readSecret(reference, folder, env);
      } catch {
        issues.push(makeIssue('ERR_SECRET_MISSING', document.locate(pointer), { expected: same(nameOf(reference)) }));
      }
    }
  }
  return issues;
}

/** `{ test: literal }` is a secret in clear: fit for invented data only. */
export function* findTestSecrets(value: unknown, document: SettingsDocument, pointer: string): Generator<SettingsIssue> {
  if (typeof value !== 'object' || value === null) return;
  const entries = Object.entries(value);
  if (!Array.isArray(value) && entries.length === 1 && entries[0]![0] === 'test' && typeof entries[0]![1] === 'string') {
    yield makeIssue('ERR_CONFIG_SECRET_IN_CLEAR', document.locate(pointer));
  }
  for (const [key, inner] of entries) yield* findTestSecrets(inner, document, pointerTo(pointer, key));
}

/** A deep copy fit for printing: a reference shows what it refers to, a literal nothing. */
export function maskSecrets(value: unknown): unknown {
  if (isSecretReference(value)) return nameOf(value);
  if (Array.isArray(value)) return value.map(maskSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskSecrets(inner)]));
}

function readSecret(reference: SecretReference, folder: string, env: Environment): string {
  if ('test' in reference) return reference.test;
  if ('env' in reference) {
    const value = env[reference.env];
    if (!value) throw new PasserelleError('ERR_SECRET_MISSING', { expected: nameOf(reference) });
    return value;
  }
  const file = path.resolve(folder, reference.file);
  try {
    const { size } = statSync(file);
    if (size === 0 || size > MAX_SECRET_BYTES) throw new RangeError(`secret of ${size} bytes`);
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new PasserelleError('ERR_SECRET_MISSING', { expected: nameOf(reference), cause });
  }
}

function* references(value: unknown, pointer: string): Generator<readonly [string, SecretReference]> {
  if (isSecretReference(value)) yield [pointer, value];
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) yield* references(inner, pointerTo(pointer, key));
  }
}

const nameOf = (reference: SecretReference): string =>
  'test' in reference ? 'secret ****' : 'env' in reference ? `secret (env ${reference.env})` : `secret (file ${reference.file})`;
