/** The human text of a section: its lines as a person would read them, and the pieces that entries refer to. */
import type { Tag } from '../tag.ts';

/** Elements that begin a line of their own. */
const LINES = new Set(['paragraph', 'table', 'tr', 'list', 'item', 'caption', 'thead', 'tbody', 'tfoot']);
/** Deeper, a narrative is somebody's attack; its text is taken flat. */
const DEPTH_LIMIT = 40;

/** Lines separated by line feeds, cells by ` | `, items of lists marked `- `; white space folded, empty cells left out. */
export function narrativeText(tag: Tag): string {
  const lines: string[] = [''];
  write(tag, lines, 0);
  return lines
    .map((line) => line.replace(/\s+/g, ' ').replace(/^[ |]+|[ |]+$/g, ''))
    .map((line) => line.replace(/( \|)+ /g, ' | '))
    .filter((line) => line !== '' && line !== '-')
    .join('\n');
}

function write(tag: Tag, lines: string[], depth: number): void {
  for (const piece of tag.pieces) {
    if (typeof piece === 'string') lines[lines.length - 1] += piece.replace(/\s+/g, ' ');
    else if (depth > DEPTH_LIMIT) lines[lines.length - 1] += piece.rawText;
    else if (piece.name === 'br') lines.push('');
    else if (piece.name === 'td' || piece.name === 'th') {
      lines[lines.length - 1] += ' | ';
      write(piece, lines, depth + 1);
    } else if (LINES.has(piece.name)) {
      lines.push(piece.name === 'item' ? '- ' : '');
      write(piece, lines, depth + 1);
      lines.push('');
    } else write(piece, lines, depth + 1);
  }
}

/** A piece of a narrative that entries refer to, and the row, item or paragraph that it stands in. */
export interface Named {
  readonly tag: Tag;
  readonly row?: Tag;
}

const ROWS = new Set(['tr', 'item', 'paragraph']);

/** What carries `ID="..."`, by that name; the first one when a name is there twice. */
export function namedPieces(tag: Tag): ReadonlyMap<string, Named> {
  const found = new Map<string, Named>();
  const open: Named[] = [{ tag }];
  for (let next = open.pop(); next; next = open.pop()) {
    const id = next.tag.attribute('ID');
    if (id !== undefined && !found.has(id)) found.set(id, next);
    const row = ROWS.has(next.tag.name) ? next.tag : next.row;
    for (const child of next.tag.elements.toReversed()) open.push({ tag: child, ...(row && { row }) });
  }
  return found;
}

export interface Block {
  readonly heading: string;
  readonly text: string;
  /** Where it stands. */
  readonly tag: Tag;
}

/** The parts of a narrative under their headings: a table under its `th`, a list under its caption, a paragraph `Heading : text`. */
export function blocksOf(tag: Tag): readonly Block[] {
  return tag.elements
    .filter(({ name }) => name === 'table' || name === 'list' || name === 'paragraph')
    .map((element) => {
      const lines = narrativeText(element).split('\n');
      const headed = element.name !== 'paragraph' && (element.first('thead') ?? element.first('caption'));
      if (headed) {
        const heading = narrativeText(headed);
        return { heading, text: lines.slice(heading.split('\n').length).join('\n'), tag: element };
      }
      const [, heading = '', rest] = /^([^:\n]{1,80}?)\s*:\s*(.*)$/s.exec(lines.join('\n')) ?? [];
      return { heading, text: rest ?? lines.join('\n'), tag: element };
    });
}
