/** How a product's own bytes become a call: by the connector's decoder, which the kit brings as one file beside the relay. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Call } from '../clients/javascript/passerelle.ts';

export interface DialectRequest {
  readonly bytes: Uint8Array;
  /** Of a form; absent for a command line. Names of headers in small letters. */
  readonly http?: { readonly method: string; readonly path: string; readonly headers: Readonly<Record<string, string>> };
}

export interface DialectReading {
  /** Fields of the clients. */
  readonly call?: Call;
  readonly warnings: readonly string[];
  /** `place`: `/key` of the product, never its value. */
  readonly error?: { readonly code: string; readonly detail: string; readonly place?: string };
}

export type Dialect = (request: DialectRequest) => DialectReading;

/** `dialecte.mjs` of the folder; absent: only calls in the fields of the clients are taken. */
export async function dialectOf(folder: string): Promise<Dialect | undefined> {
  const file = path.join(folder, 'dialecte.mjs');
  if (!existsSync(file)) return undefined;
  const { openDialect } = (await import(pathToFileURL(file).href)) as { openDialect: (folder: string) => Dialect };
  return openDialect(folder);
}
