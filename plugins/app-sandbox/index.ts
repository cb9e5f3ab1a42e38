/** The sandbox: runs the peers of connectors as working stand-ins that speak the real protocols and misbehave on demand. It knows no vendor. */
import type { AppPlugin } from '../../core/contract/index.ts';
import { loadPeer } from './load.ts';
import { startPeer, type PeerOptions, type RunningPeer } from './peer-host.ts';

export { cda } from './cda.ts';
export { remotePeer } from './control.ts';
export { playDay, type DayOutcome, type DayStep } from './day.ts';
export { loadPeer } from './load.ts';
export type { Sent } from './outbox.ts';
export { pdf } from './pdf.ts';
export { person } from './people.ts';
export { startPeer, type MisbehaveRequest, type PeerHandle, type PeerOptions, type RunningPeer } from './peer-host.ts';

/** Peers inside the engine's process, for a trial: `peers: [{ connector, listen, sendsTo, control, state }]`. */
export const plugin: AppPlugin = {
  kind: 'app',
  id: 'sandbox',
  create: (_engine, settings) => {
    const running: RunningPeer[] = [];
    return {
      start: async () => {
        const wanted = (settings['peers'] ?? []) as readonly (PeerOptions & { readonly connector: string })[];
        for (const { connector, ...options } of wanted) running.push(await startPeer(await loadPeer(connector), options));
        return running.flatMap(({ addresses }) => addresses);
      },
      stop: async () => {
        await Promise.all(running.splice(0).map((peer) => peer.stop()));
      },
    };
  },
};
