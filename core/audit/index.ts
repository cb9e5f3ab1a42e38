/**
 * What people did: every reading of a message's content, with who, why and from where (SAFETY D6, D11). One JSON line each in
 * `audit.jsonl`, chained by hash so that a changed or missing line shows. Signing the head outside the machine comes with D5.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { PasserelleError } from '../contract/index.ts';

export interface AuditEntry {
  readonly at: string;
  readonly who: string;
  /** Public id of what was read. */
  readonly message: string;
  readonly reason: string;
  readonly peer: string;
}

export interface AuditTrail {
  /** Durable when it returns; throws ERR_JOURNAL_UNAVAILABLE, and then nothing may be shown. */
  readonly write: (entry: AuditEntry) => void;
  readonly close: () => void;
}

export function openAudit(data: string): AuditTrail {
  const file = path.join(data, 'audit.jsonl');
  let last = existsSync(file) ? lastHash(readFileSync(file, 'utf8')) : '';
  const handle = openSync(file, 'a', 0o600);
  return {
    write: (entry) => {
      try {
        const hash = chain(last, entry);
        writeSync(handle, `${JSON.stringify({ ...entry, hash })}\n`);
        fsyncSync(handle);
        last = hash;
      } catch (cause) {
        throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { cause });
      }
    },
    close: () => closeSync(handle),
  };
}

/** 1-based number of the first line that does not follow from the one before, or `undefined` when the chain holds. */
export function firstBrokenLine(text: string): number | undefined {
  let last = '';
  const lines = text.split('\n').filter(Boolean);
  for (const [i, line] of lines.entries()) {
    const { hash, ...entry } = parse(line);
    if (hash !== chain(last, entry as unknown as AuditEntry)) return i + 1;
    last = hash;
  }
  return undefined;
}

const chain = (last: string, entry: AuditEntry): string => createHash('sha256').update(last).update('\n').update(JSON.stringify(entry)).digest('hex');
const lastHash = (text: string): string => parse(text.trimEnd().split('\n').at(-1) ?? '').hash;

function parse(line: string): { hash: string } & Record<string, unknown> {
  try {
    return JSON.parse(line) as { hash: string };
  } catch {
    return { hash: '' };
  }
}
