/** Finds the script of a peer by the id of its connector, among the connectors of this installation. */
import type { PeerDefinition } from '../../core/contract/index.ts';

/** Throws Error with a sentence when there is none. */
export async function loadPeer(connector: string): Promise<PeerDefinition> {
  if (!/^[a-z][a-z0-9-]*$/.test(connector)) throw new Error('a connector id is made of a-z, 0-9 and -');
  try {
    const door = (await import(new URL(`../../connectors/${connector}/peer/index.js`, import.meta.url).href)) as { peer?: PeerDefinition };
    if (door.peer) return door.peer;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
  }
  throw new Error(`the connector ${connector} has no peer`);
}
