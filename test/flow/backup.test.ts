/** Backup of a running region, loss of its machine, restore elsewhere, and a move: all by the command line. */
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { passerelle, type Outcome } from '../unit/cli/cli-process.ts';
import { TestRegion } from './region.ts';

const succeeded = ({ code, out, err }: Outcome): string => {
  expect(code, err).to.equal(0);
  return out;
};
const refusedWith = ({ code, err }: Outcome, expected: string): void => {
  expect([code, err.includes(expected)], err).to.deep.equal([code === 2 ? 2 : 1, true]);
};

describe('a region that is backed up and restored', () => {
  const region = new TestRegion();
  const inRegion = (name: string): string => path.join(region.folder, name);
  before(async () => {
    await region.prepare();
    await region.start();
  });
  after(() => region.stop());

  it('is backed up while it works', async () => {
    await region.dxcare.act('admission');
    await region.drained();
    await region.post('lanes/dcc-out:pause');
    await region.dxcare.act('letter');
    const out = succeeded(await passerelle(['backup', '-o', inRegion('backup'), '--data', region.data, '--why', 'test']));
    expect(out).to.contain('moteur en marche').and.contain('index.key');
    const audit = readFileSync(path.join(region.data, 'audit.jsonl'), 'utf8');
    expect(audit).to.contain('"message":"backup","reason":"test"');
    expect(readFileSync(path.join(inRegion('backup'), 'audit.jsonl'), 'utf8')).to.equal(audit);
    expect(existsSync(path.join(region.data, 'snapshot')), 'the copy').to.equal(false);
    await region.dxcare.act('identity-change');
  });

  it('starts elsewhere from the backup, with its lanes paused, and finds again who it knew', async () => {
    const known = await region.messages();
    const sentBefore = (await region.record.counts()).received;
    await region.kill();
    refusedWith(await passerelle(['restore', inRegion('backup'), '--data', region.data]), 'ERR_NOT_EMPTY');
    const elsewhere = inRegion('elsewhere');
    const said = succeeded(await passerelle(['restore', inRegion('backup'), '--data', elsewhere]));
    expect(said).to.contain('1 remises attendaient').and.contain('lane resume').and.contain('dcc-out').and.contain('estuaire-dxcare-out');
    region.data = elsewhere;
    await region.start();
    const lanes = (await region.get<{ items: { direction: string; status: string }[] }>('lanes')).items;
    expect(lanes.filter(({ direction }) => direction === 'out').map(({ status }) => status)).to.deep.equal(['paused', 'paused']);
    const restored = await region.messages();
    expect(known.length).to.equal(restored.length + 1);
    expect(restored).to.deep.equal(known.slice(1));
    expect((await region.record.counts()).received, 'nothing leaves before a person looked').to.equal(sentBefore);
  });

  it('goes on when a person says so', async () => {
    await region.post('lanes/dcc-out:resume');
    await region.post('lanes/estuaire-dxcare-out:resume');
    await region.dxcare.act('identity-change');
    await region.drained();
    const counts = await region.record.counts();
    expect(counts).to.include({ duplicates: 0, refused: 0 });
    expect(Object.values(counts.outOfOrder)).to.deep.equal([]);
  });

  it('is backed up when it is stopped, and moves to another journal', async () => {
    const before = await region.messages();
    refusedWith(await passerelle(['move', '--from', region.data, '--to', region.data]), 'ERR_JOURNAL_LOCKED');
    await region.kill('SIGTERM');
    expect(succeeded(await passerelle(['backup', '-o', inRegion('stopped'), '--data', region.data]))).to.contain('moteur arrêté');
    const moved = inRegion('moved');
    refusedWith(await passerelle(['move', '--from', region.data, '--to', moved]), 'ERR_SECRET_MISSING');
    await mkdir(moved);
    await copyFile(path.join(region.data, 'index.key'), path.join(moved, 'index.key'));
    expect(succeeded(await passerelle(['move', '--from', region.data, '--to', moved]))).to.contain('relue et comparée');
    expect(existsSync(path.join(region.data, 'journal.sqlite'))).to.equal(false);
    region.data = moved;
    await region.start();
    expect(await region.messages()).to.deep.equal(before);
  });
});
