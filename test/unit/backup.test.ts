/** Backups apart from any store: the stream from the engine, the folder, what is refused. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { fromWire, keptFiles, lastBackup, openBackup, recordBackup, toWire, writeBackup, type BackupSource } from '../../core/backup/index.ts';
import { decodeRows, encodeRows, PasserelleError, type DumpBatch, type DumpRow } from '../../core/contract/index.ts';
import { fakeDump } from './cli/fake-engine.ts';

const codeOf = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof PasserelleError ? error.code : String(error)),
  );

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function* failing(): AsyncGenerator<DumpBatch> {
  yield { table: 'name', rows: 1, lines: encodeRows([[1, 'x']]) };
  throw new PasserelleError('ERR_JOURNAL_UNAVAILABLE');
}

async function wire(source: BackupSource): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of toWire(source)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function read(bytes: Uint8Array, size: number): Promise<{ rows: DumpRow[]; source: BackupSource }> {
  const source = await fromWire(inPieces(bytes, size));
  const rows: DumpRow[] = [];
  for await (const batch of source.dump.batches) rows.push(...decodeRows(batch.lines));
  return { rows, source };
}

describe('a backup', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'passerelle-b-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const source = (over: Partial<BackupSource> = {}): BackupSource => ({ engine: '1.2.3', dump: fakeDump(), files: [], ...over });

  it('keeps every value of a row', () => {
    const value = fc.oneof(
      fc.constant(null),
      fc.maxSafeInteger(),
      fc.string({ unit: 'binary' }),
      fc.uint8Array().map((b) => Buffer.from(b)),
    );
    fc.assert(
      fc.property(fc.array(fc.array(value, { minLength: 1 }), { minLength: 1 }), (given) => {
        // JSON has no -0, and SQL none either.
        const rows = given.map((row) => row.map((v) => (Object.is(v, -0) ? 0 : v)));
        expect(decodeRows(encodeRows(rows))).to.deep.equal(rows);
      }),
    );
  });

  it('crosses whole in pieces of any size', async () => {
    const files = [{ name: 'index.key', bytes: Buffer.from('a key\nwith a line') }];
    const bytes = await wire(source({ files }));
    for (const size of [1, 7, 64, bytes.length]) {
      const { rows, source: crossed } = await read(bytes, size);
      expect(rows).to.deep.equal([[1, 'chx-in']]);
      expect(crossed).to.deep.include({ engine: '1.2.3', files });
      expect(crossed.dump).to.deep.include({ tag: 'test', store: 'sqlite', point: fakeDump().point });
    }
  });

  it('that is cut anywhere is no backup, and leaves no folder', async () => {
    const bytes = await wire(source());
    for (let length = 0; length < bytes.length; length += 9) {
      const target = path.join(folder, 'cut');
      const written = fromWire(inPieces(bytes.subarray(0, length), 50)).then((cut) => writeBackup(cut, target));
      expect(await codeOf(written), `${length} bytes`).to.equal('ERR_ENGINE_UNREACHABLE');
      expect(await readdir(folder), `${length} bytes`).to.deep.equal([]);
    }
  });

  it('that fails in the engine says why', async () => {
    let isClosed = false;
    const close = async (): Promise<void> => void (isClosed = true);
    const bytes = await wire(source({ dump: fakeDump({ batches: failing(), close }) }));
    expect(isClosed).to.equal(true);
    expect(await codeOf(read(bytes, 30))).to.equal('ERR_JOURNAL_UNAVAILABLE');
  });

  it('gives the journal back when its reader goes away', async () => {
    let isClosed = false;
    const stream = toWire(source({ dump: fakeDump({ close: async () => void (isClosed = true) }) }));
    await stream.next();
    await stream.return(undefined);
    expect(isClosed).to.equal(true);
  });

  it('is a folder for its owner only, under its name once it is whole', async () => {
    const target = path.join(folder, 'a', 'backup');
    await writeFile(path.join(folder, 'index.key'), 'key');
    await writeFile(path.join(folder, 'admin.token'), 'token');
    const keys = ['kit.key', 'kits.json', 'call-keys/2026-01-01T00-00-00-000Z_a-b_c.pem', 'call-keys/client/ES384.pem'];
    await mkdir(path.join(folder, 'call-keys/client'), { recursive: true });
    for (const name of [...keys, 'call-keys/half-made.pem.new']) await writeFile(path.join(folder, name), name);
    const manifest = await writeBackup(source({ files: keptFiles(folder) }), target);
    expect(manifest.files).to.have.all.keys('index.key', ...keys);
    const names = await readdir(target);
    expect(names).to.include.members(['manifest.json', 'index.key', 'message.ndjson.zst']).and.not.include('admin.token');
    expect((await stat(target)).mode & 0o777).to.equal(0o700);
    for (const name of [...names.filter((one) => one !== 'call-keys'), ...keys])
      expect((await stat(path.join(target, name))).mode & 0o777, name).to.equal(0o600);
    for (const name of ['call-keys', 'call-keys/client']) expect((await stat(path.join(target, name))).mode & 0o777, name).to.equal(0o700);
    expect(await readdir(path.join(folder, 'a'))).to.deep.equal(['backup']);
    expect((await openBackup(target)).manifest).to.deep.equal(manifest);
    expect(JSON.parse(await readFile(path.join(target, 'manifest.json'), 'utf8'))).to.deep.equal(manifest);
  });

  it('overwrites nothing, and says where it cannot be written', async () => {
    const target = path.join(folder, 'backup');
    await writeBackup(source(), target);
    expect(await codeOf(writeBackup(source(), target))).to.equal('ERR_NOT_EMPTY');
    await writeFile(path.join(folder, 'file'), '');
    const refused = await writeBackup(source(), path.join(folder, 'file', 'backup')).catch((error: unknown) => error as PasserelleError);
    expect(refused).to.include({ code: 'ERR_BACKUP_UNWRITABLE' });
    expect((refused as PasserelleError).detail.location?.file).to.include(path.join(folder, 'file'));
  });

  it('whose manifest names a file elsewhere is refused', async () => {
    const target = path.join(folder, 'backup');
    const manifest = await writeBackup(source(), target);
    const file = path.join(target, 'manifest.json');
    for (const spoiled of [
      ...['../../x', 'call-keys/../../x.pem', 'call-keys/client/a/b.pem', 'admin.token'].map((name) => ({
        ...manifest,
        files: { [name]: { bytes: 1, sha256: '' } },
      })),
      { ...manifest, tables: { ...manifest.tables, '../x': { rows: 0, sha256: '' } } },
      { ...manifest, tables: {} },
      'text',
      null,
    ]) {
      await writeFile(file, JSON.stringify(spoiled));
      expect(await codeOf(openBackup(target))).to.equal('ERR_BACKUP_DAMAGED');
    }
  });

  it('is remembered by the data directory', async () => {
    expect(await lastBackup(folder)).to.equal(undefined);
    const last = { at: '2026-10-12T08:00:00.000Z', folder: '/backups/1' };
    await recordBackup(folder, last);
    expect(await lastBackup(folder)).to.deep.equal(last);
  });
});
