/** Lines that fit a width. In time that grows with the text and no faster, whatever the text: the writer's own wrapping does not. */

/** Longest piece measured at once: a word that does not end is cut. */
const PIECE_CHARS = 60;

/** `widthOf`: of a short text, in the font and size that it will be drawn in. Cuts between words, and within a word wider than a line. */
export function wrapped(line: string, width: number, widthOf: (text: string) => number): readonly string[] {
  const lines: string[] = [];
  let current = '';
  let used = 0;
  for (const word of line.split(/(?<= )/).flatMap((each) => piecesOf(each, width, widthOf))) {
    const full = widthOf(word);
    if (current !== '' && used + (word.endsWith(' ') ? widthOf(word.trimEnd()) : full) > width) {
      lines.push(current.trimEnd());
      current = '';
      used = 0;
    }
    current += word;
    used += full;
  }
  return [...lines, current.trimEnd()];
}

function piecesOf(word: string, width: number, widthOf: (text: string) => number): readonly string[] {
  if (word.length <= PIECE_CHARS && widthOf(word) <= width) return [word];
  const chars = Array.from(word);
  if (chars.length === 1) return [word];
  const size = Math.min(PIECE_CHARS / 2, Math.ceil(chars.length / 2));
  const pieces: string[] = [];
  for (let at = 0; at < chars.length; at += size) pieces.push(...piecesOf(chars.slice(at, at + size).join(''), width, widthOf));
  return pieces;
}
