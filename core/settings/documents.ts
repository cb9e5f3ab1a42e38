/** Settings documents as read: YAML with the line of every field, several documents a file, every fault kept rather than thrown. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { LineCounter, isMap, isScalar, isSeq, parseAllDocuments, type Document, type ErrorCode as YamlFault } from 'yaml';
import { PasserelleError, type Location, type SettingsIssue } from '../contract/index.ts';
import { makeIssue, say } from './issue.ts';

/** A file as it comes from a folder or through the API. */
export interface SettingsFile {
  /** Relative to the folder, with `/`. */
  readonly file: string;
  readonly text: string;
}

export interface SettingsDocument {
  /** Absent for a document that comes from a stored revision. */
  readonly file?: string;
  /** `undefined` when the YAML could not be read. */
  readonly value: unknown;
  /** Where a JSON pointer of this document stands, as precisely as the file tells. */
  readonly locate: (pointer: string) => Location;
  /** Faults of syntax and size; `checkDocuments` reports them with all the others. */
  readonly faults: readonly SettingsIssue[];
}

/** A region of some hundred sites fits many times; protects memory from a folder given by mistake. */
const MAX_FILES = 2_000;
const MAX_FILE_BYTES = 1024 * 1024;
/** Site folders stand one level down (`sites/chx.yaml`); protects from walking a whole disk. */
const MAX_DEPTH = 3;
/** Protects from an alias bomb (a few lines that unfold to gigabytes). */
const MAX_ALIASES = 100;

/** Reads every `.yaml` and `.yml` file of a folder, in order of name. Throws ERR_CONFIG_UNREADABLE when the folder cannot be read. */
export async function readSettingsFiles(folder: string): Promise<readonly SettingsFile[]> {
  const files: SettingsFile[] = [];
  await walk(folder, '', 0, files);
  return files;
}

async function walk(folder: string, below: string, depth: number, files: SettingsFile[]): Promise<void> {
  const entries = await readdir(path.join(folder, below), { withFileTypes: true }).catch((cause: unknown) => {
    throw new PasserelleError('ERR_CONFIG_UNREADABLE', { location: { file: path.join(folder, below) }, expected: 'a readable folder', cause });
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const file = path.posix.join(below, entry.name);
    if (entry.isDirectory() && depth < MAX_DEPTH) await walk(folder, file, depth + 1, files);
    if (!entry.isFile() || !/\.ya?ml$/i.test(entry.name)) continue;
    if (files.length >= MAX_FILES) throw new PasserelleError('ERR_CONFIG_UNREADABLE', { location: { file }, expected: `at most ${MAX_FILES} files` });
    files.push({ file, text: await readFile(path.join(folder, file), 'utf8') });
  }
}

/** The documents of a folder. Faults of YAML are in `faults`; only an unreadable folder throws (ERR_CONFIG_UNREADABLE). */
export async function loadDocuments(folder: string): Promise<readonly SettingsDocument[]> {
  return parseDocuments(await readSettingsFiles(folder));
}

/** Documents of texts already read: the API and `--settings`. Never throws. */
export function parseDocuments(files: readonly SettingsFile[]): readonly SettingsDocument[] {
  return files.flatMap(({ file, text }) => (Buffer.byteLength(text) > MAX_FILE_BYTES ? [tooLarge(file)] : parseFile(file, text)));
}

/** Documents of a stored revision: they have no file and no lines. */
export function storedDocuments(values: readonly unknown[]): readonly SettingsDocument[] {
  return values.map((value) => ({ value, faults: [], locate: (pointer) => ({ path: pointer }) }));
}

function parseFile(file: string, text: string): SettingsDocument[] {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, strict: true });
  if (!Array.isArray(parsed)) return [];
  return parsed.filter((doc) => doc.contents !== null || doc.errors.length > 0).map((doc) => readDocument(file, doc, lines));
}

