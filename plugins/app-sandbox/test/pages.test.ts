/** Pages of a peer are for a browser on this machine, under the name they were opened by. */
import { request } from 'node:http';
import { expect } from 'chai';
import { definePeer } from '../../../core/contract/index.ts';
import { startPeer, type RunningPeer } from '../index.ts';

const greeter = definePeer<{ shown: number }>({
  id: 'greeter',
  listens: [],
  init: () => ({ shown: 0 }),
  onMessage: ({ bytes }) => ({ bytes }),
  onPage: async ({ http, bytes }, state, world) => ({
    bytes: Buffer.from(`${http?.method} ${http?.path} ${Buffer.from(bytes).toString()} ${++state.shown} ${world.pages()}`),
  }),
  misanswer: (_, { bytes }) => ({ bytes }),
  judge: () => ({ verdict: 'taken', ack: '' }),
  actions: {},
  counts: () => ({ received: 0, distinct: 0, duplicates: 0, refused: 0, filed: {}, outOfOrder: {} }),
});

describe('the pages of a peer', () => {
  let peer: RunningPeer;
  let base: string;
  before(async () => {
    peer = await startPeer(greeter, { pages: 'http://127.0.0.1:0' });
    base = peer.addresses[0]?.replace('/ (pages)', '') ?? '';
  });
  after(() => peer.stop());

  it('answer pages and forms, and keep them out of frames, caches and scripts of others', async () => {
    const page = await fetch(`${base}/fiche?x=1`);
    expect(await page.text()).to.equal(`GET /fiche  1 ${base}`);
    expect(page.headers.get('content-type')).to.match(/^text\/html/);
    expect(page.headers.get('content-security-policy')).to.include("default-src 'none'").and.include("frame-ancestors 'none'");
    expect(page.headers.get('cache-control')).to.equal('no-store');
    expect(await (await fetch(`${base}/fiche`, { method: 'POST', body: 'a=b' })).text()).to.equal(`POST /fiche a=b 2 ${base}`);
  });

  it('refuse another name (DNS rebinding), another method, and an address that others can reach', async () => {
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    request(base, { headers: { host: 'evil.example.test' } }, (response) => resolve(response.resume().statusCode)).end();
    expect(await promise).to.equal(421);
    expect((await fetch(base, { method: 'DELETE' })).status).to.equal(405);
    expect(
      await startPeer(greeter, { pages: 'http://0.0.0.0:0' }).then(
        () => 'opened',
        (error: Error) => error.message,
      ),
    ).to.match(/loopback/);
  });
});
