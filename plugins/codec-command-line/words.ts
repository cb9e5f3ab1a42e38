/** A command line taken apart as Windows programs do: blanks separate words, quotes hold them together, a backslash or a second quote escapes one. */
import { PasserelleError } from '../../core/contract/index.ts';

export interface Word {
  /** Without the quotes that held it together. */
  readonly text: string;
  /** Characters before it. */
  readonly at: number;
}

const BLANK = /[ \t]/;
/** Quotes of typesetting, which come by copy from a document. */
const CLOSING: Readonly<Record<string, string>> = { '"': '"', '“': '”', '«': '»', "'": "'" };

/** Throws ERR_CODEC_UNREADABLE where a quote is not closed, by way of `fail`, which is given characters from the start. */
export function wordsOf(line: string, fail: (at: number, expected: string) => PasserelleError): readonly Word[] {
  const words: Word[] = [];
  let at = 0;
  while (at < line.length) {
    if (BLANK.test(line.charAt(at))) {
      at += 1;
      continue;
    }
    const word = wordAt(line, at, fail);
    words.push({ text: word.text, at });
    at = word.end;
  }
  return words;
}

function wordAt(line: string, start: number, fail: (at: number, expected: string) => PasserelleError): { text: string; end: number } {
  let text = '';
  let at = start;
  while (at < line.length && !BLANK.test(line.charAt(at))) {
    const slashes = /^\\+(?=")/.exec(line.slice(at))?.[0].length ?? 0;
    if (slashes > 0) {
      // Two backslashes before a quote are one; an odd one makes the quote a character.
      text += '\\'.repeat(Math.floor(slashes / 2)) + (slashes % 2 === 1 ? '"' : '');
      at += slashes + (slashes % 2);
      continue;
    }
    const closing = opens(line, at) ? CLOSING[line.charAt(at)] : undefined;
    if (closing === undefined) {
      text += line.charAt(at++);
      continue;
    }
    const held = heldAt(line, at, closing, fail);
    text += held.text;
    at = held.end;
  }
  return { text, end: at };
}

/** A straight double quote anywhere; the others only where a value begins, and an apostrophe only when another one ends the word. */
function opens(line: string, at: number): boolean {
  const quote = line.charAt(at);
  if (quote === '"') return true;
  if (!Object.hasOwn(CLOSING, quote) || line.charAt(at - 1) !== ':') return false;
  return quote !== "'" || /^'[^"/]*?'(?=[ \t]|$)/.test(line.slice(at));
}

function heldAt(line: string, from: number, closing: string, fail: (at: number, expected: string) => PasserelleError): { text: string; end: number } {
  let text = '';
  for (let at = from + 1; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (char === closing) {
      if (closing === '"' && line.charAt(at + 1) === '"') {
        text += '"';
        at += 1;
        continue;
      }
      if (closing === "'" && !/^(?:[ \t]|$)/.test(line.slice(at + 1))) {
        text += char;
        continue;
      }
      return { text, end: at + 1 };
    }
    const slashes = closing === '"' ? (/^\\+(?=")/.exec(line.slice(at))?.[0].length ?? 0) : 0;
    if (slashes > 0) {
      text += '\\'.repeat(Math.floor(slashes / 2)) + (slashes % 2 === 1 ? '"' : '');
      at += slashes - 1 + (slashes % 2);
    } else text += char;
  }
  throw fail(from, 'a closing quote');
}
