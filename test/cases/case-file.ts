/**
 * A case of a connector is a folder: `connectors/<id>/fixtures/{decode,encode,acknowledge,call}/<case>/` (calls: `call-case.ts`). A vendor adds a case by adding
 * one; nothing here is changed for it.
 *
 * | file | holds |
 * |---|---|
 * | `case.json` | what the case is about: `CaseFile` below |
 * | `input.hl7`, `input.json` | decode, acknowledge: a message. encode: `input.json`, a canonical event `{ "type", "data" }` |
 * | any other file | a document: `{{base64:document.pdf}}` in an input or an expected file stands for it |
 * | `expected.json`, `expected.hl7`, `expected-error.json` | what must come out; made by `UPDATE_FIXTURES=1` when there is none, then read |
 * | `../../settings.yaml` | the site of all cases of the connector, in the form of `passerelle translate --settings` |
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { Type, type Static } from 'typebox';
import { parse } from 'yaml';
import { UNCONFIGURED, type ErrorData, type HttpMeta, type Reception, type SiteSettings } from 'passerelle/contract';
import { packageRoot } from '../../core/registry/connectors.ts';

const text = Type.String({ minLength: 1 });
const object = <T extends Parameters<typeof Type.Object>[0]>(fields: T) => Type.Object(fields, { additionalProperties: false });

export const CaseFile = object({
  /** A sentence: what the connector does here. */
  title: text,
  /** Standard and section, vendor document, safety rule or issue. */
  reference: text,
  /** Nobody in this case exists. */
  synthetic: Type.Literal(true),
  /** INS authorities beside the test one that the case is about (a production number refused, a retired one ignored). */
  insAuthorities: Type.Optional(Type.Array(text, { minItems: 1 })),
  /** What differs from `settings.yaml`, key by key; `none` = no settings at all. */
  settings: Type.Optional(Type.Union([Type.Literal('none'), Type.Unsafe<Partial<SiteSettings>>({ type: 'object' })])),
  /** Time of the decision, ISO 8601. */
  now: Type.Optional(text),
  /** Of several that the manifest has: fixes the codec. Else the first one whose codec reads the input file. */
  transport: Type.Optional(Type.Enum(['mllp', 'https'])),
  /** HTTP side of the message: path and headers of a request, status of a reply. */
  http: Type.Optional(Type.Unsafe<Partial<HttpMeta>>({ type: 'object' })),
  /** How the text of `input.hl7` becomes bytes: the file itself is UTF-8 with one segment a line, for people. */
  bytes: Type.Optional(
    object({ charset: Type.Optional(Type.Enum(['utf-8', 'latin1'])), terminator: Type.Optional(Type.Enum(['CR', 'LF', 'CRLF'])) }),
  ),
  /** Encode: the file of each part that the event refers to, `{ "p1": "document.pdf" }`. */
  parts: Type.Optional(Type.Record(Type.String(), text)),
  /** Acknowledge: what became of the message of the input. */
  reception: Type.Optional(
    object({
      decision: Type.Enum(['accept', 'accept-with-warning', 'quarantine', 'reject', 'filtered', 'stored', 'duplicate']),
      ack: Type.Enum(['AA', 'AE', 'AR']),
      messageId: Type.Optional(text),
      warnings: Type.Optional(Type.Unsafe<Reception['warnings']>({ type: 'array' })),
      error: Type.Optional(Type.Unsafe<Omit<ErrorData, 'message'>>({ type: 'object', required: ['code'] })),
    }),
  ),
  /** Acknowledge: the input is the reply to this message of ours. */
  sent: Type.Optional(object({ controlId: Type.Optional(text), type: text })),
});
export type CaseFile = Static<typeof CaseFile>;

export const OPERATIONS = ['decode', 'encode', 'acknowledge', 'call'] as const;

export interface Case {
  readonly connector: string;
  readonly operation: (typeof OPERATIONS)[number];
  readonly name: string;
  readonly folder: string;
}

const fixturesOf = (connector: string): string => path.join(packageRoot, 'connectors', connector, 'fixtures');

