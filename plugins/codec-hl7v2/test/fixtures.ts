/** Synthetic messages of the tests, and how they open them. */
import { PasserelleError, type ErrorCode } from '../../../core/contract/index.ts';
import { open, type Opened } from '../index.ts';

export const bytes = (text: string, encoding: BufferEncoding = 'utf8'): Buffer => Buffer.from(text, encoding);

export interface Made {
  readonly charset?: string;
  readonly id?: string;
  readonly type?: string;
  readonly rest?: readonly string[];
  readonly end?: string;
}

/** A message as text: MSH, then the segments given. */
export function message({
  charset = 'UNICODE UTF-8',
  id = 'T1',
  type = 'ADT^A01^ADT_A01',
  rest = ['PID|1||77^^^CHX^PI||ESSAI^ANNE'],
  end = '\r',
}: Made = {}): string {
  return [`MSH|^~\\&|DX|CHX|DCC|DCC|20260915101530||${type}|${id}|T|2.5|||||FRA|${charset}`, ...rest, ''].join(end);
}

export const opened = (input: string | Buffer, fallback = 'windows-1252'): Opened =>
  open(typeof input === 'string' ? bytes(input) : input, { charsetFallback: fallback, readDocument: () => undefined });

/** `code` or `code:detail`, as the expectations of the field write them. */
export const warnings = (from: Opened): readonly string[] => from.envelope.warnings.map(({ code, detail }) => (detail ? `${code}:${detail}` : code));

export function codeOf(run: () => unknown): ErrorCode | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof PasserelleError) return error.code;
    throw error;
  }
}
