/** A structured CDA with one thing other than it was in one place of what it says: an attribute, a child, words, a type. Each kind of place once. */
import { Element, parseXmlDocument, serializeToWellFormedString, type Document, type Node } from 'slimdom';

export interface Mutation {
  readonly what: string;
  /** Only before the next one is asked for. */
  readonly xml: () => string;
}

const HL7 = 'urn:hl7-org:v3';
const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
/** Says nothing of the patient, by the design of the reader. */
const FORMAL = new Set(['templateId', 'id', 'reference', 'title']);
const UNKNOWN = ['NA', 'NAV', 'NI', 'UNK'];
const OTHER: Readonly<Record<string, readonly string[]>> = {
  typeCode: ['CAUS', 'RSON', 'XCRPT'],
  moodCode: ['GOL', 'RQO'],
  classCode: ['COND'],
  negationInd: ['true'],
  inversionInd: ['true'],
  code: ['X-1'],
  value: ['4'],
  root: ['1.2.3.4'],
  extension: ['X-1'],
  displayName: ['autre'],
  nullFlavor: ['NASK', 'MSK'],
};
const ADDED: Readonly<Record<string, readonly string[]>> = {
  codeSystemVersion: ['99'],
  nullFlavor: ['MSK', 'NI', 'NASK'],
  unit: ['mm'],
  operator: ['A'],
  confidentialityCode: ['R'],
};
const TYPES = ['CD', 'ST', 'INT', 'REAL', 'PQ', 'BL', 'TS', 'IVL_PQ', 'PIVL_TS'];
const LOCAL = '<translation code="Z" codeSystem="1.2.3" displayName="z"/>';
const CHILDREN = [
  LOCAL,
  '<translation code="Z" codeSystem="1.2.3"><originalText>sauf le sein gauche</originalText></translation>',
  '<sequenceNumber value="2"/>',
  '<modeCode code="Z" codeSystem="1.2.3" displayName="z"/>',
  '<qualifier><name code="Z"/><value code="Z" displayName="z"/></qualifier>',
  '<originalText>sauf le sein gauche</originalText>',
  '<period value="2" unit="wk"/>',
  '<performer typeCode="PRF"><assignedEntity classCode="ASSIGNED"><id root="1.2.3" extension="Z"/></assignedEntity></performer>',
  '<entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN"><code code="Z"/><value xsi:type="INT" value="3"/></observation></entryRelationship>',
];

const isNumber = (type: string): boolean => type === 'INT' || type === 'REAL';
/** Whether it says nothing: unknown, or what is said elsewhere. */
const isEmpty = (element: Element): boolean =>
  element.attributes.every(({ localName, value }) => localName === 'type' || (localName === 'nullFlavor' && UNKNOWN.includes(value))) &&
  element.childNodes.every((child) => isElement(child) && (child.localName === 'reference' || isEmpty(child)));

/** The same number twice is one, and the texts of two sections are written as one. */
const isRepeatable = (element: Element): boolean =>
  element.localName === 'telecom' || (element.localName === 'section' && element.getElementsByTagNameNS(HL7, 'entry').length === 0);

const isElement = (node: Node): node is Element => node instanceof Element;
const elementsIn = (element: Element): Element[] => element.childNodes.filter(isElement);
const isNarrative = (element: Element): boolean => element.localName === 'text' && (element.parentNode as Element).localName === 'section';

/** Whether it says the same as the code that it stands in. */
const isTranslation = ({ localName, parentNode, childNodes }: Element): boolean =>
  localName === 'translation' &&
  (parentNode as Element).hasAttribute('code') &&
  (parentNode as Element).localName !== 'functionCode' &&
  childNodes.every((child) => isElement(child) && isEmpty(child));

const isSectionCode = ({ localName, parentNode }: Element): boolean => localName === 'code' && (parentNode as Element).localName === 'section';

/** From its section or its place in the header down, with the code of each statement. */
function placeOf(element: Element): string {
  const steps: string[] = [];
  for (let at: Element | null = element; at && at.localName !== 'ClinicalDocument'; at = at.parentNode instanceof Element ? at.parentNode : null) {
    const code = elementsIn(at)
      .find(({ localName }) => localName === 'code')
      ?.getAttribute('code');
    steps.unshift(code ? `${at.localName}(${code})` : at.localName);
    if (at.localName === 'section') break;
  }
  return steps.join('/');
}

const parsedFrom = (document: Document, xml: string): Element =>
  document.importNode(parseXmlDocument(`<x xmlns="${HL7}" xmlns:xsi="${XSI}">${xml}</x>`).documentElement!.firstChild as Element, true);

