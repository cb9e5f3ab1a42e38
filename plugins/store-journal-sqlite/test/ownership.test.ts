import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { openSqliteJournal } from '../index.ts';
import { codeOf, inFolder, life, message } from './folder.ts';

/** Starts the second process; resolves with it and what it said. */
async function holder(folder: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'holder.js'), folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: said.toString().trim() };
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe('the file of a SQLite journal', () => {
  it('is refused to a second process, and free as soon as the first is killed', () =>
    inFolder(async (folder) => {
      const first = await holder(folder);
      expect(first.said).to.equal('open');
      expect(await codeOf(openSqliteJournal(folder))).to.equal('ERR_JOURNAL_LOCKED');
      await kill(first.child);
      const journal = await openSqliteJournal(folder);
      const second = await holder(folder);
      expect(second.said).to.equal('ERR_JOURNAL_LOCKED');
      await journal.receive([message(1)]);
      await journal.close();
    }));

  it('is still refused to a second process while it is copied and after', () =>
    inFolder(async (folder) => {
      const journal = await openSqliteJournal(folder);
      await journal.receive([message(1)]);
      const dump = await journal.snapshot();
      expect((await holder(folder)).said).to.equal('ERR_JOURNAL_LOCKED');
      await dump.close();
      expect((await holder(folder)).said).to.equal('ERR_JOURNAL_LOCKED');
      await journal.receive([message(2)]);
      await journal.close();
    }));

  it('is rid of the copy that a killed engine left, and readable by its owner only while it is there', () =>
    inFolder(async (folder) => {
      const copy = join(folder, 'snapshot');
      const journal = await openSqliteJournal(folder);
      const dump = await journal.snapshot();
      expect((await stat(join(copy, 'journal.sqlite'))).mode & 0o777).to.equal(0o600);
      await dump.close();
      expect(await codeOf(stat(copy))).to.contain('ENOENT');
      await journal.close();
      await mkdir(copy);
      await (await openSqliteJournal(folder)).close();
      expect(await codeOf(stat(copy))).to.contain('ENOENT');
    }));

  it('is not the copy of a journal that was closed while it was copied', () =>
    inFolder(async (folder) => {
      const journal = await openSqliteJournal(folder);
      await journal.receive([message(1, Buffer.alloc(20_000_000))]);
      const asked = codeOf(journal.snapshot());
      await journal.close();
      expect(await asked).to.equal('ERR_JOURNAL_UNAVAILABLE');
      await (await openSqliteJournal(folder)).close();
    }));

  it('is for its owner only, in a folder for its owner only', () =>
    inFolder(async (folder) => {
      const inside = join(folder, 'a', 'data');
      const journal = await openSqliteJournal(inside);
      await journal.receive([message(1)]);
      const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
      expect(await mode(inside)).to.equal('700');
      for (const file of ['journal.sqlite', 'journal.sqlite-wal']) expect(await mode(join(inside, file)), file).to.equal('600');
      await journal.close();
    }));

  it('is not opened when a newer engine wrote it, and not touched', () =>
    inFolder(async (folder) => {
      await (await openSqliteJournal(folder)).close();
      const file = join(folder, 'journal.sqlite');
      const db = new DatabaseSync(file);
      db.exec('PRAGMA user_version = 9999');
      db.close();
      const before = await readFile(file);
      expect(await codeOf(openSqliteJournal(folder))).to.equal('ERR_JOURNAL_VERSION');
      expect(Buffer.compare(await readFile(file), before)).to.equal(0);
    }));

  it('is not opened when it is damaged, cut or something else', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'journal.sqlite');
      const journal = await openSqliteJournal(folder);
      for (let n = 0; n < 20; n++) await life(journal, n, Buffer.alloc(1000));
      await journal.close();
      const whole = await readFile(file);
      const damaged = Buffer.from(whole).fill(0xa5, 0, 100);
      const brokenSchema = Buffer.from(whole).fill(0xa5, 100, 4096);
      const cut = whole.subarray(0, whole.length / 2);
      for (const [name, bytes] of Object.entries({
        damaged,
        brokenSchema,
        cut,
        text: Buffer.from('not a database at all, but long enough'.repeat(30)),
      })) {
        await writeFile(file, bytes);
        expect(await codeOf(openSqliteJournal(folder)), name).to.equal('ERR_JOURNAL_UNREADABLE');
      }
      await rm(file);
      const other = new DatabaseSync(file);
      other.exec('CREATE TABLE other (a)');
      other.close();
      expect(await codeOf(openSqliteJournal(folder))).to.equal('ERR_JOURNAL_UNREADABLE');
    }));

  it('is said to be unavailable when its folder cannot be made', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'file'), '');
      expect(await codeOf(openSqliteJournal(join(folder, 'file', 'data')))).to.equal('ERR_JOURNAL_UNAVAILABLE');
      await mkdir(join(folder, 'taken', 'journal.sqlite'), { recursive: true });
      expect(await codeOf(openSqliteJournal(join(folder, 'taken')))).to.equal('ERR_JOURNAL_UNAVAILABLE');
    }));
});
