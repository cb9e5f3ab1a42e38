import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { openSqliteJournal, type SqliteJournal } from '../index.ts';
import { codeOf, inFolder, life, message, sent, taken } from './folder.ts';

const count = (db: DatabaseSync, table: string): number => Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()!['n']);

async function growth(folder: string, bytes: number, messages: number): Promise<number> {
  const journal = await openSqliteJournal(folder);
  await Promise.all(Array.from({ length: messages }, (_, n) => life(journal, n, Buffer.alloc(bytes, 'x'))));
  await journal.close();
  return (await stat(join(folder, 'journal.sqlite'))).size / (bytes * messages);
}

async function until<T>(next: () => Promise<T | undefined>): Promise<T> {
  for (let n = 0; n < 10_000; n++) {
    const found = await next();
    if (found !== undefined) return found;
  }
  throw new Error('it never happened');
}

describe('the room that a SQLite journal takes', () => {
  it('is ten rows at most for an ordinary message', () =>
    inFolder(async (folder) => {
      const journal = await openSqliteJournal(folder);
      await life(journal, 1, Buffer.alloc(1000));
      await journal.close();
      const db = new DatabaseSync(join(folder, 'journal.sqlite'));
      const tables = ['message', 'part', 'event', 'delivery', 'attempt', 'term'];
      expect(tables.reduce((sum, table) => sum + count(db, table), 0)).to.be.at.most(10);
      db.close();
    }));

  it('stays under 6 times messages of 1 KB, and under 1.3 times messages of 200 KB', async () => {
    const measured: number[] = [];
    await inFolder(async (folder) => void measured.push(await growth(folder, 1024, 1500)));
    await inFolder(async (folder) => void measured.push(await growth(folder, 200 * 1024, 60)));
    expect(measured[0]).to.be.below(6);
    expect(measured[1]).to.be.below(1.3);
  });

  it('is no more than some tens of megabytes for the log, whatever was written', () =>
    inFolder(async (folder) => {
      const journal = await openSqliteJournal(folder);
      for (let n = 0; n < 20; n++) await journal.receive([message(n, Buffer.alloc(5_000_000))]);
      expect((await stat(join(folder, 'journal.sqlite-wal'))).size).to.be.below(32_000_000);
      expect((await stat(join(folder, 'journal.sqlite'))).size).to.be.above(60_000_000);
      await journal.close();
    }));

  it('was laid out for sealing and purging from the first migration', () =>
    inFolder(async (folder) => {
      await (await openSqliteJournal(folder)).close();
      const db = new DatabaseSync(join(folder, 'journal.sqlite'));
      expect(db.prepare('PRAGMA auto_vacuum').get()).to.deep.include({ auto_vacuum: 2 });
      expect(db.prepare('PRAGMA page_size').get()).to.deep.include({ page_size: 16_384 });
      expect(db.prepare('PRAGMA journal_mode').get()).to.deep.include({ journal_mode: 'wal' });
      db.close();
    }));
});

describe('a full disk under a SQLite journal', () => {
  const filled = async (journal: SqliteJournal): Promise<number> => {
    let n = 0;
    await until(async () => ((await codeOf(journal.receive([message(++n, Buffer.alloc(3000))]))) === undefined ? undefined : true));
    return n;
  };

  it('refuses every command of the group, stores nothing of it, and works again when there is space', () =>
    inFolder(async (folder) => {
      const pageLimit = new Int32Array(new SharedArrayBuffer(4));
      const journal = await openSqliteJournal(folder, { pageLimit });
      await journal.receive([message(0)]);
      Atomics.store(pageLimit, 0, 120);
      const stored = await filled(journal);
      const before = await journal.lanes();
      const refusals = await Promise.all([1, 2, 3].map((n) => codeOf(journal.receive([message(100_000 + n, Buffer.alloc(300_000))]))));
      expect(refusals).to.deep.equal(Array(3).fill('ERR_JOURNAL_UNAVAILABLE'));
      expect(await journal.lanes()).to.deep.equal(before);
      expect(before[0]?.counts.received).to.equal(stored);
      Atomics.store(pageLimit, 0, 0);
      const [result] = await journal.receive([message(100_001, Buffer.alloc(300_000))]);
      expect(result).to.not.have.property('duplicate');
      expect(await journal.raw(result!.message)).to.have.length(300_000);
      expect((await journal.lanes())[0]?.counts.received).to.equal(stored + 1);
      await journal.close();
    }));

  it('says nothing of the message in its refusal', () =>
    inFolder(async (folder) => {
      const pageLimit = Int32Array.from([1]);
      const shared = new Int32Array(new SharedArrayBuffer(4));
      shared.set(pageLimit);
      const journal = await openSqliteJournal(folder, { pageLimit: shared });
      const error = (await journal.receive([message(1, Buffer.from('DUPONT'.repeat(10_000)))]).catch((thrown: unknown) => thrown)) as Error;
      expect(error.message).to.equal('the journal cannot store the message now (found SQLite 13)');
      await journal.close();
    }));
});

