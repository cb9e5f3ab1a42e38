/** The bench itself: it runs, prints what tools read, and its judge sees each way a law can be broken. No figure is judged here. */
import { execFile } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { freePorts } from '../flow/region.ts';
import { adtSource } from './adt.ts';
import { Receiver } from './ends.ts';
import { mdmSource } from './mdm.ts';
import type { Judgement } from './receiver.ts';
import { medianRow, row } from './row.ts';

const FIRST_FIELDS = [
  'scenario',
  'store',
  'connections',
  'delivered_per_s',
  'ack_p50_ms',
  'ack_p99_ms',
  'cpu_ms_per_message',
  'rss_mb',
  'growth_ratio',
];

describe('the bench', () => {
  it('runs a load through the engine and prints one object per line, every law held', async () => {
    const bench = path.join(import.meta.dirname, 'bench.js');
    const { stdout } = await promisify(execFile)(process.execPath, [bench, '--scenario', 'adt-8', '--messages', '200', '--json']);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows.map((r) => [r['scenario'], r['store'], r['verdict']])).to.deep.equal([
      ['calibrate-adt-8', 'none', 'ok'],
      ['adt-8', 'sqlite', 'ok'],
    ]);
    for (const line of rows) expect(Object.keys(line).slice(0, FIRST_FIELDS.length)).to.deep.equal(FIRST_FIELDS);
    const [, load = {}] = rows;
    for (const name of FIRST_FIELDS.slice(2)) expect(load[name], name).to.be.a('number').above(0);
    expect(load).to.include({ messages: 200, lost: 0, doubled: 0, out_of_order: 0, wrong: 0, unacknowledged: 0 });
  });

  describe('its judge', () => {
    let receiver: Receiver;
    let port: number;
    beforeEach(async () => {
      [port = 0] = await freePorts(1);
      receiver = await Receiver.start(port);
    });
    afterEach(() => receiver.stop());

    /** Sends the frames, each in two pieces cut inside its end mark, and waits for as many answers. */
    async function judgementOf(frames: readonly Buffer[]): Promise<Judgement> {
      const socket = net.connect(port, '127.0.0.1');
      for (const frame of frames) {
        socket.write(frame.subarray(0, -1));
        await new Promise((resolve) => setTimeout(resolve, 10));
        const answered = new Promise((resolve) => socket.once('data', resolve));
        socket.write(frame.subarray(-1));
        await answered;
      }
      socket.destroy();
      return receiver.judge({ expect: 0, patienceMs: 0 });
    }
    const found = ({ distinct, doubled, outOfOrder, wrong }: Judgement) => ({ distinct, doubled, outOfOrder, wrong });

    it('takes what is in order', async () => {
      const source = adtSource([1, 2], 'T', 1);
      expect(found(await judgementOf([1, 2, 3, 4].map((n) => source.next(n).frame)))).to.deep.equal({
        distinct: 4,
        doubled: 0,
        outOfOrder: 0,
        wrong: 0,
      });
    });

    it('sees a message that comes twice, one that overtook, and one that names nobody', async () => {
      const source = adtSource([1], 'T', 1);
      const [first, second, third] = [1, 2, 3].map((n) => source.next(n).frame) as [Buffer, Buffer, Buffer];
      const nobody = Buffer.from(source.next(4).frame.toString().replace('ISO^PI', 'ISO^XX'));
      expect(found(await judgementOf([first, third, second, third, nobody]))).to.deep.equal({ distinct: 3, doubled: 1, outOfOrder: 1, wrong: 1 });
    });

    it('sees a document whose body changed, or that is under somebody else', async () => {
      const source = mdmSource([1], 'T', 20_000);
      const frame = (n: number): Buffer => Buffer.from(source.next(n).frame);
      const damaged = frame(10);
      const at = damaged.indexOf('^Base64^') + 15_000;
      damaged.write(damaged[at] === 0x41 ? 'B' : 'A', at, 'latin1');
      const misfiled = Buffer.from(frame(11).toString().replace('9000000001^^^DPI', '9000000002^^^DPI'));
      expect(found(await judgementOf([frame(5), damaged, misfiled]))).to.deep.equal({ distinct: 3, doubled: 0, outOfOrder: 0, wrong: 2 });
    });
  });

  it('takes the median of each figure by itself', () => {
    const rows = [1, 9, 2].map((n) => row('adt-8', 'sqlite', { verdict: 'ok', delivered_per_s: n, ack_p99_ms: 10 - n }));
    expect(medianRow(rows)).to.deep.equal(row('adt-8', 'sqlite', { verdict: 'median', delivered_per_s: 2, ack_p99_ms: 8 }));
  });
});
