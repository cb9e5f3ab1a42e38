/**
 * Cases of a connector: `connectors/<id>/fixtures/{decode,encode,acknowledge}/<case>/`. A vendor adds a case by adding a folder
 * (`case.json`, `input.hl7` or `input.json`, `expected.*`); this file is all the code there is (house rule 34).
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  PasserelleError,
  UNCONFIGURED,
  type ConnectorContext,
  type DecodeResult,
  type EncodablePart,
  type Envelope,
  type ErrorData,
  type OutgoingEnvelope,
  type Reception,
  type SiteSettings,
} from 'passerelle/contract';
import { checkEventData } from 'passerelle/model';
import { openMessage } from '../../core/lanes/open.ts';
import { refusalAck } from '../../core/lanes/replies.ts';
import { packageRoot } from '../../core/registry/connectors.ts';
import { FIXED_NOW, translatorOf } from './translating.ts';

/** `case.json`. */
export interface CaseFile {
  readonly title: string;
  /** Standard and section, vendor document, or issue. */
  readonly reference: string;
  readonly synthetic: true;
  readonly settings?: Partial<SiteSettings>;
  readonly now?: string;
  /** How the text of `input.hl7` becomes bytes: the file itself is UTF-8 with one segment a line, for people. */
  readonly bytes?: { readonly charset?: 'utf-8' | 'latin1'; readonly terminator?: 'CR' | 'LF' | 'CRLF' };
  /** Acknowledge: what became of the message. */
  readonly reception?: Omit<Reception, 'warnings' | 'error'> & { readonly error?: Omit<ErrorData, 'message'> };
  /** Acknowledge: `input.hl7` is the reply to this. */
  readonly sent?: { readonly controlId?: string; readonly type: string };
}

export interface Case {
  readonly connector: string;
  readonly operation: 'decode' | 'encode' | 'acknowledge';
  readonly name: string;
  readonly folder: string;
}

const OPERATIONS = ['decode', 'encode', 'acknowledge'] as const;

/** All cases of all connectors whose messages are HL7 v2. */
export function findCases(connectors: readonly string[]): readonly Case[] {
  return connectors.flatMap((connector) =>
    OPERATIONS.flatMap((operation) => {
      const parent = path.join(packageRoot, 'connectors', connector, 'fixtures', operation);
      if (!existsSync(parent)) return [];
      const names = readdirSync(parent).filter(
        (name) => existsSync(path.join(parent, name, 'input.hl7')) || existsSync(path.join(parent, name, 'input.json')),
      );
      return names.sort().map((name) => ({ connector, operation, name, folder: path.join(parent, name) }));
    }),
  );
}

export const readCase = ({ folder }: Case): CaseFile => JSON.parse(readFileSync(path.join(folder, 'case.json'), 'utf8')) as CaseFile;

/** What the connector makes of a case, as the text of its expected file. */
export function run(one: Case): string {
  const file = readCase(one);
  if (one.operation === 'decode') return pretty(runDecode(one, file));
  if (one.operation === 'encode') return runEncode(one, file);
  return file.sent ? pretty(runInterpret(one, file)) : runAcknowledge(one, file);
}

/** Name of the file that holds the expected text; a refusal has its own, so that it is seen in the tree. */
export function expectedFile({ folder }: Case): string {
  const names = ['expected.json', 'expected.hl7', 'expected-error.json'];
  return path.join(folder, names.find((name) => existsSync(path.join(folder, name))) ?? 'expected.json');
}

/** Writes what was found as what is expected: for a new case, read before it is committed (`UPDATE_FIXTURES=1`). */
export function update(one: Case, found: string): void {
  const name = found.startsWith('MSH') ? 'expected.hl7' : found.includes('"error"') ? 'expected-error.json' : 'expected.json';
  writeFileSync(path.join(one.folder, name), found);
}

const pretty = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
const lines = (text: string): string => text.replaceAll('\r', '\n');

function contextOf(file: CaseFile): ConnectorContext {
  let count = 0;
  return { settings: { ...UNCONFIGURED, ...file.settings }, now: file.now ?? FIXED_NOW, newId: () => `ID${(count += 1)}` };
}

/** `{{base64:document.xml}}` stands for a file of the case: documents stay readable in the tree. */
function inputBytes({ folder }: Case, { bytes }: CaseFile): Buffer {
  const text = readFileSync(path.join(folder, 'input.hl7'), 'utf8')
    .replaceAll(/\{\{base64:([\w.-]+)\}\}/g, (_, name: string) => readFileSync(path.join(folder, name)).toString('base64'))
    .replace(/\n$/, '');
  const end = { CR: '\r', LF: '\n', CRLF: '\r\n' }[bytes?.terminator ?? 'CR'];
  return Buffer.from(`${text.replaceAll('\n', end)}${end}`, bytes?.charset ?? 'utf-8');
}

