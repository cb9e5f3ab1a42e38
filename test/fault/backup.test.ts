/** A backup that comes to harm: nothing passes for one that is not, and the journal goes on. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { openBackup, writeBackup } from '../../core/backup/index.ts';
import { openSqliteJournal, plugin } from '../../plugins/store-journal-sqlite/index.ts';
import { fullCycle } from '../contract/journal/samples.ts';

const program = join(import.meta.dirname, 'backup-victim.js');
const MESSAGES = 40;
/** 512-byte blocks: less than what 40 messages of 200 KB take, more than the log of one. */
const LIMIT_BLOCKS = 6000;

describe('a backup that comes to harm', () => {
  let folder: string;
  let data: string;
  let target: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passerelle-backup-fault-'));
    data = join(folder, 'data');
    target = join(folder, 'backup');
    const journal = await openSqliteJournal(data);
    for (let n = 0; n < MESSAGES; n++) await fullCycle(journal, randomBytes(200_000), `${n}`);
    await journal.close();
  });
  after(() => rm(folder, { recursive: true }));
  const code = (error: { code?: string }): string | undefined => error.code;

  it('by kill -9, after any batch, is no backup; the journal opens, and the next one is whole', async () => {
    let isWhole = false;
    for (const batches of [1, 3, 6, 9, 12, Infinity]) {
      const child = spawn(process.execPath, [program, 'killed', data, target], { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(child, 'exit');
      let count = 0;
      for await (const line of createInterface(child.stdout)) {
        if (line === 'whole') isWhole = true;
        else if (++count === batches) child.kill('SIGKILL');
      }
      await ended;
      if (existsSync(target)) {
        // Killed between the rename and the last word, or not in time: then it is one.
        await openBackup(target);
        await rename(target, `${target}-${batches}`);
      } else {
        expect(await openBackup(target).catch(code)).to.equal('ERR_BACKUP_DAMAGED');
        expect(isWhole).to.equal(false);
      }
    }
    expect(isWhole, 'the last one was left alone').to.equal(true);
    const journal = await openSqliteJournal(data);
    expect(existsSync(join(data, 'snapshot')), 'the copy of a killed one').to.equal(false);
    const manifest = await writeBackup({ engine: '1.0.0', files: [], dump: await journal.snapshot() }, target);
    expect(manifest.tables['message']?.rows).to.equal(MESSAGES);
    await openBackup(target);
    await journal.close();
    await rm(target, { recursive: true });
  });

  async function onSmallDisk(mode: string): Promise<Record<string, { code?: string; file?: string }>> {
    const child = spawn('sh', ['-c', `ulimit -S -f ${LIMIT_BLOCKS}; exec "$0" "$@"`, process.execPath, program, mode, data, target], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return JSON.parse(await text(child.stdout)) as Record<string, { code?: string; file?: string }>;
  }

  it('by a disk too small for the copy says where, leaves no copy, and the journal takes messages', async () => {
    const { refused, again, stored } = await onSmallDisk('snapshot');
    expect(refused).to.deep.equal({ code: 'ERR_BACKUP_UNWRITABLE', file: join(data, 'snapshot', 'journal.sqlite') });
    expect(again, 'not still running').to.deep.equal(refused);
    expect(stored).to.deep.equal({});
    expect(existsSync(join(data, 'snapshot'))).to.equal(false);
  });

  it('by a disk too small for the backup says where, and leaves none', async () => {
    const { refused } = await onSmallDisk('write');
    expect(refused?.code).to.equal('ERR_BACKUP_UNWRITABLE');
    expect(refused?.file).to.contain(target);
    expect([existsSync(target), existsSync(`${target}.partial`)]).to.deep.equal([false, false]);
    await (await plugin.dump(data)).close();
  });
});
