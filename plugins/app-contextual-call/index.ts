/**
 * The contextual call over HTTP (PROTOCOL.md): calls of care records come in on the engine's public listener, and the pages that a clinician sees go out.
 * Beside it stands what sites are given, which the engine only packs (`core/kit`): `clients` in seven languages and the `vectors` that hold them, the `relay`
 * of a site, its `enrolment`, and in `kit` their pages and the program of heavy clients. `pages` is what a browser gets.
 */
import type { AppPlugin, HttpDoor } from '../../core/contract/index.ts';
import { CallServer } from './server.ts';
import { readSettings } from './settings.ts';

export type { CallAppSettings } from './settings.ts';

/** Its settings are `CallAppSettings`; creation opens nothing. `start` throws ERR_PORT_TAKEN, ERR_CONFIG_*. */
export const plugin: AppPlugin = {
  kind: 'app',
  id: 'contextual-call',
  create: (engine, given) => {
    const { listen, host, port, publicUrl } = readSettings(given);
    const server = new CallServer(engine.calls, engine.callSessions, publicUrl);
    const doors: HttpDoor[] = [];
    return {
      start: async () => {
        doors.push(await listen({ host, port, path: BASE }, server.handle));
        // Paths of products, wherever on this listener their vendors post to.
        for (const { path, connector } of engine.calls.dialects())
          doors.push(await listen({ host, port, path }, (request, response, below) => server.handleDialect(connector, request, response, below)));
        return [`${publicUrl}${BASE}`];
      },
      stop: async () => {
        for (const door of doors.splice(0)) await door.leave();
      },
    };
  },
};

const BASE = '/appel-contextuel';
