/**
 * Reads a schematron file to a flat list of rules: includes resolved, abstract patterns and rules expanded, the inactive patterns of
 * a default phase left out. A `let` of a pattern is seen by all of them, as the reference implementation of ISO schematron has it.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseXmlDocument, type Element } from 'slimdom';
import { PasserelleError } from '../../../../core/contract/index.ts';

const SCHEMATRON = 'http://purl.oclc.org/dsdl/schematron';
/** The largest official set, the profile of all content models, has some 300 files. */
const FILE_LIMIT = 2000;

/** Name and XPath expression. */
export type Let = readonly [name: string, expression: string];

export interface Assertion {
  /** `assert` fails when the test is false, `report` when it is true. */
  readonly kind: 'assert' | 'report';
  readonly test: string;
  /** What it asks, with the names of what it looks at and never their values. */
  readonly message: string;
}

export interface Rule {
  readonly context: string;
  readonly lets: readonly Let[];
  readonly assertions: readonly Assertion[];
}

export interface RuleSet {
  /** Name of the file without extension: `CI-SIS_CANCER-FRCP_2022.01`. */
  readonly name: string;
  /** Folder that `document()` starts from. */
  readonly folder: string;
  readonly namespaces: Readonly<Record<string, string>>;
  readonly lets: readonly Let[];
  /** Of each pattern, in order: a node obeys the first one whose context it is. */
  readonly patterns: readonly (readonly Rule[])[];
}

/** Throws ERR_NOT_FOUND when the file or one it includes is absent, ERR_DOCUMENT_UNREADABLE when one is no XML. */
export async function compileRules(file: string): Promise<RuleSet> {
  const root = await readXml(file);
  const elements = await withIncludes(root, file, { left: FILE_LIMIT });
  const named = (name: string): Element[] => elements.filter((element) => element.localName === name);
  const isAbstract = (element: Element): boolean => element.getAttribute('abstract') === 'true';
  const abstract = new Map(
    named('pattern')
      .filter(isAbstract)
      .map((pattern) => [pattern.getAttribute('id'), pattern]),
  );
  const active = activePatterns(root, named('phase'));
  const patterns = named('pattern').filter((one) => !isAbstract(one) && (!active || active.has(one.getAttribute('id') ?? '')));
  return {
    name: path.basename(file, '.sch'),
    folder: path.dirname(file),
    namespaces: Object.fromEntries(named('ns').map((ns) => [ns.getAttribute('prefix') ?? '', ns.getAttribute('uri') ?? ''])),
    lets: [...named('let').map((one) => letOf(one, same)), ...patterns.flatMap((one) => children(one, 'let').map((let_) => letOf(let_, same)))],
    patterns: patterns.map((pattern) => rulesOf(pattern, abstract)),
  };
}

const same = (text: string): string => text;

async function readXml(file: string): Promise<Element> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new PasserelleError('ERR_NOT_FOUND', { location: { file }, expected: 'a file of schematron rules' });
  });
  try {
    return parseXmlDocument(text.replace(/^\uFEFF/, '')).documentElement!;
  } catch (cause) {
    throw new PasserelleError('ERR_DOCUMENT_UNREADABLE', { location: { file }, found: 'rules that are no XML', cause });
  }
}

/** Children of the schema, an `include` replaced by the element it names. */
async function withIncludes(root: Element, file: string, budget: { left: number }): Promise<Element[]> {
  const found: Element[] = [];
  for (const element of children(root)) {
    if (element.localName !== 'include') {
      found.push(element);
      continue;
    }
    if (budget.left-- <= 0) throw new PasserelleError('ERR_DOCUMENT_UNREADABLE', { location: { file }, found: 'too many included files' });
    const target = path.resolve(path.dirname(file), decodeURIComponent(element.getAttribute('href') ?? ''));
    const included = await readXml(target);
    if (included.localName === 'schema') found.push(...(await withIncludes(included, target, budget)));
    else found.push(included);
  }
  return found;
}

/** Undefined: all. */
function activePatterns(root: Element, phases: readonly Element[]): ReadonlySet<string> | undefined {
  const name = root.getAttribute('defaultPhase');
  const phase = name ? phases.find((one) => one.getAttribute('id') === name) : undefined;
  return phase && new Set(children(phase, 'active').map((active) => active.getAttribute('pattern') ?? ''));
}

function rulesOf(pattern: Element, abstract: ReadonlyMap<string | null, Element>): Rule[] {
  const parent = pattern.getAttribute('is-a');
  if (parent === null) return readRules(pattern, same);
  const source = abstract.get(parent);
  if (!source) throw new PasserelleError('ERR_DOCUMENT_UNREADABLE', { found: `rules that are of no known kind: ${parent}` });
  // The longest name first: `$path` is the beginning of `$path_jdv`.
  const parameters = children(pattern, 'param')
    .map((one) => [`$${one.getAttribute('name') ?? ''}`, one.getAttribute('value') ?? ''] as const)
    .sort(([one], [other]) => other.length - one.length);
  return readRules(source, (text) => parameters.reduce((filled, [name, value]) => filled.replaceAll(name, () => value), text));
}

function readRules(pattern: Element, fill: (text: string) => string): Rule[] {
  const all = children(pattern, 'rule');
  const inherited = (rule: Element): Element[] =>
    children(rule, 'extends').flatMap((one) => all.filter((other) => other.getAttribute('id') === one.getAttribute('rule') && other !== rule));
  return all
    .filter((rule) => rule.getAttribute('abstract') !== 'true')
    .map((rule) => ({
      context: fill(rule.getAttribute('context') ?? ''),
      lets: [...inherited(rule), rule].flatMap((one) => children(one, 'let').map((let_) => letOf(let_, fill))),
      assertions: [...inherited(rule), rule].flatMap((one) => children(one).flatMap((child) => assertionOf(child, fill) ?? [])),
    }));
}

function assertionOf(element: Element, fill: (text: string) => string): Assertion | undefined {
  const kind = element.localName;
  if (kind !== 'assert' && kind !== 'report') return undefined;
  return { kind, test: fill(element.getAttribute('test') ?? ''), message: fill(messageOf(element)) };
}

/** `value-of` stands for a value of the document, which may be the patient's: the expression is said instead. */
function messageOf(element: Element): string {
  const texts = element.childNodes.map((node) => {
    if (node.nodeType === 3 || node.nodeType === 4) return node.nodeValue ?? '';
    if (node.nodeType !== 1) return '';
    const child = node as Element;
    return child.localName === 'value-of' ? (child.getAttribute('select') ?? '') : child.localName === 'name' ? '' : (child.textContent ?? '');
  });
  return texts.join('').replace(/\s+/g, ' ').trim();
}

const letOf = (element: Element, fill: (text: string) => string): Let => [
  element.getAttribute('name') ?? '',
  fill(element.getAttribute('value') ?? ''),
];

const children = (element: Element, name?: string): Element[] =>
  element.children.filter((child) => child.namespaceURI === SCHEMATRON && (name === undefined || child.localName === name));
