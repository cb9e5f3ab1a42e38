import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { hash128, hash48 } from '../../../core/journal-format/index.ts';
import { openSqliteJournal } from '../index.ts';
import { MIGRATIONS } from '../migrations.ts';
import { AT, inFolder, message } from './folder.ts';

const blob = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** A journal as version 4 wrote it: message 1 (control id C1), delivered by one attempt; message 2 (no control id), its delivery queued. */
function writeVersion4(folder: string): void {
  const file = join(folder, 'journal.sqlite');
  closeSync(openSync(file, 'a', 0o600));
  const db = new DatabaseSync(file);
  db.exec(`PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA application_id = 1347637836`);
  for (const sql of MIGRATIONS.slice(0, 4)) db.exec(sql);
  db.exec(`PRAGMA user_version = 4; INSERT INTO meta VALUES ('bcdf')`);
  const names = ['chx-adt-in', '990001018', 'dxcare', '1.0.0', 'hl7v2', 'dcc.identity.updated', 'dcc-out'];
  names.forEach((name, index) => db.prepare('INSERT INTO name VALUES (?, ?)').run(index + 1, name));
  const at = Date.parse(AT);
  const part = db.prepare('INSERT INTO part VALUES (?, ?, ?, 0, ?)');
  const { controlId, fingerprint } = message(1);
  const insert =
    db.prepare(`INSERT INTO message (id, lane, site, connector, version, format, received_at, state, run, ack, retransmissions, bytes, raw,
    type, control, print, decided_at, head, outcome) VALUES (?, 1, 2, 3, 4, 5, ?, 1, 1, 0, 0, 4, ?, ?, ?, ?, ?, ?, ?)`);
  for (const id of [1, 2]) {
    const head = { peer: '127.0.0.1:50123', type: 'ADT^A01', ...(id === 1 && { controlId }) };
    const [control, print] = id === 1 ? [hash48(controlId!), hash128(`${controlId}\0${fingerprint}`)] : [null, null];
    insert.run(id, at, 3 * id, hash48('ADT^A01'), control, print, at, blob(head), blob({ decision: 'accept' }));
    part.run(3 * id, id, 0, Buffer.from('MSH|'));
    part.run(3 * id + 1, id, 4 * id + 1, blob({ id: `event-${id}` }));
    db.prepare(`INSERT INTO event VALUES (?, ?, 1, ?, 6, 0, NULL, NULL, ?)`).run(id, id, `event-${id}`, 3 * id + 1);
  }
  part.run(8, 1, 4 * 1 + 2, blob({ envelope: { format: 'hl7v2', text: 'MSH|' }, sha256: '00', bytes: 4, connector: 'k', connectorVersion: '1' }));
  db.exec(`
    INSERT INTO delivery VALUES (1, 1, 1, 7, 1, 6, 1, ${at}, NULL, ${at + 5}, 8, 'O1', 'AA', NULL), (2, 2, 2, 7, 1, 0, 0, ${at}, NULL, NULL, NULL, NULL, NULL, NULL);
    INSERT INTO attempt VALUES (1, 1, ${at + 1}, ${at + 5}, 6, 'AA', NULL);
    INSERT INTO tally VALUES (1, 0, 1, 2), (7, 1, 6, 1), (7, 1, 0, 1)`);
  db.close();
}

const encoded = { envelope: { format: 'hl7v2', text: 'MSH|' }, sha256: 'ab', bytes: 4, connector: 'k', connectorVersion: '1' };

describe('a SQLite journal of version 4', () => {
  it('recognises what it received, tells its attempts, and works on', () =>
    inFolder(async (folder) => {
      writeVersion4(folder);
      const journal = await openSqliteJournal(folder);
      expect(await journal.receive([message(1)])).to.deep.equal([{ message: 1, duplicate: { state: 'decoded', ack: 'AA' } }]);
      expect(await journal.receive([{ ...message(1), fingerprint: 'other content' }])).to.deep.equal([{ message: 4, controlIdReused: true }]);
      expect(await journal.receive([message(9)])).to.deep.equal([{ message: 5 }]);
      expect(await journal.receive([message(9)])).to.deep.equal([{ message: 5, duplicate: { state: 'received' } }]);
      const { items } = await journal.messages({ controlId: 'C1' }, { limit: 10 });
      expect(items.map((item) => item.message)).to.deep.equal([4, 1]);

      const old = (await journal.message(1))!;
      expect(old.message.retransmissions).to.equal(1);
      const times = { startedAt: '2026-09-14T08:00:00.001Z', endedAt: '2026-09-14T08:00:00.005Z' };
      expect(old.attempts).to.deep.equal([{ delivery: 1, ordinal: 1, ...times, outcome: 'delivered', ack: 'AA' }]);
      const [waiting] = await journal.backlog('dcc-out', 0, 10);
      const begun = { startedAt: times.startedAt, encoded };
      await journal.settle([{ delivery: waiting!.delivery, from: 'queued', to: 'delivered', at: times.endedAt, counted: true, ack: 'AA', begun }]);
      expect((await journal.message(2))!.attempts).to.deep.equal([{ delivery: 2, ordinal: 1, ...times, outcome: 'delivered', ack: 'AA' }]);
      await journal.close();
    }));
});

describe('a SQLite journal of version 6', () => {
  it('keeps its notes, in the order of their changes', () =>
    inFolder(async (folder) => {
      writeVersion4(folder);
      const db = new DatabaseSync(join(folder, 'journal.sqlite'));
      for (const sql of MIGRATIONS.slice(4, 6)) db.exec(sql);
      db.exec("PRAGMA user_version = 6; INSERT INTO name VALUES (20, 'person')");
      const note = db.prepare('INSERT INTO note VALUES (20, ?, ?, ?)');
      const keys = ['00', '01', '02'].map((n) => n.repeat(16));
      keys.forEach((key, n) => note.run(Buffer.from(key, 'hex'), Buffer.from(`note ${n} ${'.'.repeat(3000)}`), Date.parse(AT) - n));
      db.close();
      const journal = await openSqliteJournal(folder);
      await journal.keep([{ kind: 'person', key: keys[1]!, value: 'changed' }], AT);
      expect((await journal.notes('person', keys)).map((value) => value?.slice(0, 7))).to.deep.equal(['note 0 ', 'changed', 'note 2 ']);
      const { items } = await journal.notesOf('person', { limit: 10 });
      expect(items.map(({ key }) => key)).to.deep.equal([keys[1], keys[0], keys[2]]);
      await journal.close();
    }));
});
