/** Text as the pages can show it: nothing disappears, what the font cannot draw rightly is named in its place. */

/** Written from right to left, which the writer of pages does not order. */
const RIGHT_TO_LEFT = /\p{Script=Arabic}|\p{Script=Hebrew}|\p{Script=Syriac}|\p{Script=Thaana}/u;
/** Without shape of their own: byte order mark, soft hyphen, joiners, directions. */
const SHAPELESS = /[\p{Cf}\p{Variation_Selector}]/gu;
const TAB = ' '.repeat(4);

/** `hasGlyph`: whether the font draws this code point. `[U+1F600]` stands for one that it does not. */
export function printable(text: string, hasGlyph: (codePoint: number) => boolean): string {
  const plain = text
    .normalize('NFC')
    .replaceAll(/\r\n?|[\f\v\u0085\u2028\u2029]/g, '\n')
    .replaceAll('\t', TAB)
    .replaceAll(SHAPELESS, '');
  let result = '';
  for (const char of plain) {
    const code = char.codePointAt(0) ?? 0;
    if (char === '\n') result += char;
    else if (/\p{Cc}/u.test(char)) result += ' ';
    else result += hasGlyph(code) && !RIGHT_TO_LEFT.test(char) ? char : `[U+${code.toString(16).toUpperCase().padStart(4, '0')}]`;
  }
  return result;
}
