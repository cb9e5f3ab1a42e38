/** What is judged of one event in several steps: each sees what those before it leave, and when one asks, nothing of the others is kept. */
import type { Note } from '../contract/index.ts';
import type { Judgement, Known } from '../knowledge/index.ts';
import type { Told } from './cases.ts';
import { PERSON, noteOf, nobody, personOf, readPerson } from './person.ts';

interface Turns {
  readonly stopped?: Judgement;
  /** What each step said, and what is known after the last one. */
  readonly done: readonly Judgement[];
  readonly now: Known;
}

export function inTurn(one: Told, known: Known, ...steps: readonly ((one: Told, known: Known) => Judgement)[]): Turns {
  const done: Judgement[] = [];
  let now = known;
  for (const step of steps) {
    const judgement = step(one, now);
    if (judgement.quarantine) return { stopped: { ...judgement, notes: waiting(judgement.notes ?? [], known) }, done, now };
    done.push(judgement);
    now = after(now, judgement.notes);
  }
  return { done, now };
}

export const together = (done: readonly Judgement[]): Required<Pick<Judgement, 'notes' | 'warnings'>> => ({
  // Of one that several steps changed, as the last one leaves it.
  notes: [...new Map(done.flatMap(({ notes = [] }) => notes.map((note) => [`${note.kind} ${note.key}`, note] as const))).values()],
  warnings: done.flatMap(({ warnings = [] }) => warnings),
});

export const after = (known: Known, notes: readonly Note[] = []): Known => {
  const now = new Map(notes.map(({ kind, key, value }) => [`${kind} ${key}`, value]));
  return (kind, key) => now.get(`${kind} ${key}`) ?? known(kind, key);
};

/** What the message says is there to be compared; of what waits for a person only that it waits is kept. */
const waiting = (notes: readonly Note[], known: Known): readonly Note[] =>
  notes.map((note) => {
    if (note.kind !== PERSON) return note;
    const { domain, ipp, open = [], doubts } = readPerson(note.key, note.value);
    return noteOf(note.key, { ...(personOf(known, note.key) ?? nobody(domain, ipp)), open, ...(doubts && { doubts }) });
  });
