/** The files of a zip archive, in memory: bounded before anything is unpacked, and each held to the size and the sum that the archive says of it. */
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { fromBufferPromise, type Entry, type ZipFile } from 'yauzl';
import { PasserelleError } from '../../core/contract/index.ts';

/** Of one archive, unpacked: a mail carries 10 MB, an image study some tens. */
export const UNZIPPED_LIMIT_BYTES = 128 * 1024 * 1024;
export const ENTRIES_LIMIT = 500;
const NAME_LIMIT = 255;

export const unreadable = (found: string, cause?: unknown): PasserelleError =>
  new PasserelleError('ERR_ARCHIVE_UNREADABLE', { found, ...(cause !== undefined && { cause }) });

/** By name. Rejects with ERR_ARCHIVE_UNREADABLE. */
export async function unzip(content: Uint8Array): Promise<ReadonlyMap<string, Uint8Array>> {
  let zip: ZipFile | undefined;
  try {
    zip = await fromBufferPromise(Buffer.from(content.buffer, content.byteOffset, content.byteLength), {
      lazyEntries: true,
      strictFileNames: true,
    });
    if (zip.entryCount > ENTRIES_LIMIT) throw unreadable(`more than ${ENTRIES_LIMIT} files`);
    const entries: Entry[] = [];
    for await (const entry of zip.eachEntry()) entries.push(entry);
    return await unpack(zip, checked(entries));
  } catch (error) {
    throw error instanceof PasserelleError ? error : unreadable('a zip that is cut, damaged, or names places outside of itself', error);
  } finally {
    zip?.close();
  }
}

/** Without its folders. */
function checked(entries: readonly Entry[]): readonly Entry[] {
  const names = new Set<string>();
  let total = 0;
  for (const { fileName, uncompressedSize } of entries) {
    // Two files of one name are one for some readers and the other for the rest.
    const name = fileName.toUpperCase();
    if (names.has(name)) throw unreadable('two files of one name');
    if (name.length > NAME_LIMIT || /\p{Cc}/u.test(name)) throw unreadable('a name that no archive of documents has');
    names.add(name);
    total += uncompressedSize;
    if (total > UNZIPPED_LIMIT_BYTES) throw unreadable('more than 128 MB unpacked');
  }
  return entries.filter(({ fileName }) => !fileName.endsWith('/'));
}

async function unpack(zip: ZipFile, entries: readonly Entry[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const entry of entries) {
    if (entry.isEncrypted()) throw unreadable('an encrypted file');
    // The reader stops at the size that is said: a bomb that says less than it holds is an error there.
    const content = await buffer(await zip.openReadStreamPromise(entry));
    if (crc32(content) !== entry.crc32) throw unreadable('a file that is not what was packed');
    files.set(entry.fileName, content);
  }
  return files;
}
