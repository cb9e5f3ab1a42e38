/**
 * Charsets of messages. What MSH-18 declares is often false (vendors FACTS section 1), so the charset is decided on the bytes, once
 * per message; and every charset here gives back exactly the bytes it read.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { PasserelleError, type Warning } from '../../core/contract/index.ts';

export type Charset = 'utf-8' | 'windows-1252' | 'iso-8859-1' | 'iso-8859-15';

/** HL7 table 0211, and what senders write instead. `ASCII` and `UNICODE` alone say nothing useful: as if absent. */
const NAMES: Readonly<Record<string, Charset>> = {
  '8859/1': 'iso-8859-1',
  '8859': 'iso-8859-1',
  'ISO-8859-1': 'iso-8859-1',
  'ISO8859-1': 'iso-8859-1',
  'ISO_8859-1': 'iso-8859-1',
  LATIN1: 'iso-8859-1',
  '8859/15': 'iso-8859-15',
  'ISO-8859-15': 'iso-8859-15',
  'ISO8859-15': 'iso-8859-15',
  LATIN9: 'iso-8859-15',
  'WINDOWS-1252': 'windows-1252',
  CP1252: 'windows-1252',
  ANSI: 'windows-1252',
  'UNICODE UTF-8': 'utf-8',
  'UNICODE UTF8': 'utf-8',
  'UNICODE_UTF-8': 'utf-8',
  'UTF-8': 'utf-8',
  UTF8: 'utf-8',
};

/** The charset that a name means, in HL7, in MIME or in settings; nothing when the name is unknown. */
export function charsetNamed(name: string): Charset | undefined {
  const key = name.trim().toUpperCase();
  return Object.hasOwn(NAMES, key) ? NAMES[key] : undefined;
}

/** Where a charset differs from Latin-1: the Latin-1 character of the byte, then the character it means. */
const DIFFERENCES: Readonly<Record<'windows-1252' | 'iso-8859-15', readonly [bytes: string, meaning: string]>> = {
  'windows-1252': [
    '\x80\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8e\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9e\x9f',
    '€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ',
  ],
  'iso-8859-15': ['\xa4\xa6\xa8\xb4\xb8\xbc\xbd\xbe', '€ŠšŽžŒœŸ'],
};

interface Table {
  readonly differs: RegExp;
  readonly toText: ReadonlyMap<string, string>;
  readonly toByte: ReadonlyMap<string, string>;
}

function table([bytes, meaning]: readonly [string, string]): Table {
  const pairs = bytes.split('').map((byte, i) => [byte, meaning.charAt(i)] as const);
  return {
    differs: new RegExp(`[${bytes}]`, 'g'),
    toText: new Map(pairs),
    toByte: new Map(pairs.map(([byte, text]) => [text, byte])),
  };
}

const TABLES = { 'windows-1252': table(DIFFERENCES['windows-1252']), 'iso-8859-15': table(DIFFERENCES['iso-8859-15']) };

export function decode(bytes: Buffer, charset: Charset): string {
  if (charset === 'utf-8') return bytes.toString('utf8');
  const text = bytes.toString('latin1');
  if (charset === 'iso-8859-1') return text;
  const { differs, toText } = TABLES[charset];
  return text.replace(differs, (byte) => toText.get(byte) ?? byte);
}

/** Plain forms of typographic characters that Latin-1 lacks: the same word, written as every older system writes it. */
const PLAIN: Readonly<Record<string, string>> = {
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '–': '-',
  '—': '-',
  '‑': '-',
  '…': '...',
  '•': '-',
  œ: 'oe',
  Œ: 'OE',
  Ÿ: 'Y',
  '€': 'EUR',
  '\u2009': ' ',
  '\u202f': '\u00a0',
};

/**
 * Bytes of a text. Typographic characters that the charset lacks take their plain form (`œ` becomes `oe`); anything else that it
 * lacks throws ERR_CHARSET_CANNOT_HOLD: a `?` in a name would make another patient.
 */
