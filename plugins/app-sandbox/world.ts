/** The world of a peer: time, chance, ids, people and documents. Chance and ids go on where they were after a restart. */
import { createHmac, randomBytes } from 'node:crypto';
import type { PeerWorld } from '../../core/contract/index.ts';
import { careRecord } from './care-record.ts';
import { cda } from './cda.ts';
import { patientPage } from './patient-page.ts';
import { pdf } from './pdf.ts';
import { person } from './people.ts';

/** What of the world is kept with the peer's state. */
export interface WorldState {
  /** Makes the ids of this peer's life unlike those of another life with the same receiver. */
  readonly born: string;
  ids: number;
  seed: number;
}

/** @param pages address of the peer's pages, once it is known. */
export function makeWorld(state: WorldState, now: () => Date, pages: () => string, call: PeerWorld['call']): PeerWorld {
  const world: PeerWorld = {
    now: () => now().toISOString(),
    newId: () => `${state.born}${(state.ids++).toString(36).toUpperCase().padStart(4, '0')}`,
    random: () => {
      // Mulberry32: small, seeded, good enough to vary a demonstration.
      state.seed = (state.seed + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state.seed ^ (state.seed >>> 15), 1 | state.seed);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    },
    secret: () => randomBytes(32).toString('base64url'),
    hmac: (key, text) => createHmac('sha256', key).update(text).digest('base64url'),
    pages,
    call,
    patientPage,
    careRecord: (request, record, about) => careRecord(request, record, world, about),
    person,
    pdf,
    cda,
  };
  return world;
}
