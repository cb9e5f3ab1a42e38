/** Charset of a form, decided on its bytes: what its label says is often false, and the web reads `ISO-8859-1` as Windows-1252 (WHATWG). */
import { isAscii, isUtf8 } from 'node:buffer';
import type { Warning } from '../../core/contract/index.ts';

/** `undefined` for a label that is none of those senders use. */
function charsetOf(label: string): 'utf-8' | 'windows-1252' | 'iso-8859-15' | undefined {
  if (/^utf-?8$/i.test(label)) return 'utf-8';
  if (/^(iso[-_]?8859-1|latin-?1|us-ascii|windows-1252|cp-?1252|ansi)$/i.test(label)) return 'windows-1252';
  return /^(iso[-_]?8859-15|latin-?9)$/i.test(label) ? 'iso-8859-15' : undefined;
}

export interface CharsetDecision {
  readonly charset: 'utf-8' | 'windows-1252' | 'iso-8859-15';
  readonly warnings: readonly Warning[];
}

/** `label`: of Content-Type, absent when it says none. `bytes`: of all names and values. */
export function decideCharset(bytes: Buffer, label: string | undefined, fallback: string): CharsetDecision {
  const said = label === undefined ? undefined : charsetOf(label);
  const warnings: Warning[] = label !== undefined && said === undefined ? [{ code: 'charset-unknown' }] : [];
  if (isAscii(bytes)) return { charset: said ?? 'utf-8', warnings };
  const mismatch = { code: 'charset-mismatch' };
  if (isUtf8(bytes)) return { charset: 'utf-8', warnings: said === undefined || said === 'utf-8' ? warnings : [...warnings, mismatch] };
  const own = charsetOf(fallback);
  const eightBit = said && said !== 'utf-8' ? said : own && own !== 'utf-8' ? own : 'windows-1252';
  if (said === 'utf-8') return { charset: eightBit, warnings: [...warnings, mismatch] };
  // ISO 8859 has only control codes there: a text with such bytes is Windows-1252, whatever it is called.
  const hasC1 = /[\x80-\x9f]/.test(bytes.toString('latin1'));
  if (hasC1 && label !== undefined && !/1252|ansi/i.test(label))
    return { charset: 'windows-1252', warnings: [...warnings, { code: 'charset-c1-bytes' }] };
  return { charset: hasC1 ? 'windows-1252' : eightBit, warnings };
}
