import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { remotePeer } from '../index.ts';

const program = path.resolve(import.meta.dirname, '../run.js');

async function run(...args: string[]): Promise<{ child: ChildProcess; lines: string[]; errors: string[] }> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const reader = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const wanted = args.filter((each) => each === '--listen' || each === '--control').length;
  while (lines.length < wanted && child.exitCode === null) await Promise.race([once(reader, 'line'), once(child, 'close')]);
  return { child, lines, errors };
}

describe('a peer as a program of its own', () => {
  for (const [connector, scheme] of [
    ['dxcare', 'mllp'],
    ['k-process', 'http'],
  ] as const) {
    it(`prints the addresses of ${connector}, is controlled, and ends cleanly when told to`, async () => {
      const { child, lines } = await run('--connector', connector, '--listen', `${scheme}://127.0.0.1:0`, '--control', '127.0.0.1:0');
      expect(lines[0]).to.match(new RegExp(`^${connector} ${scheme}://127\\.0\\.0\\.1:\\d+$`));
      const control = /control:\/\/(\S+)$/.exec(lines[1]!)![1]!;
      expect(await remotePeer(connector, control).counts()).to.include({ received: 0, waiting: 0 });
      child.kill('SIGTERM');
      expect(await once(child, 'close')).to.deep.equal([0, null]);
    });
  }

  it('says in one line what stands in its way', async () => {
    const { child, errors } = await run('--connector', 'nobody');
    if (child.exitCode === null) await once(child, 'close');
    expect(child.exitCode).to.equal(1);
    expect(errors).to.deep.equal(['the connector nobody has no peer']);
  });
});
