/** Holds a document to a set of rules. Synchronous and slow (tenths of a second to seconds): for a worker thread. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
// CommonJS without named exports that Node could see.
import fontoxpath, { type Options } from 'fontoxpath';
import { parseXmlDocument, type Document, type Element, type Node } from 'slimdom';
import type { Let, Rule, RuleSet } from './compile.ts';

// oxlint-disable-next-line import/no-named-as-default-member
const { evaluateXPath, evaluateXPathToBoolean, evaluateXPathToNodes, registerCustomXPathFunction } = fontoxpath;

export interface RuleFailure {
  readonly message: string;
  /** Names and positions of the elements down to the one that fails: `/ClinicalDocument/component[1]/structuredBody[1]`. */
  readonly at: string;
}

/** Failures in order of rules; a rule that the engine cannot evaluate counts in `unevaluated`, and is no failure. */
export function runRules(rules: RuleSet, document: Document, failureLimit: number): { failures: RuleFailure[]; unevaluated: number } {
  folder = rules.folder;
  const run: Run = { document, options: optionsOf(rules), failures: [], failureLimit, unevaluated: 0, globals: {} };
  run.globals = withLets(run, rules.lets, document, {});
  for (const pattern of rules.patterns) runPattern(run, pattern);
  return { failures: run.failures, unevaluated: run.unevaluated };
}

type Variables = Record<string, unknown>;

interface Run {
  readonly document: Document;
  readonly options: Options;
  readonly failures: RuleFailure[];
  readonly failureLimit: number;
  unevaluated: number;
  globals: Variables;
}

function runPattern(run: Run, rules: readonly Rule[]): void {
  const met = new Set<unknown>();
  for (const rule of rules) {
    for (const node of contextOf(run, rule)) {
      if (met.has(node)) continue;
      met.add(node);
      const variables = rule.lets.length > 0 ? withLets(run, rule.lets, node, run.globals) : run.globals;
      for (const { kind, test, message } of rule.assertions) {
        if (run.failures.length >= run.failureLimit) return;
        try {
          if (evaluateXPathToBoolean(callable(test), node, null, variables, run.options) === (kind === 'report'))
            run.failures.push({ message, at: placeOf(node) });
        } catch {
          run.unevaluated++;
        }
      }
    }
  }
}

function contextOf(run: Run, { context }: Rule): Node[] {
  const anywhere = alternatives(context).map((one) => (one.startsWith('/') ? one : `//${one}`));
  try {
    return evaluateXPathToNodes<Node>(callable(anywhere.join('|')), run.document, null, run.globals, run.options);
  } catch {
    run.unevaluated++;
    return [];
  }
}

function withLets(run: Run, lets: readonly Let[], node: Node, outer: Variables): Variables {
  const variables = { ...outer };
  for (const [name, expression] of lets) {
    try {
      variables[name] = evaluateXPath(callable(expression), node, null, variables, evaluateXPath.ANY_TYPE, run.options);
    } catch {
      run.unevaluated++;
    }
  }
  return variables;
}

function optionsOf({ namespaces }: RuleSet): Options {
  const known: Record<string, string> = {
    xs: 'http://www.w3.org/2001/XMLSchema',
    fn: 'http://www.w3.org/2005/xpath-functions',
    ...namespaces,
    [PREFIX]: FUNCTIONS,
  };
  return { language: evaluateXPath.XPATH_3_1_LANGUAGE, namespaceResolver: (prefix) => known[prefix] ?? null };
}

/** The alternatives of a match pattern: a `|` outside predicates and quotes. */
function alternatives(pattern: string): string[] {
  const found: string[] = [];
  let [depth, quote, from] = [0, '', 0];
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!;
    if (quote) quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '[' || char === '(') depth++;
    else if (char === ']' || char === ')') depth--;
    else if (char === '|' && depth === 0) {
      found.push(pattern.slice(from, i).trim());
      from = i + 1;
    }
  }
  return [...found, pattern.slice(from).trim()];
}

function placeOf(node: Node): string {
  const steps: string[] = [];
  for (let element: Node | null = node; element?.nodeType === 1; element = element.parentNode) {
    const { localName, parentNode } = element as Element;
    const same = parentNode?.nodeType === 1 ? (parentNode as Element).children.filter((one) => one.localName === localName) : [];
    steps.unshift(same.length > 0 ? `${localName}[${same.indexOf(element as Element) + 1}]` : localName);
  }
  return `/${steps.join('/')}`;
}

// ------------------------------------------------------------------------------------------- document(), which XPath has not

const PREFIX = 'passerelle';
const FUNCTIONS = 'urn:passerelle:xpath';
/** Of the rules that run: a run is synchronous, and there is one at a time in a thread. */
let folder = '';
/** Value sets are read once; they are files of a few kilobytes to two megabytes. */
const valueSets = new Map<string, Document>();

const callable = (expression: string): string => expression.replace(/(?<![\w:.-])document\(/g, `${PREFIX}:document(`);

/** A value set that is not there throws: the rule cannot be evaluated, which is not a fault of the document. */
registerCustomXPathFunction({ namespaceURI: FUNCTIONS, localName: 'document' }, ['xs:string?'], 'node()?', (_context, name: string | null) => {
  if (name === null) return null;
  const file = path.resolve(folder, name);
  if (!file.endsWith('.xml')) throw new Error('not a value set');
  let document = valueSets.get(file);
  if (!document) valueSets.set(file, (document = parseXmlDocument(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))));
  return document;
});
