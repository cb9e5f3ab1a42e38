/** Runs the cases of connectors, whatever their format: this file is all the code there is (house rule 34); `case-file.ts` says what a case is. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  assemblePart,
  PasserelleError,
  sniffMime,
  type ConnectorContext,
  type DecodeResult,
  type EncodablePart,
  type Envelope,
  type ErrorData,
  type HttpMeta,
  type OutgoingEnvelope,
  type Reception,
} from 'passerelle/contract';
import { checkEventData } from 'passerelle/model';
import { openMessage, type OpenedMessage } from '../../core/codecs/open.ts';
import { asCapture } from '../../core/dialect/index.ts';
import { refusalAck } from '../../core/lanes/replies.ts';
import type { Translator } from '../../core/lanes/translation.ts';
import { runCall } from './call-case.ts';
import { expectedFile, inputFile, readWithDocuments, settingsOf, type Case, type CaseFile } from './case-file.ts';
import { FIXED_NOW, connectorOf, translatorOf } from './translating.ts';

/** A case and what it is run with. */
interface Run {
  readonly one: Case;
  readonly file: CaseFile;
  readonly translator: Translator;
  /** Fresh for each call: ids count from one. */
  readonly context: () => ConnectorContext;
}

/** What the connector makes of a case, as the text of its expected file. Throws when the case is not one, or the connector is not pure. */
export function run(one: Case, file: CaseFile): string {
  if (one.operation === 'call') return runCall(one, file);
  const settings = settingsOf(one, file);
  const context = (): ConnectorContext => {
    let count = 0;
    return { settings, now: file.now ?? FIXED_NOW, newId: () => `ID${(count += 1)}` };
  };
  const given: Run = { one, file, translator: translatorOf(one.connector, formatOf(one, file)), context };
  if (one.operation === 'decode') return pretty(runDecode(given));
  if (one.operation === 'encode') return runEncode(given);
  if (!file.sent === !file.reception) throw new Error('case.json says what was received (`reception`) or what it replies to (`sent`)');
  return file.sent ? pretty(runInterpret(given)) : runAcknowledge(given);
}

/** Writes what was found as what is expected: for a new case, read before it is committed (`UPDATE_FIXTURES=1`). */
export function update(one: Case, found: string): void {
  if (expectedFile(one)) return;
  const name = found.startsWith('MSH') ? 'expected.hl7' : isRefusal(found) ? 'expected-error.json' : 'expected.json';
  writeFileSync(path.join(one.folder, name), found);
}