function readDocument(file: string, doc: Document.Parsed, lines: LineCounter): SettingsDocument {
  const locate = (pointer: string): Location => {
    const offset = offsetOf(doc, pointer);
    return { file, ...(offset !== undefined && { line: lines.linePos(offset).line }), path: pointer };
  };
  // The parser's sentences may quote the file, and the file may hold a secret: only its code is kept.
  const faults = doc.errors.map((error) =>
    makeIssue(
      'ERR_CONFIG_UNREADABLE',
      { file, line: lines.linePos(error.pos[0]).line },
      { found: say(YAML_FAULTS[error.code], error.code.toLowerCase().replaceAll('_', ' ')) },
    ),
  );
  if (faults.length > 0) return { file, value: undefined, locate, faults };
  try {
    return { file, value: doc.toJS({ maxAliasCount: MAX_ALIASES }) as unknown, locate, faults };
  } catch {
    const expected = say(`au plus ${MAX_ALIASES} alias YAML, tous définis`, `at most ${MAX_ALIASES} YAML aliases, all of them defined`);
    return { file, value: undefined, locate, faults: [makeIssue('ERR_CONFIG_UNREADABLE', { file }, { expected })] };
  }
}

const YAML_FAULTS: Readonly<Record<YamlFault, string>> = {
  ALIAS_PROPS: 'un alias qui porte une ancre ou une étiquette',
  BAD_ALIAS: 'un alias mal formé',
  BAD_COLLECTION_TYPE: 'une étiquette qui ne va pas à ce bloc',
  BAD_DIRECTIVE: 'une directive mal formée',
  BAD_DQ_ESCAPE: 'un échappement inconnu entre guillemets doubles',
  BAD_INDENT: 'un retrait incorrect',
  BAD_PROP_ORDER: 'une ancre ou une étiquette mal placée',
  BAD_SCALAR_START: 'une valeur qui commence par un caractère réservé : la mettre entre guillemets',
  BLOCK_AS_IMPLICIT_KEY: 'un bloc à la place d’un nom de champ',
  BLOCK_IN_FLOW: 'un bloc entre accolades ou crochets',
  DUPLICATE_KEY: 'un champ en double',
  IMPOSSIBLE: 'une erreur de l’analyseur',
  KEY_OVER_1024_CHARS: 'un nom de champ de plus de 1024 caractères',
  MISSING_CHAR: 'un caractère manquant (deux-points, guillemet, crochet ou accolade)',
  MULTILINE_IMPLICIT_KEY: 'un nom de champ sur plusieurs lignes',
  MULTIPLE_ANCHORS: 'plusieurs ancres',
  MULTIPLE_DOCS: 'plusieurs documents',
  MULTIPLE_TAGS: 'plusieurs étiquettes',
  NON_STRING_KEY: 'un nom de champ qui n’est pas un texte',
  RESOURCE_EXHAUSTION: 'un document imbriqué trop profondément',
  TAB_AS_INDENT: 'une tabulation en retrait',
  TAG_RESOLVE_FAILED: 'une étiquette inconnue',
  UNEXPECTED_TOKEN: 'un signe inattendu',
};

function tooLarge(file: string): SettingsDocument {
  const expected = say(`un fichier de ${MAX_FILE_BYTES / 1024} Ko au plus`, `a file of at most ${MAX_FILE_BYTES / 1024} KB`);
  return {
    file,
    value: undefined,
    locate: (pointer) => ({ file, path: pointer }),
    faults: [makeIssue('ERR_CONFIG_UNREADABLE', { file }, { expected })],
  };
}

/** Offset of the deepest node on the way to the pointer: the field itself, else what should have held it. */
function offsetOf(doc: Document.Parsed, pointer: string): number | undefined {
  let node: unknown = doc.contents;
  let offset = startOf(node);
  for (const segment of pointerSegments(pointer)) {
    if (isMap(node)) {
      const pair = node.items.find((item) => String(isScalar(item.key) ? item.key.value : item.key) === segment);
      if (!pair) return offset;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(segment)];
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return offset;
}

const startOf = (node: unknown): number | undefined => (node as { range?: readonly number[] } | null | undefined)?.range?.[0];

/** `/a~1b/0` -> `a/b`, `0` (RFC 6901). */
export function pointerSegments(pointer: string): string[] {
  return pointer === ''
    ? []
    : pointer
        .slice(1)
        .split('/')
        .map((s) => s.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export const pointerTo = (base: string, ...segments: readonly (string | number)[]): string =>
  base + segments.map((s) => `/${String(s).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