/** Every case of the connectors, in the order of the tree. */
export function findCases(connectors: readonly string[]): readonly Case[] {
  return connectors.flatMap((connector) =>
    OPERATIONS.flatMap((operation) => {
      const parent = path.join(fixturesOf(connector), operation);
      if (!existsSync(parent)) return [];
      const names = readdirSync(parent, { withFileTypes: true }).filter((entry) => entry.isDirectory());
      return names.map(({ name }) => ({ connector, operation, name, folder: path.join(parent, name) }));
    }),
  );
}

const isCaseFile = new Ajv({ strict: false, allErrors: true }).compile<CaseFile>(CaseFile);

/** Throws with every fault of a `case.json`: a misspelt word would be a case that tests something else. */
export function readCase({ folder }: Case): CaseFile {
  const file: unknown = JSON.parse(readFileSync(path.join(folder, 'case.json'), 'utf8'));
  if (isCaseFile(file)) return file;
  const faults = (isCaseFile.errors ?? []).map(({ instancePath, message, params }) => [instancePath, message, JSON.stringify(params)].join(' '));
  throw new Error(`case.json: ${faults.join('; ')}`);
}

export const settingsFile = (connector: string): string => path.join(fixturesOf(connector), 'settings.yaml');

export function settingsOf({ connector }: Case, { settings = {} }: CaseFile): SiteSettings {
  const file = settingsFile(connector);
  if (settings === 'none' || !existsSync(file)) return UNCONFIGURED;
  return { ...UNCONFIGURED, ...(parse(readFileSync(file, 'utf8')) as SiteSettings), ...settings };
}

/** `input.hl7`, `input.json`, `input.http` (a captured request) or `input.cmd` (a command line). */
export function inputFile({ folder }: Case): string {
  const found = ['input.hl7', 'input.json', 'input.http', 'input.cmd'].map((name) => path.join(folder, name)).filter((file) => existsSync(file));
  if (found.length !== 1 || !found[0]) throw new Error('a case has one input: input.hl7, input.json, input.http or input.cmd');
  return found[0];
}

/** The file of a case as it is meant: documents in the place of their names. */
export function readWithDocuments({ folder }: Case, file: string): string {
  return readFileSync(file, 'utf8').replaceAll(/\{\{base64:([\w.-]+)\}\}/g, (_, name: string) =>
    readFileSync(path.join(folder, name)).toString('base64'),
  );
}

/** The expected file that is there; a refusal has a name of its own, so that it is seen in the tree. */
export const expectedFile = ({ folder }: Case): string | undefined =>
  ['expected.json', 'expected.hl7', 'expected-error.json'].map((name) => path.join(folder, name)).find((file) => existsSync(file));

const TEST_INS = '1.2.250.1.213.1.4.10';
/** Every INS authority there is or was: production, demonstration, and the computed one of before. */
const INS_AUTHORITY = /1\.2\.250\.1\.213\.1\.4\.(?:2|6|8|9|10|11)(?![\d.])/g;
/** Local authorities are invented ones; 1.2.250.1.213 and .71 are the national agency's and the directory's, .161.1.20 numbers every RCP. */
const REAL_ROOT = /\b1\.2\.250\.1\.(?!999\.|213\.|71\.|161\.1\.20\.)[\d.]+/g;

/** What of a case may belong to somebody; nothing when it is synthetic. Documents inside a message are looked into as well. */
export function realIdentities(one: Case, { insAuthorities = [] }: CaseFile): readonly string[] {
  const files = readdirSync(one.folder).map((name) => readFileSync(path.join(one.folder, name), 'latin1'));
  const texts = files.flatMap((file) => [
    file,
    ...(file.match(/[A-Za-z0-9+/]{64,}=*/g) ?? []).map((run) => Buffer.from(run, 'base64').toString('latin1')),
  ]);
  const found = new Set(texts.flatMap((each) => each.match(INS_AUTHORITY) ?? []));
  const allowed = [TEST_INS, ...insAuthorities];
  return [
    ...[...found].filter((oid) => !allowed.includes(oid)).map((oid) => `an INS of ${oid}, which insAuthorities does not name`),
    ...insAuthorities.filter((oid) => !found.has(oid)).map((oid) => `insAuthorities names ${oid}, which the case does not carry`),
    ...[...new Set(texts.flatMap((each) => each.match(REAL_ROOT) ?? []))].map((oid) => `the authority ${oid}`),
  ];
}
