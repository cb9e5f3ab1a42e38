/** Escape sequences of HL7 v2.5 section 2.7, with the delimiters of the message. */
import { isUtf8 } from 'node:buffer';
import type { Delimiters } from './delimiters.ts';

/** Longest sequence read as one, between its two escape characters: `\X...\` of 64 bytes. Longer ones stand as sent. */
const SEQUENCE_LIMIT = 130;

/** Meaning of a raw value. What is not a known sequence stays as it was sent. */
export function unescape(raw: string, delimiters: Delimiters): string {
  const mark = delimiters.escape;
  let open = raw.indexOf(mark);
  if (open < 0) return raw;
  let text = '';
  let from = 0;
  while (open >= 0) {
    const close = raw.indexOf(mark, open + 1);
    if (close < 0) break;
    const meaning = close - open > SEQUENCE_LIMIT ? undefined : meaningOf(raw.slice(open + 1, close), delimiters);
    if (meaning === undefined) {
      // A stray escape character: the next one may open a real sequence.
      open = close;
    } else {
      text += raw.slice(from, open) + meaning;
      from = close + 1;
      open = raw.indexOf(mark, from);
    }
  }
  return text + raw.slice(from);
}

function meaningOf(sequence: string, delimiters: Delimiters): string | undefined {
  switch (sequence) {
    case 'F':
      return delimiters.field;
    case 'S':
      return delimiters.component;
    case 'T':
      return delimiters.subcomponent;
    case 'R':
      return delimiters.repetition;
    case 'E':
      return delimiters.escape;
    case 'P':
      return delimiters.truncation;
    case '.br':
    case '.BR':
      return '\n';
    default:
      return /^X(?:[\dA-Fa-f]{2})+$/.test(sequence) ? hexText(sequence.slice(1)) : undefined;
  }
}

/** `\Xhh..\` gives bytes without saying their charset: UTF-8 when they are, else one character a byte. */
function hexText(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1');
}

/** What has to be escaped, by the delimiters: readers and writers of one kind of message share one object. */
const patterns = new WeakMap<Delimiters, RegExp>();

/** Text as it may stand in a message. Line ends become `\.br\`; other control characters `\Xhh\`, framing bytes included. */
export function escape(text: string, delimiters: Delimiters): string {
  let pattern = patterns.get(delimiters);
  if (!pattern) patterns.set(delimiters, (pattern = patternOf(delimiters)));
  // Most values hold nothing to escape.
  if (text.search(pattern) < 0) return text;
  const mark = delimiters.escape;
  return text.replace(pattern, (found) => mark + sequenceFor(found, delimiters) + mark);
}

function patternOf({ field, component, repetition, escape: mark, subcomponent, truncation = '' }: Delimiters): RegExp {
  const set = [field, component, repetition, mark, subcomponent, truncation].join('').replaceAll(/[\\\]^-]/g, String.raw`\$&`);
  return new RegExp(String.raw`\r\n|[${set}\x00-\x08\x0a-\x1f\x7f]`, 'g');
}

function sequenceFor(found: string, delimiters: Delimiters): string {
  if (found === '\r\n' || found === '\n' || found === '\r') return '.br';
  if (found === delimiters.field) return 'F';
  if (found === delimiters.component) return 'S';
  if (found === delimiters.subcomponent) return 'T';
  if (found === delimiters.repetition) return 'R';
  if (found === delimiters.escape) return 'E';
  if (found === delimiters.truncation) return 'P';
  return `X${found.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
