/** What the relay of a kit is given to read its product's calls: the very steps of the engine, in one file without dependencies (`relais/dialecte.mjs`). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  CATALOGUE,
  UNCONFIGURED,
  type Connector,
  type ConnectorCall,
  type HttpMeta,
  type MessageCodec,
  type SiteSettings,
} from '../contract/index.ts';
import { readCall } from '../dialect/index.ts';
import type { CallContext } from '../model/index.ts';

export interface DialectReading {
  /** In the fields of the kit's clients: what `open` takes. */
  readonly call?: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  /** `detail` is for the person, in French; `code` and `place` for support. Nothing of the patient is in it. */
  readonly error?: { readonly code: string; readonly detail: string; readonly place?: string };
}

export type DialectReader = (request: { readonly bytes: Uint8Array; readonly http?: HttpMeta }) => DialectReading;

/**
 * @param folder holds `dialecte.json`: what the connector sees of the site. `{ "file": "name" }` in it stands for the content of that file.
 * Throws when it cannot be read, or a secret is missing.
 */
export function openDialect(folder: string, parts: { call: ConnectorCall; codec: MessageCodec; decode: Connector['decode'] }): DialectReader {
  const given = JSON.parse(readFileSync(path.join(folder, 'dialecte.json'), 'utf8')) as Partial<SiteSettings>;
  const settings: SiteSettings = { ...UNCONFIGURED, ...given, connector: withFiles(given.connector ?? {}, folder) as SiteSettings['connector'] };
  const { call, codec, decode } = parts;
  return (request) => {
    const context = { settings, now: new Date().toISOString(), newId: (): string => '' };
    const { result, warnings } = readCall({ ...request, call, codec, connector: { decode }, context, judgeTime: true });
    const codes = [...warnings, ...result.warnings].map((warning) => warning.code);
    if (!result.error) return { call: fieldsOf(result.events[0]!.data as CallContext, settings), warnings: codes };
    const { code, location } = result.error;
    return { warnings: codes, error: { code, detail: CATALOGUE[code].fr, ...(location?.path && { place: location.path }) } };
  };
}

function withFiles(value: unknown, folder: string): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => withFiles(one, folder));
  if (typeof value !== 'object' || value === null) return value;
  const [entry, ...more] = Object.entries(value);
  if (entry?.[0] === 'file' && more.length === 0 && typeof entry[1] === 'string')
    return readFileSync(path.resolve(folder, entry[1]), 'utf8').replace(/\r?\n$/, '');
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withFiles(one, folder)]));
}

/** A number without its OID is no INS: the protocol takes none, and the call is found by IPP and traits. */
function fieldsOf(
  { user, patient, action, target, situation }: CallContext,
  { identityAuthorities }: SiteSettings,
): Readonly<Record<string, string>> {
  const authority = identityAuthorities.find(({ use, domain }) => use === 'IPP' && domain === patient.domain);
  const ins = patient.insOid ? { ins: patient.ins, insOid: patient.insOid } : {};
  const ipp = authority && patient.ipp ? { ipp: patient.ipp, ippNamespace: authority.namespace, ippOid: authority.oid } : {};
  const { login, rpps, family, given, profile } = user;
  const { birthName, birthDate, sex, firstGivenName, birthGivenNames, usedName, identityStatus, birthPlaceCog } = patient;
  const said = { login, rpps, family, given, profile, action, target, situation };
  const fields = {
    ...said,
    birthName,
    birthDate,
    sex,
    firstGivenName,
    birthGivenNames,
    usedName,
    identityStatus,
    birthPlaceCog,
    ...ins,
    ...ipp,
  };
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
