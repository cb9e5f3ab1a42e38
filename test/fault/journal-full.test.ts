/** A commit that the disk refuses: all of its group is told so, none of it is there, and the journal goes on when there is space. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openSqliteJournal } from '../../plugins/store-journal-sqlite/index.ts';

/** 512-byte blocks: the write-ahead log reaches it long before its first checkpoint. */
const LIMIT_BLOCKS = 6000;

describe('a journal on a disk that refuses a commit', () => {
  it('tells every caller of the group, stores none of them, and works again with space (skipped without prlimit)', async function () {
    if (spawnSync('prlimit', ['--version']).status !== 0) this.skip();
    const folder = await mkdtemp(join(tmpdir(), 'passerelle-full-'));
    const program = join(import.meta.dirname, 'journal-full.js');
    const child = spawn('sh', ['-c', `ulimit -S -f ${LIMIT_BLOCKS}; exec "$0" "$1" "$2"`, process.execPath, program, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said = JSON.parse(await text(child.stdout)) as { acknowledged: string[]; refused: Record<string, string> };
    expect(Object.values(said.refused).length).to.be.within(1, 8);
    expect(new Set(Object.values(said.refused))).to.deep.equal(new Set(['ERR_JOURNAL_UNAVAILABLE']));
    expect(said.acknowledged.filter((id) => id.startsWith('after'))).to.have.length(8);
    const store = await openSqliteJournal(folder);
    const found = (await store.messages({}, { limit: 1000 })).items.map((m) => m.controlId);
    expect(found).to.have.members(said.acknowledged);
    expect((await store.lanes())[0]?.counts).to.deep.equal({ received: found.length });
    await store.close();
    await rm(folder, { recursive: true });
  });
});
