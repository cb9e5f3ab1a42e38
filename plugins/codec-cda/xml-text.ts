/** Writes XML: elements as strings, every value escaped. */

/** Control characters: XML 1.0 cannot carry most of them, even escaped. White space among them is kept. */
const CONTROLS = /[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu;

export function escapeXml(value: string): string {
  return value
    .toWellFormed()
    .replace(CONTROLS, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** `content` is XML already (other elements), or `undefined` for what is left out; an attribute without value is not written. */
export function element(name: string, attributes: Readonly<Record<string, string | undefined>>, ...content: readonly (string | undefined)[]): string {
  const written = Object.entries(attributes).map(([key, value]) => (value === undefined ? '' : ` ${key}="${escapeXml(value)}"`));
  const inside = content.join('');
  return `<${name}${written.join('')}${inside === '' ? '/>' : `>${inside}</${name}>`}`;
}

/** An element that holds text; left out when there is none. */
export const textElement = (name: string, text: string | null | undefined, attributes: Readonly<Record<string, string>> = {}): string | undefined =>
  text ? element(name, attributes, escapeXml(text)) : undefined;
