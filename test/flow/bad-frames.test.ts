/** Bad frames over a real socket: what the sender is told, and what the engine keeps. */
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../../core/registry/index.ts';
import { TestRegion, until } from './region.ts';

const MAX_FRAME_BYTES = 1_000_000;
const fixture = (name: string): string =>
  readFileSync(path.join(packageRoot, 'test/cases/bad-input', name), 'latin1').replaceAll('1.2.250.1.999.70.1', '1.2.250.1.999.10.1');

describe('bad frames', () => {
  const region = new TestRegion();
  before(async () => {
    await region.prepare((yaml) => yaml.replace('reply: decoded }', `reply: decoded, maxFrameBytes: ${MAX_FRAME_BYTES} }`));
    await region.start();
  });
  after(() => region.stop());

  it('that are too large are answered AR 207 before they end, and the connection closes', async () => {
    const { replies, closed } = await exchange(
      region.ports.mllp,
      `\x0b${fixture('two-in-one-frame.hl7').slice(0, 300)}${'x'.repeat(MAX_FRAME_BYTES + 1)}`,
      1,
    );
    expect(replies[0]).to.match(/\rMSA\|AR\|BAD0019\rERR\|\|\|207\^/);
    expect(closed).to.equal(true);
    expect(await region.messages()).to.deep.equal([]);
  });

  it('with two messages give two answers in one frame, and two messages', async () => {
    const { replies } = await exchange(region.ports.mllp, `\x0b${fixture('two-in-one-frame.hl7')}\x1c\r`, 1);
    expect(replies[0]?.match(/\rMSA\|AA\|BAD00\d\d/g)).to.deep.equal(['\rMSA|AA|BAD0019', '\rMSA|AA|BAD0020']);
    expect((await region.messages()).map((m) => m.controlId)).to.have.members(['BAD0019', 'BAD0020']);
  });

  it('that are cut leave nothing behind, and the same message sent whole is taken once', async () => {
    const message = fixture('event-unknown.hl7').replace('A99', 'A31');
    const socket = net.connect(region.ports.mllp, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    await new Promise((resolve) => socket.write(`\x0b${message.slice(0, 120)}`, resolve));
    socket.end();
    await until('the connection is gone', 5000, () => socket.closed);
    const { replies } = await exchange(region.ports.mllp, `\x0b${message}\x1c\r`, 1);
    expect(replies[0]).to.match(/\rMSA\|AA\|BAD0005/);
    expect((await region.messages()).filter((m) => m.controlId === 'BAD0005')).to.have.length(1);
  });

  it('that hold no HL7 are refused with AE 100, and a copy is kept', async () => {
    const { replies } = await exchange(region.ports.mllp, '\x0bBonjour\x1c\r', 1);
    expect(replies[0]).to.match(/\rMSA\|AE/);
    expect(replies[0]).to.match(/\|100\^/);
    expect((await region.messages('state=rejected&limit=1'))[0]?.error?.code).to.equal('ERR_HL7_NOT_HL7');
  });
});

/** Writes bytes, waits for `count` framed answers or the end of the connection. */
async function exchange(port: number, bytes: string, count: number): Promise<{ replies: string[]; closed: boolean }> {
  const socket = net.connect(port, '127.0.0.1');
  let text = '';
  let closed = false;
  socket.setEncoding('latin1').on('data', (chunk: Buffer | string) => (text += String(chunk)));
  socket.on('error', () => undefined).on('close', () => (closed = true));
  socket.write(bytes, 'latin1');
  const frames = (): string[] =>
    text
      .split('\x1c\r')
      .slice(0, -1)
      .map((f) => f.slice(1));
  await until('the answer', 10_000, () => frames().length >= count || closed);
  const tooLarge = bytes.length > MAX_FRAME_BYTES;
  if (tooLarge) await until('the connection is closed', 10_000, () => closed);
  socket.destroy();
  return { replies: frames(), closed };
}
