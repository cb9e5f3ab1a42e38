/** The XML parser as a CDA needs it: nothing fetched or replaced, its memory given back, its tree taken over in one go. */
import { ParseOption, XmlDocument, XmlElement } from 'libxml2-wasm';
import type { CdaId } from '../../core/contract/index.ts';
import { unreadable, type PreparedXml } from '../codec-cda/index.ts';

/**
 * No entity is replaced, no file or address is opened. Without XML_PARSE_HUGE libxml2 itself refuses more than 256 levels, 10 MB of
 * one text or attribute, and amplification by entities: the bounds of depth and of value size are those.
 */
export const SAFE_OPTIONS: ParseOption =
  ParseOption.XML_PARSE_NO_XXE | ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NOCDATA | ParseOption.XML_PARSE_NO_SYS_CATALOG;

/** Runs `use` on the parsed document and frees it. Throws ERR_DOCUMENT_UNREADABLE, without any content in the reason. */
export function withDocument<T>(prepared: PreparedXml, use: (document: XmlDocument) => T): T {
  const document = parse(prepared);
  try {
    if (document.dtd !== null) throw unreadable('it declares a document type');
    return use(document);
  } finally {
    document.dispose();
  }
}

function parse({ xml, encoding }: PreparedXml): XmlDocument {
  try {
    return XmlDocument.fromBuffer(xml, { option: SAFE_OPTIONS, ...(encoding && { encoding }) });
  } catch (cause) {
    const reason = reasonOf(cause instanceof Error ? cause.message : '');
    // Within a tag the parser blames the tag.
    const last = Buffer.from(xml.subarray(-64)).toString('latin1').trimEnd().at(-1);
    throw unreadable(reason === NOT_WELL_FORMED && last !== undefined && last !== '>' ? CUT : reason);
  }
}

const CUT = 'cut before its end';
const NOT_WELL_FORMED = 'not well-formed XML';

/** What the parser says, without the names and values it quotes. */
function reasonOf(message: string): string {
  if (/Excessive depth/.test(message)) return 'nested too deep (more than 256 levels)';
  if (/Resource limit|too long/i.test(message)) return 'one value is too long';
  if (/encoding/i.test(message)) return 'not valid in its declared character encoding';
  if (/Entity '/.test(message)) return 'it uses an entity';
  if (/Premature end|EndTag|Couldn't find end|not terminated|unfinished/i.test(message)) return CUT;
  return NOT_WELL_FORMED;
}

/** Root ids that say the model, asked of the parser itself: a dozen at most come first in a document. */
export function modelIdsOf({ root }: XmlDocument): CdaId[] {
  const ids: CdaId[] = [];
  for (let node = root.firstChild; node && ids.length < 50; node = node.next) {
    if (!(node instanceof XmlElement) || node.name !== 'templateId') continue;
    const extension = node.attr('extension')?.value;
    ids.push({ root: node.attr('root')?.value ?? '', ...(extension !== undefined && { extension }) });
  }
  return ids;
}

/** Children of a structured body that are left out of what is written: beyond, they are few bytes each. */
const SECTIONS_LIMIT = 1000;

/**
 * The tree of the root as text, in the one spelling that libxml2 writes: attributes in double quotes, five entities and character references,
 * CDATA as text. Reading it costs a fifth of asking the parser for each name and value, which crosses into WebAssembly several times a node.
 * The sections of a structured body are no header and stay behind.
 */
export function writtenRoot({ root }: XmlDocument): string {
  // The body stands last.
  for (let node = root.lastChild; node; node = node.prev) {
    if (!(node instanceof XmlElement) || node.name !== 'component') continue;
    for (let body = node.firstChild; body; body = body.next)
      if (body instanceof XmlElement && body.name === 'structuredBody') for (let i = 0; i < SECTIONS_LIMIT; i++) body.firstChild?.remove();
    break;
  }
  return wholeText({ root });
}

/** The same with the sections of the body. */
export function wholeText({ root }: Pick<XmlDocument, 'root'>): string {
  const chunks: Buffer[] = [];
  const write = (bytes: Uint8Array): number => {
    // A view of the parser's memory, cut anywhere: also between the bytes of one character.
    chunks.push(Buffer.from(bytes));
    return bytes.length;
  };
  root.save({ write, close: () => true }, { format: false });
  return Buffer.concat(chunks).toString();
}
