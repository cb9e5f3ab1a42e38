/** The tree of a CDA as the header reader walks it, read from what the parser wrote: bounded values, children found by name. */
import { unreadable } from './prepare.ts';

export const HL7_V3 = 'urn:hl7-org:v3';
/** Longest header value: a header that passes it would not fit in an envelope. */
const VALUE_LIMIT = 4000;
/** Most repetitions of one header element (the participants of an RCP are some twenty). */
const LIST_LIMIT = 200;

/** Namespaces by prefix, `''` the default one. */
type Spaces = ReadonlyMap<string, string>;

/** One element of HL7 v3. Elements of other namespaces (sdtc, lab) are not seen. */
export class Tag {
  readonly name: string;
  readonly spaces: Spaces;
  readonly isHl7: boolean;
  /** ` root="1.2" extension="3"`, as written. */
  readonly #attributes: string;
  /** Text as written and elements, in order. */
  readonly #content: (string | Tag)[] = [];
  #children: Map<string, Tag[]> | undefined;

  constructor(qualifiedName: string, attributes: string, outer: Spaces) {
    this.#attributes = attributes;
    this.spaces = attributes.includes(' xmlns') ? declaredIn(attributes, outer) : outer;
    const colon = qualifiedName.indexOf(':');
    this.name = qualifiedName.slice(colon + 1);
    this.isHl7 = this.spaces.get(colon < 0 ? '' : qualifiedName.slice(0, colon)) === HL7_V3;
  }

  add(content: string | Tag): void {
    this.#content.push(content);
  }

  /** Value of an attribute, trimmed; `undefined` when absent or empty. */
  attribute(name: string): string | undefined {
    // A quote within a value is written `&quot;`, so that this is found in no value.
    const start = ` ${name}="`;
    const at = this.#attributes.indexOf(start);
    if (at < 0) return undefined;
    const from = at + start.length;
    return bounded(meaningOf(this.#attributes.slice(from, this.#attributes.indexOf('"', from))));
  }

  /** Names of the attributes that are not empty, as written; declarations of namespaces are none. */
  get attributeNames(): readonly string[] {
    const names = [...this.#attributes.matchAll(/ ([^\s=]+)="(?!")/g)].map(([, name = '']) => name);
    return names.filter((name) => !name.startsWith('xmlns'));
  }

  /** Text, trimmed, white space folded; `undefined` when there is none. */
  get text(): string | undefined {
    return bounded(this.rawText.replace(/\s+/g, ' '));
  }

  /** Text as it stands, that of elements within included, however long. */
  get rawText(): string {
    let text = '';
    for (const piece of this.#content) text += typeof piece === 'string' ? meaningOf(piece) : piece.rawText;
    return text;
  }

  /** HL7 elements in order, however many. */
  get elements(): readonly Tag[] {
    return this.#content.filter((piece): piece is Tag => typeof piece !== 'string' && piece.isHl7);
  }

  /** Text and elements in order: a narrative. */
  get pieces(): readonly (string | Tag)[] {
    return this.#content.map((piece) => (typeof piece === 'string' ? meaningOf(piece) : piece));
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
    for (const child of this.#content) {
      if (typeof child === 'string' || !child.isHl7) continue;
      const same = children.get(child.name);
      if (same) same.push(child);
      else children.set(child.name, [child]);
    }
    return (this.#children = children);
  }
}

/** A comment, an instruction, an end, or a start with its attributes: what the parser writes begins with nothing else. */
const MARKUP = /<(?:!--[^]*?-->|\?[^]*?\?>|\/[^>]*>|([^\s/>!?]+)((?: [^\s=]+="[^"]*")*)(\/?)>)/y;

/** The root of what `writtenRoot` gives. */
export function readTree(xml: string): Tag {
  const open: Tag[] = [];
  let root: Tag | undefined;
  for (let at = 0; at < xml.length;) {
    const less = xml.indexOf('<', at);
    if (less > at) open.at(-1)?.add(xml.slice(at, less));
    MARKUP.lastIndex = less;
    const match = less < 0 ? null : MARKUP.exec(xml);
    if (!match) break;
    at = MARKUP.lastIndex;
    const [, name, attributes = '', isClosed] = match;
    if (name !== undefined) {
      const outer = open.at(-1);
      const tag = new Tag(name, attributes, outer?.spaces ?? NO_SPACES);
      outer?.add(tag);
      root ??= tag;
      if (!isClosed) open.push(tag);
    } else if (xml[less + 1] === '/') open.pop();
    if (open.length === 0 && root) return root;
  }
  throw unreadable('the XML parser failed');
}

const NO_SPACES: Spaces = new Map();

function declaredIn(attributes: string, outer: Spaces): Spaces {
  const spaces = new Map(outer);
  for (const [, prefix = '', uri = ''] of attributes.matchAll(/ xmlns(?::([^=]+))?="([^"]*)"/g)) spaces.set(prefix, meaningOf(uri));
  return spaces;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Text without its entities and character references. */
function meaningOf(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(/&(?:#x([\da-fA-F]+)|#(\d+)|([a-z]+));/g, (written, hex?: string, decimal?: string, name?: string) =>
    name === undefined ? String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)) : (ENTITIES[name] ?? written),
  );
}

function bounded(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value.length > VALUE_LIMIT) throw unreadable('a header value is too long');
  return value.trim() || undefined;
}
