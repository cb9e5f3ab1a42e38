/** Reads an HL7 acknowledgement far enough to print it. The engine itself interprets replies by the connector's table, never here. */

export interface ReadAck {
  /** MSA-1; absent = this is no acknowledgement. */
  readonly code?: string;
  /** MSA-2. */
  readonly controlId?: string;
  /** ERR segments in short: position, code, text. */
  readonly errors: readonly string[];
}

export function readAck(bytes: Uint8Array): ReadAck {
  const text = Buffer.from(bytes).toString('utf8');
  const start = text.indexOf('MSH');
  const separator = text[start + 3];
  if (start < 0 || separator === undefined) return { errors: [] };
  const segments = text
    .slice(start)
    .split(/[\r\n]+/)
    .map((segment) => segment.split(separator));
  const msa = segments.find(([name]) => name === 'MSA');
  const errors = segments.filter(([name]) => name === 'ERR').map((err) => [err[2], err[3], err[7], err[8]].filter(Boolean).join(' '));
  return { ...(msa?.[1] && { code: msa[1] }), ...(msa?.[2] && { controlId: msa[2] }), errors };
}
