/** What people see of one hospital and decide of it, over a journal that is its notes. */
import type { IdentityFace, Note } from '../../../core/contract/index.ts';
import type { Engine } from '../../../core/engine/engine.ts';
import { identityFace } from '../../../core/engine/identity-face.ts';
import { Knowledge } from '../../../core/knowledge/index.ts';
import { keyed, type Hospital } from './hospital.ts';

export const journalOf = (hospital: () => Hospital) => ({
  tag: 'TEST',
  notes: async (kind: string, keys: readonly string[]) => keys.map((key) => hospital().known(kind, key)),
  keep: async (notes: readonly Note[]) => {
    for (const { kind, key, value } of notes)
      if (value) hospital().notes.set(`${kind} ${key}`, value);
      else hospital().notes.delete(`${kind} ${key}`);
  },
});

export function faceOf(journal: ReturnType<typeof journalOf>, more: object = {}): IdentityFace {
  const idle = { still: () => () => undefined, acted: () => undefined, answered: () => undefined };
  const region = { isOwner: true, journal, ...idle, knowledge: new Knowledge(journal, []), ...more };
  return identityFace({ journal, index: { patient: ({ value }: { readonly value: string }) => keyed(value) }, region } as unknown as Engine);
}
