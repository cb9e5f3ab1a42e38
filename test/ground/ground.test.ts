/** The cluster is a real one that keeps what it committed over a kill, and goes away; the slow disk waits before each sync. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { compiler, postgresFolder, slowDisk, startCluster, type Cluster } from './index.ts';

const installed = postgresFolder() !== undefined;
const hasCompiler = process.platform === 'linux' && compiler() !== undefined;

describe(`a PostgreSQL cluster of one's own${installed ? '' : ' (skipped: PostgreSQL is not installed)'}`, () => {
  let cluster: Cluster;
  before(async function () {
    if (!installed) this.skip();
    cluster = await startCluster();
  });
  after(() => cluster?.stop());

  it('syncs, and keeps what it committed over a kill of all its processes and over a clean halt', async () => {
    expect(await cluster.query('show fsync')).to.equal('on');
    await cluster.query('create table kept (n int); insert into kept values (1)');
    const pids = cluster.pids();
    expect(pids.length).to.be.above(1);
    await cluster.kill();
    expect(cluster.pids()).to.deep.equal([]);
    expect(pids.filter(lives)).to.deep.equal([]);
    await cluster.start();
    await cluster.query('insert into kept values (2)');
    await cluster.halt();
    await cluster.start();
    expect(await cluster.query('select n from kept order by n')).to.equal('1\n2');
  });

  it('is gone once stopped', async () => {
    const pids = cluster.pids();
    await cluster.stop();
    expect(pids.filter(lives)).to.deep.equal([]);
    expect(
      await cluster.query('select 1').then(
        () => 'answered',
        () => 'gone',
      ),
    ).to.equal('gone');
  });
});

describe(`a slow disk${hasCompiler ? '' : ' (skipped: no C compiler, or not Linux)'}`, () => {
  it('makes each fsync and fdatasync of Node wait at least as long as it says', async function () {
    if (!hasCompiler) this.skip();
    const { env, folder } = slowDisk(60_000);
    const program = `
      const fs = require('node:fs');
      const fd = fs.openSync(process.argv[1], 'w');
      const times = ['fsyncSync', 'fdatasyncSync'].map((sync) => {
        const begun = performance.now();
        fs[sync](fd);
        return performance.now() - begun;
      });
      console.log(JSON.stringify(times));`;
    try {
      const { stdout } = await promisify(execFile)(process.execPath, ['-e', program, `${folder}/file`], { env: { ...process.env, ...env } });
      // A lower bound: it holds on any machine, however busy.
      for (const ms of JSON.parse(stdout) as number[]) expect(ms).to.be.at.least(60);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** A zombie that nobody has buried yet does not. */
const lives = (pid: number): boolean => existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