/** Something in it was refused: its expected file says so by its name. */
export const isRefusal = (found: string): boolean => /^ +"error": \{/m.test(found);

function formatOf(one: Case, { transport }: CaseFile): string {
  const { formats } = connectorOf(one.connector).manifest;
  if (transport) return formats[transport] ?? `of ${transport}, which the manifest does not have`;
  const all = Object.values(formats);
  const input = inputFile(one);
  const wanted = input.endsWith('.hl7') ? 'hl7v2' : 'json';
  return (
    (one.operation === 'encode' || input.endsWith('.http') ? all[0] : all.find((format) => format === wanted)) ??
    `of ${path.basename(inputFile(one))}`
  );
}

const pretty = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
const lines = (text: string): string => text.replaceAll('\r', '\n');
const withoutMessage = (error: ErrorData): object => ({ ...error, message: undefined });

/** K2 of CONTRIBUTING: the same input gives the same output, and is left as it was. */
function pure<T>(make: () => T, ...input: readonly unknown[]): T {
  const before = JSON.stringify(input);
  const [first, second] = [make(), make()];
  if (JSON.stringify(first) !== JSON.stringify(second)) throw new Error('the same input gave two outputs');
  if (JSON.stringify(input) !== before) throw new Error('the input was changed');
  return first;
}

function inputBytes({ one, file: { bytes } }: Run): Buffer {
  const file = inputFile(one);
  const text = readWithDocuments(one, file);
  if (!file.endsWith('.hl7')) return Buffer.from(text, bytes?.charset ?? 'utf-8');
  const end = { CR: '\r', LF: '\n', CRLF: '\r\n' }[bytes?.terminator ?? 'CR'];
  return Buffer.from(`${text.replace(/\n$/, '').replaceAll('\n', end)}${end}`, bytes?.charset ?? 'utf-8');
}

function opened({ translator, context, file }: Run, bytes: Uint8Array): OpenedMessage {
  const captured = asCapture(bytes);
  const http: HttpMeta | undefined = captured?.http ?? (file.http && { method: 'POST', path: '', ...file.http });
  return openMessage(captured?.body ?? bytes, translator.codec, translator.documents, context().settings.charsetFallback, http);
}

/** A reply as people read one: HL7 line by line, HTTP with its status and body. */
const readable = ({ text, http }: OutgoingEnvelope): unknown =>
  http ? { status: http.status, headers: http.headers, body: text.startsWith('{') ? (JSON.parse(text) as unknown) : lines(text) } : lines(text);

function runDecode(given: Run): object {
  const found = given.translator.codec.split(inputBytes(given)).map((bytes) => decodeOne(given, bytes));
  return found.length === 1 && found[0] ? found[0] : found;
}

function decodeOne(given: Run, bytes: Uint8Array): object {
  const { connector } = given.translator;
  const { envelope, error: unreadable } = opened(given, bytes);
  const result: DecodeResult = unreadable
    ? { decision: 'reject', events: [], warnings: [], error: unreadable.toData() }
    : pure(() => connector.decode(envelope, given.context()), envelope);
  for (const { type, data } of result.events) checkEvent(type, data);
  const { decision, error, terms } = result;
  const tolerated = [...envelope.warnings, ...result.warnings];
  const reception: Reception = { decision, ack: refusalAck(decision, error), warnings: tolerated, ...(error && { error }) };
  const reply = pure(() => connector.acknowledge(reception, envelope, given.context()), envelope, reception);
  return {
    decision,
    ...(error && { error: withoutMessage(error) }),
    warnings: [...new Set(tolerated.map(({ code, detail }) => (detail === undefined ? code : `${code}:${detail}`)))],
    events: result.events,
    ...(terms && { terms }),
    acknowledgement: reply && readable(reply),
  };
}

function checkEvent(type: string, data: unknown): void {
  const problem = checkEventData(type, data);
  if (problem) throw new Error(`${type} breaks its schema at ${problem.path}: ${problem.rule}`);
}

function runEncode(given: Run): string {
  const { one, file, translator, context } = given;
  const { connector, codec } = translator;
  const event = JSON.parse(readFileSync(inputFile(one), 'utf8')) as { readonly type: string; readonly data: unknown };
  checkEvent(event.type, event.data);
  const content = (name: string): Buffer => {
    const document = file.parts?.[name];
    if (!document) throw new Error(`case.json gives no file for the part ${name}`);
    return readFileSync(path.join(one.folder, document));
  };
  const parts: EncodablePart[] = Object.keys(file.parts ?? {}).map((part) => {
    const bytes = content(part);
    return { part, mime: sniffMime(bytes), bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  });
  const attributes = { id: 'e1', source: '/sites/990000000/connectors/test', time: '2026-10-15T07:59:00.000Z', site: '990000000' };
  const input = { event: { ...attributes, ...event }, parts, format: codec.id };
  const result = pure(() => connector.encode(input, context()), input);
  if (result.outcome !== 'message') return pretty({ outcome: result.outcome, error: withoutMessage(result.error) });
  const bytes = Buffer.concat(codec.build(result.envelope, content));
  checkParts(given, result.envelope, bytes, content);
  const text = shortened(new TextDecoder(result.envelope.charset ?? 'utf-8').decode(bytes), file, content);
  return codec.id === 'hl7v2' ? lines(text) : pretty({ http: result.envelope.http, ...(text !== '' && { body: JSON.parse(text) as unknown }) });
}

/** What was built is read again: every document stands where it was placed, byte for byte. */
function checkParts(given: Run, envelope: OutgoingEnvelope, built: Uint8Array, content: (part: string) => Uint8Array): void {
  if (!envelope.parts?.length) return;
  const { envelope: read } = opened(given, built);
  for (const { at, from } of envelope.parts ?? []) {
    const wanted = createHash('sha256').update(assemblePart(from, content)).digest('hex');
    if (!read.parts.some((part) => part.at === at && part.sha256 === wanted)) throw new Error(`the document placed at ${at} is not found there`);
  }
}

/** The expected file names the documents instead of repeating their Base64. */
function shortened(text: string, { parts = {} }: CaseFile, content: (part: string) => Buffer): string {
  return Object.entries(parts).reduce((short, [part, file]) => short.replaceAll(content(part).toString('base64'), `{{base64:${file}}}`), text);
}

const envelopeOf = (given: Run): Envelope => opened(given, inputBytes(given)).envelope;

function runAcknowledge(given: Run): string {
  const { error, warnings = [], ...rest } = given.file.reception ?? { decision: 'stored', ack: 'AA' };
  const reception: Reception = { ...rest, warnings, ...(error && { error: new PasserelleError(error.code, error).toData() }) };
  const envelope = envelopeOf(given);
  const reply = pure(() => given.translator.connector.acknowledge(reception, envelope, given.context()), envelope, reception);
  const found = reply && readable(reply);
  return typeof found === 'string' ? found : pretty(found);
}

function runInterpret(given: Run): object {
  const envelope = envelopeOf(given);
  const { error, ...outcome } = pure(() => given.translator.connector.interpret(envelope, given.file.sent ?? { type: '' }), envelope);
  return { ...outcome, ...(error && { code: error.code }) };
}
