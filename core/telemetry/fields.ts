/** The only facts a log line may carry (SAFETY D11): names and numbers of the engine, never of a patient, never content. */

export const LOG_FIELDS = [
  'lane',
  'site',
  'connector',
  'version',
  'message',
  'delivery',
  'revision',
  'code',
  'state',
  'status',
  'attempt',
  'count',
  'bytes',
  'ms',
  'address',
  'port',
  'file',
  'path',
  'line',
  'node',
  'pid',
  'signal',
  'app',
  'role',
  'verb',
] as const;
export type LogField = (typeof LOG_FIELDS)[number];

/** Ids, codes and addresses are short; protects the log from a value that is not one. */
const MAX_VALUE_LENGTH = 200;
const allowed: ReadonlySet<string> = new Set(LOG_FIELDS);

/**
 * Keeps the allowed fields, as one-line scalars. An `error` gives its code and its place, never its sentence: a foreign error may
 * quote what it failed to read.
 */
export function redact(fields: Readonly<Record<string, unknown>>): Record<string, string | number | boolean> {
  const kept: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries({ ...errorFields(fields['error']), ...fields })) {
    if (!allowed.has(name)) continue;
    if (typeof value === 'number' || typeof value === 'boolean') kept[name] = value;
    else if (typeof value === 'string') kept[name] = oneLine(value);
  }
  return kept;
}

/** No line end, no control character: a value cannot forge a line of its own. */
export const oneLine = (text: string): string => text.slice(0, MAX_VALUE_LENGTH).replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ');

function errorFields(error: unknown): Readonly<Record<string, unknown>> {
  if (typeof error !== 'object' || error === null) return {};
  const { code, name, detail } = error as { code?: unknown; name?: unknown; detail?: { location?: { file?: string; path?: string; line?: number } } };
  const { file, path, line } = detail?.location ?? {};
  return { code: typeof code === 'string' ? code : name, file, path, line };
}
