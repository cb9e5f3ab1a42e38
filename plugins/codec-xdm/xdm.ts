/** An IHE XDM archive: the documents that its METADATA.XML names, each held to the hash and the size that are said of it. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import {
  PasserelleError,
  type CarriedFile,
  type ContainerCodec,
  type ContainerReading,
  type ErrorData,
  type Warning,
} from '../../core/contract/index.ts';
import { readMetadata, type DocumentEntry } from './metadata.ts';
import { unreadable, unzip } from './unzip.ts';

const METADATA = /^IHE_XDM\/[^/]+\/METADATA\.XML$/i;
/** For the eyes of people: index, read-me, style sheets. */
const ASIDE = /^(INDEX\.HTM|README\.TXT)$|\.(XSL|CSS|HTML?|TXT)$|(^|\/)METADATA\.XML$/i;

export const xdm: ContainerCodec = {
  id: 'xdm',
  recognises: (mime, content) => mime === 'application/zip' && /IHE_XDM\/[^/]+\/METADATA\.XML/i.test(namesOf(content)),
  open,
};

/** Where the archive lists its files; other zips (a letter of an office program) are none of ours. */
function namesOf(content: Uint8Array): string {
  const from = Math.max(0, content.length - 256 * 1024);
  return Buffer.from(content.buffer, content.byteOffset + from, content.length - from).toString('latin1');
}

async function open(content: Uint8Array): Promise<ContainerReading> {
  const entries = await unzip(content);
  const byName = new Map([...entries].map(([name, bytes]) => [name.toUpperCase(), { name, bytes }]));
  const files: CarriedFile[] = [];
  const problems: ErrorData[] = [];
  const named = new Set<string>();
  const metadata = [...entries].filter(([name]) => METADATA.test(name));
  if (metadata.length === 0) throw unreadable('no METADATA.XML in a folder of IHE_XDM');
  for (const [place, bytes] of metadata)
    for (const { uri, ...said } of readMetadata(bytes)) {
      if (uri === undefined) {
        problems.push(disagrees(place, 'a document without URI', 'a file'));
        continue;
      }
      const name = path.posix.join(path.posix.dirname(place), uri);
      const found = byName.get(name.toUpperCase());
      if (!found || named.has(found.name)) problems.push(disagrees(name, found ? 'named twice' : 'no such file', 'one file for each document'));
      else {
        named.add(found.name);
        problems.push(...differences(name, found.bytes, said));
        files.push({ name: found.name, content: found.bytes, said });
      }
    }
  const unnamed: Warning[] = [...entries.keys()]
    .filter((name) => !named.has(name) && !ASIDE.test(name))
    .map((detail) => ({ code: 'archive-file-unnamed', detail }));
  return { kind: 'xdm', carriesContainers: false, files, problems, warnings: [...unnamed, ...unheld(files)] };
}

function differences(name: string, bytes: Uint8Array, { hash, size }: Omit<DocumentEntry, 'uri'>): readonly ErrorData[] {
  const sum = createHash('sha1').update(bytes).digest('hex');
  return [
    ...(size !== undefined && size !== bytes.length ? [disagrees(name, `${bytes.length} bytes`, `${size} bytes, as METADATA.XML says`)] : []),
    ...(hash !== undefined && hash !== sum ? [disagrees(name, 'another SHA-1', 'the hash that METADATA.XML says')] : []),
  ];
}

const unheld = (files: readonly CarriedFile[]): readonly Warning[] =>
  files.flatMap(({ name, said }) => (said?.hash === undefined ? [{ code: 'archive-hash-missing', detail: name }] : []));

const disagrees = (file: string, found: string, expected: string): ErrorData =>
  new PasserelleError('ERR_ARCHIVE_DISAGREES', { location: { file }, expected, found }).toData();
