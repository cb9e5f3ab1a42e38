/** The HTTP API of the engine on its admin listener: health, metrics, `/api/v1`, OpenAPI (ARCHITECTURE section 7). */
import type { AddressInfo } from 'node:net';
import { PasserelleError, type AppPlugin } from '../../core/contract/index.ts';
import { buildServer } from './server.ts';
import { readApiSettings } from './settings.ts';

export type { ApiSettings, ContentReading } from './settings.ts';

/** Its settings are `ApiSettings`; creation checks them and opens nothing. `start` throws ERR_PORT_TAKEN. */
export const plugin: AppPlugin = {
  kind: 'app',
  id: 'api',
  create: (engine, given) => {
    const settings = readApiSettings(given);
    const server = buildServer(engine, settings);
    return {
      start: async () => {
        const { host, port } = settings;
        await server.listen({ host, port }).catch((cause: unknown) => {
          const taken = (cause as { code?: string }).code === 'EADDRINUSE';
          throw new PasserelleError(taken ? 'ERR_PORT_TAKEN' : 'ERR_CONFIG_INVALID', {
            location: { path: '/admin' },
            found: `${host}:${port}`,
            cause,
          });
        });
        // Of a connection that could not be accepted: it is lost, the others are served.
        server.server.on('error', () => undefined);
        const bound = server.server.address() as AddressInfo;
        return [`http://${host.includes(':') ? `[${host}]` : host}:${bound.port}`];
      },
      stop: () => server.close(),
    };
  },
};
