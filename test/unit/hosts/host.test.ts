import { constants, getPriority } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { stub } from 'sinon';
import { UNCONFIGURED, type Envelope } from 'passerelle/contract';
import { until } from '../../flow/region.ts';
import { ConnectorHost, type HostCall } from '../../../core/registry/index.ts';

const module = path.join(import.meta.dirname, 'unruly-connector.js');
const decode = (text: string, seed = 's'): HostCall => ({
  operation: 'decode',
  envelope: { format: 'hl7v2', text, parts: [], charset: 'utf-8', warnings: [] } satisfies Envelope,
  settings: UNCONFIGURED,
  now: '2026-01-01T00:00:00.000Z',
  seed,
});
const codes = (answer: unknown): string[] =>
  (answer as { value: { result: { warnings: { code: string }[] } } }).value.result.warnings.map((w) => w.code);
const errorOf = (answer: unknown): string | undefined => (answer as { error?: { code: string } }).error?.code;

for (const kind of ['thread', 'process'] as const)
  describe(`a connector host in a ${kind}`, () => {
    let host: ConnectorHost;
    beforeEach(async () => {
      host = new ConnectorHost(module, kind, { callTimeoutMs: 1000, restartDelayMs: 10 });
      await host.start();
    });
    afterEach(() => host.stop());

    it('gives the same ids and the same time to the same call, and other ids to another', async () => {
      const [a, b, c] = await Promise.all([host.call(decode('x', '1')), host.call(decode('x', '1')), host.call(decode('x', '2'))]);
      expect(codes(a)).to.deep.equal(codes(b));
      expect(codes(a)[0]).not.to.equal(codes(c)[0]);
      expect(new Set(codes(a)).size).to.equal(3);
      expect(codes(a)[0]).to.match(/^[0-9A-Z]{20}$/);
    });

    it('turns what a connector throws into an error without its words', async () => {
      const answer = await host.call(decode('throw'));
      expect(errorOf(answer)).to.equal('ERR_CONNECTOR_FAILED');
      expect(JSON.stringify(answer)).not.to.include('secret');
    });

    it('runs it behind the engine, which keeps its own priority', async function () {
      if (process.platform !== 'linux') this.skip(); // no priority of a thread by itself
      const before = getPriority();
      expect(codes(await host.call(decode('priority')))).to.deep.equal([String(Math.max(before, constants.priority.PRIORITY_BELOW_NORMAL))]);
      expect(getPriority()).to.equal(before);
    });

    it('fails the calls of a connector that loops, then works again', async () => {
      expect(errorOf(await host.call(decode('loop')))).to.equal('ERR_HOST_UNAVAILABLE');
      await untilItAnswers(host);
    });

    it('fails the calls of a connector that ends its host, then works again', async () => {
      expect(errorOf(await host.call(decode('exit')))).to.equal('ERR_HOST_UNAVAILABLE');
      await untilItAnswers(host);
    });

    for (const how of ['loop', 'exit'])
      it(`gives up on the one call that ends its host each time (${how}), and goes on with those that came with it`, async () => {
        const seen = async (text: string): Promise<string | undefined> => errorOf(await host.call(decode(text, text)));
        await until('the call is a defect, not an absence', 15_000, async () => {
          const [bad] = await Promise.all([seen(how), seen('x'), seen('y')]);
          return bad === 'ERR_CONNECTOR_FAILED';
        });
        await until('the others are answered', 5000, async () => (await seen('x')) === undefined && (await seen('y')) === undefined);
      });

    it('lets a call of one lane wait for few of another lane, however many that one has', async () => {
      let done = 0;
      const many = Array.from({ length: 200 }, async (_, n) => {
        await host.call(decode('slow', `busy ${n}`));
        done += 1;
      });
      await new Promise((resolve) => setImmediate(resolve));
      const answer = await host.call({ ...decode('x', 'other'), settings: { ...UNCONFIGURED } } as HostCall);
      expect(errorOf(answer)).to.equal(undefined);
      expect(done).to.be.lessThan(150);
      await Promise.all(many);
      expect(done).to.equal(200);
    });

    it('takes what cannot be written as JSON for the failure of its own call', async () => {
      const [bad, good] = await Promise.all([host.call(decode('cycle', '1')), host.call(decode('x', '2'))]);
      expect([errorOf(bad), errorOf(good)]).to.deep.equal(['ERR_CONNECTOR_FAILED', undefined]);
    });

    it('lets nothing out of what a connector prints', async () => {
      const writes = [stub(process.stdout, 'write'), stub(process.stderr, 'write')];
      try {
        await host.call(decode('print'));
        await host.call(decode('x'));
        await host.stop();
      } finally {
        for (const write of writes) write.restore();
      }
      const printed = writes.flatMap((write) => write.args.map(([text]) => String(text)));
      expect(printed.join('')).not.to.include('secret');
    });

    it('does not believe a connector that answers for its host', async () => {
      await host.call(decode('forge'));
      await untilItAnswers(host);
    });

    it('answers unavailable once stopped, and can be stopped twice', async () => {
      await host.stop();
      await host.stop();
      expect(errorOf(await host.call(decode('x')))).to.equal('ERR_HOST_UNAVAILABLE');
    });
  });

async function untilItAnswers(host: ConnectorHost): Promise<void> {
  for (const deadline = Date.now() + 10_000; errorOf(await host.call(decode('x'))); await new Promise((r) => setTimeout(r, 20)))
    if (Date.now() > deadline) throw new Error('the host did not come back');
}