describe('settlements of a SQLite journal', () => {
  const hour = { patienceMs: 3_600_000 };

  it('wait for a message that is being decided, not for what is read, and share its commit', () =>
    inFolder(async (folder) => {
      const pageLimit = new Int32Array(new SharedArrayBuffer(4));
      const journal = await openSqliteJournal(folder, { ...hour, pageLimit });
      const delivery = await sent(journal, 1, Buffer.alloc(1000));
      await journal.reserve(1);
      const settled = codeOf(journal.settle([taken(delivery)]));
      expect((await journal.deliveries({}, { limit: 1 })).items[0]?.state).to.equal('sending');
      Atomics.store(pageLimit, 0, 1);
      const stored = codeOf(journal.receive([message(2, Buffer.alloc(300_000))]));
      expect(await Promise.all([settled, stored])).to.deep.equal(Array(2).fill('ERR_JOURNAL_UNAVAILABLE'));
      Atomics.store(pageLimit, 0, 0);
      await journal.settle([taken(delivery)]);
      await journal.close();
    }));

  it('wait for nobody when no message is being decided, and for no longer than it may take', () =>
    inFolder(async (folder) => {
      const patient = await openSqliteJournal(folder, hour);
      await patient.settle([taken(await sent(patient, 1, Buffer.alloc(1000)))]);
      const delivery = await sent(patient, 2, Buffer.alloc(1000));
      await patient.reserve(1);
      const settled = patient.settle([taken(delivery)]);
      await patient.close();
      await settled;
      const journal = await openSqliteJournal(folder);
      const last = await sent(journal, 3, Buffer.alloc(1000));
      await journal.reserve(1);
      await journal.settle([taken(last)]);
      await journal.close();
    }));
});

describe('the bounds of a SQLite journal', () => {
  it('keep a page from looking at more rows than it may, and the next page goes on', () =>
    inFolder(async (folder) => {
      const journal = await openSqliteJournal(folder);
      const [first] = await journal.receive([{ ...message(0), type: 'MDM^T02' }]);
      for (let n = 0; n < 6; n++) await journal.receive(Array.from({ length: 1000 }, (_, i) => message(1 + n * 1000 + i)));
      const page = await journal.messages({ type: 'MDM^T02' }, { limit: 10 });
      expect(page.items).to.deep.equal([]);
      expect(page.next).to.be.a('string');
      const rest = await journal.messages({ type: 'MDM^T02' }, { limit: 10, after: page.next! });
      expect(rest.items.map((m) => m.message)).to.deep.equal([first!.message]);
      expect(rest).to.not.have.property('next');
      await journal.close();
    }));

  it('find by time and by a control id that every message has, page by page, when there are many', () =>
    inFolder(async (folder) => {
      const journal = await openSqliteJournal(folder);
      const time = (n: number): string => new Date(Date.parse('2026-09-14T08:00:00.000Z') + n * 1000).toISOString();
      const ids: number[] = [];
      for (let n = 0; n < 6; n++) {
        const batch = Array.from({ length: 1000 }, (_, i) => ({ ...message(n * 1000 + i), controlId: '1', receivedAt: time(n * 1000 + i) }));
        ids.push(...(await journal.receive(batch)).map((r) => r.message));
      }
      const pages = async (filter: object, limit: number): Promise<number[]> => {
        const found: number[] = [];
        for (let after: string | undefined; ;) {
          const page = await journal.messages(filter, { limit, ...(after !== undefined && { after }) });
          found.push(...page.items.map((m) => m.message));
          if (page.next === undefined) return found;
          after = page.next;
        }
      };
      expect(await pages({ since: time(10), until: time(20) }, 3)).to.deep.equal(ids.slice(10, 21).reverse());
      expect(await pages({ lane: 'chx-adt-in', until: time(4) }, 2)).to.deep.equal(ids.slice(0, 5).reverse());
      expect(await pages({ controlId: '1' }, 1000)).to.deep.equal(ids.toReversed());
      await journal.close();
    }));

  it('refuse commands when too many wait, and do all that they took', () =>
    inFolder(async (folder) => {
      const journal = await openSqliteJournal(folder);
      const codes = await Promise.all(Array.from({ length: 20_002 }, () => codeOf(journal.settingsHistory())));
      expect(codes.filter((code) => code !== undefined)).to.deep.equal(Array(2).fill('ERR_JOURNAL_UNAVAILABLE'));
      await journal.close();
    }));
});