interface Decoded extends Omit<DecodeResult, 'warnings' | 'error'> {
  readonly warnings: readonly string[];
  readonly error?: Omit<ErrorData, 'message'>;
  readonly acknowledgement: string | null;
}

function runDecode(one: Case, file: CaseFile): Decoded | readonly Decoded[] {
  const translator = translatorOf(one.connector);
  const found = translator.codec.split(inputBytes(one, file)).map((bytes) => decodeOne(one, file, bytes));
  return found.length === 1 && found[0] ? found[0] : found;
}

function decodeOne(one: Case, file: CaseFile, bytes: Uint8Array): Decoded {
  const { connector, codec, documents } = translatorOf(one.connector);
  const opened = openMessage(bytes, codec, documents, file.settings?.charsetFallback ?? UNCONFIGURED.charsetFallback);
  const context = contextOf(file);
  const result: DecodeResult = opened.error
    ? { decision: 'reject', events: [], warnings: [], error: opened.error.toData() }
    : connector.decode(opened.envelope, context);
  for (const event of result.events) {
    const problem = checkEventData(event.type, event.data);
    if (problem) throw new Error(`${event.type} breaks its schema at ${problem.path}: ${problem.rule}`);
  }
  const reception: Reception = {
    decision: result.decision,
    ack: refusalAck(result.decision, result.error),
    warnings: result.warnings,
    ...(result.error && { error: result.error }),
  };
  const reply = connector.acknowledge(reception, opened.envelope, context);
  const warnings = [...opened.envelope.warnings, ...result.warnings].map(({ code, detail }) => (detail === undefined ? code : `${code}:${detail}`));
  const { message: _, ...error } = result.error ?? { message: '' };
  return {
    decision: result.decision,
    ...(result.error && { error: error as Omit<ErrorData, 'message'> }),
    warnings: [...new Set(warnings)],
    events: result.events,
    ...(result.terms && { terms: result.terms }),
    acknowledgement: reply && lines(reply.text),
  };
}

/** `input.json`: the event, and the files of its parts. */
interface EncodeCase {
  readonly event: { readonly type: string; readonly data: unknown };
  readonly parts?: readonly { readonly part: string; readonly file: string; readonly mime: string }[];
}

function runEncode(one: Case, file: CaseFile): string {
  const { event, parts = [] } = JSON.parse(readFileSync(path.join(one.folder, 'input.json'), 'utf8')) as EncodeCase;
  const problem = checkEventData(event.type, event.data);
  if (problem) throw new Error(`the event of the case breaks its schema at ${problem.path}: ${problem.rule}`);
  const { connector, codec } = translatorOf(one.connector);
  const content = (name: string): Buffer => {
    const part = parts.find((candidate) => candidate.part === name);
    if (!part) throw new Error(`no part ${name}`);
    return readFileSync(path.join(one.folder, part.file));
  };
  const known: EncodablePart[] = parts.map(({ part, mime }) => ({ part, mime, bytes: content(part).length, sha256: '' }));
  const attributes = { id: 'e1', source: '/sites/990000000/connectors/test', time: '2026-10-15T07:59:00.000Z', site: '990000000' };
  const result = connector.encode({ event: { ...attributes, ...event }, parts: known }, contextOf(file));
  if (result.outcome === 'message') return shortened(lines(Buffer.from(codec.build(result.envelope, content)).toString('utf8')), parts, content);
  const { message: _, ...error } = result.error;
  return pretty({ outcome: result.outcome, error });
}

/** The expected file names the documents instead of repeating their Base64. */
function shortened(text: string, parts: NonNullable<EncodeCase['parts']>, content: (name: string) => Buffer): string {
  return parts.reduce((short, { part, file }) => short.replaceAll(content(part).toString('base64'), `{{base64:${file}}}`), text);
}

function envelopeOf(one: Case, file: CaseFile): Envelope {
  const { codec, documents } = translatorOf(one.connector);
  return openMessage(inputBytes(one, file), codec, documents, UNCONFIGURED.charsetFallback).envelope;
}

function runAcknowledge(one: Case, file: CaseFile): string {
  const { connector } = translatorOf(one.connector);
  if (!file.reception) throw new Error('case.json says neither `reception` nor `sent`');
  const { error, ...rest } = file.reception;
  const reception: Reception = { ...rest, warnings: [], ...(error && { error: new PasserelleError(error.code, error).toData() }) };
  const reply: OutgoingEnvelope | null = connector.acknowledge(reception, envelopeOf(one, file), contextOf(file));
  return reply ? lines(reply.text) : pretty(null);
}

function runInterpret(one: Case, file: CaseFile): unknown {
  const { error, ...outcome } = translatorOf(one.connector).connector.interpret(envelopeOf(one, file), file.sent ?? { type: '' });
  return { ...outcome, ...(error && { code: error.code }) };
}