export function encode(text: string, charset: Charset): Buffer {
  if (charset === 'utf-8') return Buffer.from(text, 'utf8');
  const own = charset === 'iso-8859-1' ? undefined : TABLES[charset];
  const needsCare = own ? /[\x80-\uffff]/ : /[\u0100-\uffff]/;
  if (!needsCare.test(text)) return Buffer.from(text, 'latin1');
  let latin = '';
  for (const char of text.normalize('NFC')) latin += byteOf(char, own) ?? plainBytes(char, charset, own);
  return Buffer.from(latin, 'latin1');
}

function byteOf(char: string, own: Table | undefined): string | undefined {
  if (char <= '\x7f') return char;
  if (own) return own.toByte.get(char) ?? (char <= '\xff' && !own.toText.has(char) ? char : undefined);
  return char <= '\xff' ? char : undefined;
}

function plainBytes(char: string, charset: Charset, own: Table | undefined): string {
  const plain = PLAIN[char];
  if (plain === undefined) throw new PasserelleError('ERR_CHARSET_CANNOT_HOLD', { expected: `characters of ${charset}`, found: 'another character' });
  return plain.replaceAll(/./gs, (c) => byteOf(c, own) ?? c);
}

export interface CharsetDecision {
  readonly charset: Charset;
  readonly warnings: readonly Warning[];
}

/** Characters of French and its neighbours. Latin-1 bytes that look like UTF-8 by accident give letters outside of these. */
const IMPLAUSIBLE = /[^\p{ASCII}\p{Mn}\u00a0-\u017f\u2010-\u20bf\u2116\u2122\u2190-\u22ff\ufb00-\ufb06]/u;
const MISMATCH: Warning = { code: 'charset-mismatch', location: { hl7: 'MSH-18' } };

/**
 * Decides the charset of a message. `bytes` is all of it; `text` gives its bytes without documents, looked at only in doubt.
 * In order: only ASCII; a byte order mark; what MSH-18 says when the bytes agree; the bytes against MSH-18 (`charset-mismatch`);
 * without MSH-18, UTF-8 when the bytes are, else the fallback of the endpoint.
 */
export function decideCharset(given: {
  readonly bytes: Buffer;
  readonly hasMark: boolean;
  readonly declared: string;
  readonly fallback: string;
  readonly text: () => Buffer;
}): CharsetDecision {
  const { bytes, declared } = given;
  const said = given.hasMark ? 'utf-8' : charsetNamed(declared);
  const silent = said === undefined && !/^(?:|ASCII|UNICODE|""|ISO IR6)$/.test(declared.trim().toUpperCase());
  const warnings: Warning[] = silent ? [{ code: 'charset-unknown', location: { hl7: 'MSH-18' } }] : [];
  const eightBit = notUtf8(charsetNamed(given.fallback));
  if (isAscii(bytes)) return { charset: said ?? 'utf-8', warnings };
  if (isUtf8(bytes)) {
    if (said === undefined || said === 'utf-8') return { charset: 'utf-8', warnings };
    if (!IMPLAUSIBLE.test(decode(given.text(), 'utf-8'))) return { charset: 'utf-8', warnings: [...warnings, MISMATCH] };
  }
  if (said === 'utf-8') return { charset: eightBit, warnings: [...warnings, MISMATCH] };
  const charset = said ?? eightBit;
  // ISO 8859 has only control codes at 0x80 to 0x9F: real text with such bytes is Windows-1252.
  if (charset !== 'windows-1252' && /[\x80-\x9f]/.test(given.text().toString('latin1')))
    return { charset: 'windows-1252', warnings: said ? [...warnings, MISMATCH] : warnings };
  return { charset, warnings };
}

const notUtf8 = (charset: Charset | undefined): Exclude<Charset, 'utf-8'> => (charset && charset !== 'utf-8' ? charset : 'windows-1252');
