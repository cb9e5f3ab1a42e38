/** Whatever listens goes on when the system could not accept a connection: `accept` says errors of the network, of memory and of firewalls too. */
import net from 'node:net';
import { once } from 'node:events';
import { expect } from 'chai';
import type { EngineFace } from '../../core/contract/index.ts';
import { plugin as api } from '../../plugins/app-api/index.ts';
import { plugin as https } from '../../plugins/transport-https/index.ts';
import { plugin as mllp } from '../../plugins/transport-mllp/index.ts';

interface Listening {
  readonly start: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

const face = { receive: async () => ({ bytes: null }), fault: async () => ({ bytes: null }) };
const LISTENERS: Readonly<Record<string, () => Listening>> = {
  mllp: () => mllp.source({ port: 0 }, face),
  https: () => https.source({ port: 0, path: '/in', token: 'jeton-fictif-de-32-octets-au-moins-12' }, face),
  'the admin listener': () => {
    const app = api.create({} as EngineFace, {
      host: '127.0.0.1',
      port: 0,
      token: 'jeton-fictif-de-32-octets-au-moins-12',
      audit: async () => undefined,
    });
    return { start: async () => (await app.start())[0]!, stop: () => app.stop() };
  },
};

describe('a listener', () => {
  for (const [name, make] of Object.entries(LISTENERS))
    it(`${name}: is still there after connections that could not be accepted`, async () => {
      const listening = make();
      const port = Number(new URL(await listening.start()).port);
      const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles: () => readonly unknown[] };
      const server = handles.call(process).find((one) => one instanceof net.Server && (one.address() as net.AddressInfo | null)?.port === port);
      for (const code of ['ENETDOWN', 'ENOMEM']) (server as net.Server).emit('error', Object.assign(new Error(`accept ${code}`), { code }));
      const socket = net.connect(port, '127.0.0.1');
      await once(socket, 'connect');
      expect(socket.readyState).to.equal('open');
      socket.destroy();
      await listening.stop();
    });
});
