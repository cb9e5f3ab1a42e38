import { stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { expect } from 'chai';
import { DUMP_TABLES } from '../../../core/contract/index.ts';
import { openSqliteJournal } from '../index.ts';
import { inFolder, life } from './folder.ts';

/** Made again by a load. */
const DERIVED = ['meta', 'term', 'fresh', 'tally'];
/** Left to its default by a load (`near`), or another place of a row that the dump has (`started_at`: attempts). */
const OWN_COLUMNS = ['message.near', 'delivery.started_at'];

describe('the dump of a SQLite journal', () => {
  it('has every column of every table: one that a migration adds is in the dump format too, or is made again', () =>
    inFolder(async (folder) => {
      await (await openSqliteJournal(folder)).close();
      const db = new DatabaseSync(join(folder, 'journal.sqlite'));
      const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all() as { name: string }[];
      const columns = (table: string): string[] =>
        db
          .prepare(`PRAGMA table_info(${table})`)
          .all()
          .map((column) => String(column['name']))
          .filter((column) => !OWN_COLUMNS.includes(`${table}.${column}`));
      const found = Object.fromEntries(tables.filter(({ name }) => !DERIVED.includes(name)).map(({ name }) => [name, columns(name)]));
      db.close();
      expect(found).to.deep.equal(Object.fromEntries(DUMP_TABLES.map((table) => [table.name, [...table.columns]])));
    }));

  it('lets the log back into the file afterwards', () =>
    inFolder(async (folder) => {
      const journal = await openSqliteJournal(folder);
      await (await journal.snapshot()).close();
      for (let n = 0; n < 60; n++) await life(journal, n, Buffer.alloc(500_000));
      const { size } = await stat(join(folder, 'journal.sqlite'));
      await journal.close();
      expect(size, 'bytes in the file before the journal is closed').to.be.above(15_000_000);
    }));
});
