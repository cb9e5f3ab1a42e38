/** The XML tree of a CDA as the header reader walks it: bounded values, children found once, memory given back. */
import { ParseOption, XmlDocument, XmlElement } from 'libxml2-wasm';
import { unreadable, type PreparedXml } from './prepare.ts';

export const HL7_V3 = 'urn:hl7-org:v3';
/** Longest header value: a header that passes it would not fit in an envelope. */
const VALUE_LIMIT = 4000;
/** Most repetitions of one header element (the participants of an RCP are some twenty). */
const LIST_LIMIT = 200;

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
    throw unreadable(reasonOf(cause instanceof Error ? cause.message : ''));
  }
}

/** What the parser says, without the names and values it quotes. */
function reasonOf(message: string): string {
  if (/Excessive depth/.test(message)) return 'nested too deep (more than 256 levels)';
  if (/Resource limit|too long/i.test(message)) return 'one value is too long';
  if (/encoding/i.test(message)) return 'not valid in its declared character encoding';
  if (/Entity '/.test(message)) return 'it uses an entity';
  if (/Premature end|EndTag|Couldn't find end|not terminated|unfinished/i.test(message)) return 'cut before its end';
  return 'not well-formed XML';
}

/** One element of HL7 v3. Elements of other namespaces (sdtc, lab) are not seen. */
export class Tag {
  readonly #element: XmlElement;
  /** Made once: each reading of a node crosses into the parser. */
  #children: Map<string, Tag[]> | undefined;

  constructor(element: XmlElement) {
    this.#element = element;
  }

  /** Value of an attribute, trimmed; `undefined` when absent or empty. */
  attribute(name: string): string | undefined {
    return bounded(this.#element.attr(name)?.value);
  }

  /** Text, trimmed, white space folded; `undefined` when there is none. */
  get text(): string | undefined {
    return bounded(this.#element.content.replace(/\s+/g, ' '));
  }

  /** Text as it stands, however long. */
  get rawText(): string {
    return this.#element.content;
  }

  all(name: string): readonly Tag[] {
    const found = this.#byName().get(name) ?? [];
    if (found.length > LIST_LIMIT) throw unreadable(`more than ${LIST_LIMIT} elements of one kind in the header`);
    return found;
  }

  /** First element at the end of a path of names. */
  first(name: string, ...rest: readonly string[]): Tag | undefined {
    const tag = this.#byName().get(name)?.[0];
    return tag && rest.length > 0 ? tag.first(rest[0]!, ...rest.slice(1)) : tag;
  }

  /** `@code` of a coded element, `@value` of a time: the shorthand of a header. */
  code(name: string, ...rest: readonly string[]): string | undefined {
    return this.first(name, ...rest)?.attribute('code');
  }

  value(name: string, ...rest: readonly string[]): string | undefined {
    return this.first(name, ...rest)?.attribute('value');
  }

  #byName(): Map<string, Tag[]> {
    if (this.#children) return this.#children;
    const children = new Map<string, Tag[]>();
    for (let node = this.#element.firstChild; node; node = node.next) {
      if (!(node instanceof XmlElement) || node.namespaceUri !== HL7_V3) continue;
      const { name } = node;
      const same = children.get(name);
      if (same) same.push(new Tag(node));
      else children.set(name, [new Tag(node)]);
    }
    return (this.#children = children);
  }
}

function bounded(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value.length > VALUE_LIMIT) throw unreadable('a header value is too long');
  return value.trim() || undefined;
}
