/**
 * A case of a contextual call: `connectors/<id>/fixtures/call/<case>/`, with `case.json`, `input.cmd` or `input.http` or `input.json`, and what must come out of it. The bytes go the
 * way of `passerelle translate`. `variations.json` holds small changes of the input, each with what becomes of it: a line of it is a test.
 */
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { Type, type Static } from 'typebox';
import type { SiteSettings } from 'passerelle/contract';
import { checkEventData, type CallContext } from 'passerelle/model';
import { readCall, type CallReading } from '../../core/dialect/index.ts';
import { decode } from '../../plugins/codec-command-line/charset.ts';
import { inputFile, settingsOf, type Case, type CaseFile } from './case-file.ts';
import { connectorOf, FIXED_NOW, translatorOf } from './translating.ts';

const text = Type.String({ minLength: 1 });
const Variations = Type.Array(
  Type.Object(
    {
      title: text,
      /** Pairs: what stands in the input, what stands there instead. */
      replace: Type.Array(Type.Tuple([text, Type.String()])),
      /** Of `connector:`. */
      settings: Type.Optional(Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object' })),
      site: Type.Optional(Type.Unsafe<Partial<SiteSettings>>({ type: 'object' })),
      now: Type.Optional(text),
      charset: Type.Optional(Type.Enum(['utf-8', 'windows-1252', 'cp850', 'utf-16le'])),
      /** `accept`, `accept-with-warning`, or the error code and its place: `ERR_CALL_CONTEXT /ddn`. */
      gives: text,
      warnings: Type.Optional(Type.Array(text)),
      /** Must be in the call, member by member. */
      patient: Type.Optional(Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object' })),
      user: Type.Optional(Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object' })),
      matching: Type.Optional(Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object' })),
      action: Type.Optional(text),
    },
    { additionalProperties: false },
  ),
);
export type Variation = Static<typeof Variations>[number];
const areVariations = new Ajv({ strict: false, allErrors: true }).compile<readonly Variation[]>(Variations);

export function variationsOf({ folder }: Case): readonly Variation[] {
  const file = path.join(folder, 'variations.json');
  if (!existsSync(file)) return [];
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (areVariations(value)) return value;
  throw new Error(`variations.json: ${areVariations.errors?.map(({ instancePath, message }) => `${instancePath} ${message}`).join('; ')}`);
}

/** Bytes of a text in a code page: by what each byte means, so that nothing is replaced silently. */
function encoded(value: string, charset: NonNullable<Variation['charset']>): Buffer {
  if (charset === 'utf-8' || charset === 'utf-16le') return Buffer.from(value, charset);
  const meanings = Array.from({ length: 256 }, (_, byte) => decode(Uint8Array.of(byte), charset));
  return Buffer.from(
    Array.from(value, (char) => {
      const byte = meanings.indexOf(char);
      if (byte < 0) throw new Error(`${charset} has no ${char}`);
      return byte;
    }),
  );
}

/** `{{signature}}` is the right one, of the key that the headers name. */
function signed(bytes: Buffer, settings: SiteSettings, keyHeader: string | undefined): Buffer {
  if (!keyHeader || !bytes.includes('{{signature}}')) return bytes;
  const id = new RegExp(`^${keyHeader}: (.*)\\r$`, 'm').exec(bytes.toString('latin1'))?.[1] ?? '';
  const secret = new Map(Object.entries(settings.connector['keys'] as Record<string, string>)).get(id) ?? 'nobody has this key';
  const body = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
  return Buffer.from(bytes.toString('latin1').replace('{{signature}}', createHmac('sha256', secret).update(body).digest('hex')), 'latin1');
}

export function readCase(one: Case, file: CaseFile, variation?: Variation): CallReading {
  const base = settingsOf(one, file);
  const settings = { ...base, ...variation?.site, connector: { ...base.connector, ...variation?.settings } };
  const { manifest, definition } = connectorOf(one.connector);
  const { call } = manifest;
  if (!call) throw new Error('the manifest has no call');
  const input = inputFile(one);
  const changed = (variation?.replace ?? []).reduce(
    (whole, [from, to]) => {
      if (!whole.includes(from)) throw new Error(`the input has no ${from}`);
      return whole.replace(from, () => to);
    },
    readFileSync(input, 'utf8'),
  );
  const lines = input.endsWith('.http') ? changed.replace(/\n$/, '').replaceAll('\n', '\r\n') : changed;
  const bytes = signed(
    encoded(lines, variation?.charset ?? (input.endsWith('.cmd') ? 'windows-1252' : 'utf-8')),
    settings,
    call.signature?.keyHeader,
  );
  const context = { settings, now: variation?.now ?? file.now ?? FIXED_NOW, newId: () => 'ID1' };
  return readCall({ bytes, call, codec: translatorOf(one.connector, call.format).codec, connector: definition, context, judgeTime: true });
}

/** The text of the expected file. */
export function runCall(one: Case, file: CaseFile): string {
  const { result, warnings } = readCase(one, file);
  for (const { type, data } of result.events) checkCall(type, data);
  const { decision, error, events } = result;
  return `${JSON.stringify({ decision, ...(error && { error: { ...error, message: undefined } }), warnings: codesOf(warnings, result.warnings), events }, undefined, 2)}\n`;
}

function checkCall(type: string, data: unknown): void {
  const problem = checkEventData(type, data);
  if (problem) throw new Error(`${type} breaks its schema at ${problem.path}: ${problem.rule}`);
}

const codesOf = (...lists: readonly (readonly { readonly code: string; readonly detail?: string }[])[]): readonly string[] => [
  ...new Set(lists.flat().map(({ code }) => code)),
];

/** What became of a variation, in the words of `variations.json`; members that it does not speak of are left out. */
export function outcomeOf(one: Case, file: CaseFile, variation: Variation): object {
  const { result, warnings } = readCase(one, file, variation);
  for (const { type, data } of result.events) checkCall(type, data);
  const { error, events } = result;
  const codes = codesOf(warnings, result.warnings);
  const place = error?.location?.path ?? (error?.location?.offset !== undefined ? `@${error.location.offset}` : undefined);
  const decision = codes.length > 0 ? 'accept-with-warning' : 'accept';
  const call = error ? undefined : (events[0]?.data as CallContext);
  const only = (wanted: Readonly<Record<string, unknown>> | undefined, found: object | undefined): object | undefined =>
    wanted && Object.fromEntries(Object.keys(wanted).map((name) => [name, (found as Record<string, unknown> | undefined)?.[name] ?? null]));
  return {
    gives: error ? [error.code, place].filter(Boolean).join(' ') : decision,
    ...(variation.warnings && { warnings: codes }),
    ...(variation.patient && { patient: only(variation.patient, call?.patient) }),
    ...(variation.user && { user: only(variation.user, call?.user) }),
    ...(variation.matching && { matching: only(variation.matching, call?.matching) }),
    ...(variation.action && { action: call?.action }),
  };
}