function* changesOf(element: Element): Generator<readonly [what: string, undo: () => void]> {
  const inserted = (node: Node, what: string, before: Node | null = null, parent: Node = element): readonly [string, () => void] => {
    parent.insertBefore(node, before);
    return [what, () => parent.removeChild(node)];
  };
  const document = element.ownerDocument!;
  for (const [name, values] of Object.entries(ADDED))
    for (const value of element.hasAttribute(name) ? [] : values) {
      element.setAttribute(name, value);
      yield [`@${name}=${value}`, () => element.removeAttribute(name)];
    }
  for (const [name, values] of Object.entries(OTHER)) {
    const own = element.getAttribute(name);
    // Of a question and of a section, its name: which one it is, its code and its template say.
    if (['code', 'name'].includes(element.localName) && name === 'displayName') continue;
    if (isSectionCode(element) && name === 'code') continue;
    for (const value of own === null ? [] : values) {
      element.setAttribute(name, value);
      yield [`@${name}=${value}`, () => element.setAttribute(name, own!)];
    }
  }
  const type = element.getAttributeNS(XSI, 'type');
  const isNull = element.hasAttribute('nullFlavor');
  if (element.hasAttribute('code') && !isSectionCode(element)) {
    const local = element.cloneNode(true);
    for (const name of ['code', 'codeSystem', 'displayName']) local.removeAttribute(name);
    local.setAttribute('nullFlavor', 'UNK');
    local.appendChild(parsedFrom(document, LOCAL));
    element.parentNode!.replaceChild(local, element);
    yield ['local code', () => local.parentNode!.replaceChild(element, local)];
  }
  for (const other of type === null || isNull ? [] : TYPES.filter((one) => one !== type && !(isNumber(one) && isNumber(type)))) {
    element.setAttributeNS(XSI, 'xsi:type', other);
    yield [`@xsi:type=${other}`, () => element.setAttributeNS(XSI, 'xsi:type', type!)];
  }
  for (const child of CHILDREN) {
    const parsed = parsedFrom(document, child);
    const before = elementsIn(element).find(({ localName }) => localName === 'entryRelationship') ?? null;
    yield inserted(parsed, `+${parsed.localName}`, before);
  }
  yield inserted(document.createTextNode('sauf'), '+words');
  if (!isEmpty(element) && !isRepeatable(element)) yield inserted(element.cloneNode(true), 'twice', element.nextSibling, element.parentNode!);
}

export function* mutationsOf(xml: string): Generator<Mutation> {
  const document = parseXmlDocument(xml);
  const seen = new Set<string>();
  const places: (readonly [string, Element])[] = [];
  const walk = (element: Element): void => {
    if (FORMAL.has(element.localName) || isNarrative(element)) return;
    const place = placeOf(element);
    if (!seen.has(place)) places.push([place, element]);
    seen.add(place);
    elementsIn(element).forEach(walk);
  };
  for (const name of ['participant', 'section']) document.getElementsByTagNameNS(HL7, name).forEach(walk);
  for (const [place, element] of places)
    for (const [what, undo] of changesOf(element)) {
      yield { what: `${place} ${what}`, xml: () => serializeToWellFormedString(document) };
      undo();
    }
}

/** Each with a narrative, or a first cell, that is struck through. */
export function* strikesOf(xml: string): Generator<Mutation> {
  const document = parseXmlDocument(xml);
  const narratives = document.getElementsByTagNameNS(HL7, 'text').filter(isNarrative);
  for (const element of narratives.flatMap((one) => [one, ...one.getElementsByTagNameNS(HL7, 'td').slice(0, 1)])) {
    element.setAttribute('styleCode', 'xStrike');
    yield { what: `${placeOf(element)} @styleCode`, xml: () => serializeToWellFormedString(document) };
    element.removeAttribute('styleCode');
  }
}

/** What its participants and the entries of its body say, without names of places and of rows. */
export function saidBy(xml: string): string {
  const document: Document = parseXmlDocument(xml);
  const out: Node[] = [];
  const walk = (element: Element): void => {
    // Words and qualifiers without a code say that it is not known.
    if (!element.hasAttribute('code') && elementsIn(element).some(({ localName }) => ['originalText', 'qualifier'].includes(localName)))
      if (UNKNOWN.includes(element.getAttribute('nullFlavor') ?? '')) element.removeAttribute('nullFlavor');
    const isNamed =
      (element.localName === 'id' && element.parentNode instanceof Element && element.parentNode.hasAttribute('moodCode')) || isNarrative(element);
    if (isNamed || ['templateId', 'title'].includes(element.localName) || isEmpty(element) || isTranslation(element)) out.push(element);
    else if (element.localName === 'reference') element.removeAttribute('value');
    else elementsIn(element).forEach(walk);
  };
  const roots = [...document.getElementsByTagNameNS(HL7, 'participant'), ...document.getElementsByTagNameNS(HL7, 'section')];
  for (const section of document.getElementsByTagNameNS(HL7, 'section'))
    for (const id of elementsIn(section).filter(({ localName }) => localName === 'id')) section.removeChild(id);
  roots.forEach(walk);
  for (const node of new Set(out)) node.parentNode?.removeChild(node);
  return roots
    .filter((root) => !roots.some((other) => other !== root && other.contains(root)))
    .map((root) => serializeToWellFormedString(root))
    .join('\n');
}
