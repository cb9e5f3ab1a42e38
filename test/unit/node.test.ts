/** Who a node is: what says that it may take the lanes of the one before it at once. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { PasserelleError } from '../../core/contract/index.ts';
import { holdNode } from '../../core/engine/node.ts';

describe('a node is its data directory', () => {
  let folder: string;
  let data: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'passerelle-node-'));
    data = mkdtempSync(path.join(folder, 'data-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What becomes of this in a process of its own: that it dies without a word is one way. */
  const inAnother = (code: string): string =>
    spawnSync(process.execPath, [
      '--input-type=module',
      '-e',
      `const { holdNode } = await import(${JSON.stringify(new URL('../../core/engine/node.js', import.meta.url).href)});
       try { const { name } = holdNode(${JSON.stringify(data)}); console.log(name); ${code} } catch (error) { console.log(error.code); }`,
    ])
      .stdout.toString()
      .trim();

  it('is the same when it starts again, however the one before ended', () => {
    const died = inAnother('process.exit(1);');
    const first = holdNode(data);
    first.release();
    first.release();
    const second = holdNode(data);
    expect([first.name, second.name]).to.deep.equal([died, died]);
    second.release();
  });

  it('is one engine at a time: another process is refused while it lives', () => {
    const first = holdNode(data);
    expect(inAnother('')).to.equal('ERR_JOURNAL_LOCKED');
    expect(() => holdNode(data))
      .to.throw(PasserelleError)
      .with.property('code', 'ERR_JOURNAL_LOCKED');
    first.release();
    expect(inAnother('')).to.equal(first.name);
  });

  it('is another one in a copy of the directory, and after the machine was started again', () => {
    const first = holdNode(data);
    const copy = path.join(folder, 'copy');
    cpSync(data, copy, { recursive: true });
    const second = holdNode(copy);
    first.release();
    second.release();
    const file = path.join(data, 'node.id');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/ \S+/, ' 00000000-0000-0000-0000-000000000000'));
    const third = holdNode(data);
    third.release();
    expect(new Set([first.name, second.name, third.name]).size).to.equal(3);
  });
});
