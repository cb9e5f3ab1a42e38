/**
 * Merges, changes of number and links (SAFETY A6). A merge only says that one number leads to another: what is known of either stays in its own
 * note, so that an undo gives back exactly what was there.
 */
import { PasserelleError, type Note } from '../contract/index.ts';
import type { Case, Judgement, Known } from '../knowledge/index.ts';
import type { EventData } from '../model/index.ts';
import { ask, differencesOf, isAccepted, keyOf, onFile, retyped, speakerOf } from './cases.ts';
import { claimOf } from './fold.ts';
import { isKnown, joinedOf, lastOf, noteOf, nobody, personOf, survivorOf, type Person, type Relation } from './person.ts';
import type { TaskKind } from './task.ts';
import { STRICT_TRAITS } from './traits.ts';
import { asKnown, judgeUpdate } from './updates.ts';

/** What it says of the survivor beside is judged as any statement: a merge brings no other INS and no old name along (A4). */
export function judgeMerge(one: Case, known: Known): Judgement {
  const said = saidOf(one, known);
  if (said.quarantine) return said;
  const own = new Map((said.notes ?? []).map(({ kind, key, value }) => [`${kind} ${key}`, value]));
  const merged = relink(one, (kind, key) => own.get(`${kind} ${key}`) ?? known(kind, key), known);
  if (merged.quarantine || !said.event) return merged;
  const { patient } = said.event.data as EventData<'dcc.identity.updated'>;
  return {
    ...merged,
    event: retyped(one.event, one.event.type, { patient }),
    notes: [...(said.notes ?? []), ...(merged.notes ?? [])],
    warnings: [...(said.warnings ?? []), ...(merged.warnings ?? [])],
  };
}

function saidOf(one: Case, known: Known): Judgement {
  const { domain = '', surviving, patient, recordedAt, originApplication } = one.event.data as EventData<'dcc.identity.merged'>;
  const key = keyOf(one, domain, surviving);
  if (key === undefined || !patient || !(claimOf(patient) ?? STRICT_TRAITS.some((trait) => patient[trait]))) return {};
  const data = { patient, ...(recordedAt !== undefined && { recordedAt }), ...(originApplication !== undefined && { originApplication }) };
  const event = { ...one.event, type: 'dcc.identity.updated' as const, data };
  return judgeUpdate({ ...one, event, keys: [key], draft: { ...one.draft, keys: [{ domain, value: surviving }] } }, known);
}

/** `before`: what was known before the message said anything of the survivor. */
function relink(one: Case, known: Known, before: Known): Judgement {
  const data = one.event.data as EventData<'dcc.identity.merged'>;
  const { domain = '', surviving, absorbed, kind = 'merge' } = data;
  const [into, from] = [keyOf(one, domain, surviving), keyOf(one, domain, absorbed)];
  if (into === undefined || from === undefined) return {};
  const survivor = personOf(known, into) ?? nobody(domain, surviving);
  const gone = personOf(known, from) ?? nobody(domain, absorbed);
  const { chain, key: last, person: end = survivor } = survivorOf(into, known);
  const keys = chain;
  if (gone.into && gone.into.key !== into && survivorOf(gone.into.key, known).key === last) return { keys, warnings: [{ code: 'merge-repeated' }] };
  const question = questionOf(one, known, { into, from, chain, gone, survivor, end, last }, before);
  const isAnswered = isAccepted(one, known, from) && question?.kind !== 'merge-cycle';
  if (question && !isAnswered) return question.judgement;
  const { at, application: sender } = speakerOf(one, undefined);
  const relation = { domain, kind, at, message: one.message.id };
  const change = { at: one.now, message: one.message.id, what: 'merged', sender };
  const elsewhere = gone.into && gone.into.key !== into ? gone.into.key : undefined;
  const former = elsewhere === undefined ? undefined : personOf(known, elsewhere);
  const notes: Note[] = [
    noteOf(from, { ...gone, into: { ...relation, key: into, ipp: surviving }, history: lastOf(gone.history, change) }),
    noteOf(into, {
      ...survivor,
      // All of them: what is known of a number that was absorbed, an opposition above all, is found from here (SAFETY B6).
      absorbed: [...(survivor.absorbed ?? []).filter(({ key }) => key !== from), { ...relation, key: from, ipp: absorbed }],
      ...(kind === 'change-id' &&
        !isKnown(personOf(before, into)) && {
          inherited: { ...gone.inherited, ...gone.folds },
          inheritedFrom: from,
        }),
      history: lastOf(survivor.history, change),
    }),
    ...(elsewhere !== undefined && former ? [noteOf(elsewhere, released(former, from))] : []),
  ];
  return { keys, notes };
}

interface Merge {
  readonly into: string;
  readonly from: string;
  /** Where the survivor leads, itself first. */
  readonly chain: readonly string[];
  readonly gone: Person;
  readonly survivor: Person;
  readonly end: Person;
  readonly last: string;
}

/** Why it is not done without a person. */
function questionOf(one: Case, known: Known, merge: Merge, before: Known): { readonly kind: TaskKind; readonly judgement: Judgement } | undefined {
  const { into, from, chain, gone, survivor, end } = merge;
  const { senders } = one.settings;
  const [mine, theirs] = [joinedOf(end, senders), joinedOf(gone, senders)];
  const make = (kind: TaskKind, expected: string, found: string): { kind: TaskKind; judgement: Judgement } => ({
    kind,
    judgement: ask(one, known, {
      kind,
      code: 'ERR_IDENTITY_MERGE',
      expected,
      found,
      persons: new Map([
        [from, gone],
        // What the message says of the survivor is there to be compared, and counts once a person said so.
        [into, personOf(before, into) ?? nobody(survivor.domain, survivor.ipp)],
      ]),
      candidates: [onFile(gone, theirs), onFile(end, mine), ...(gone.into ? absorber(gone.into, known, senders) : [])],
      differences: differencesOf(mine, theirs.patient, { sender: '', at: '' }),
    }),
  });
  if (chain.includes(from)) return make('merge-cycle', 'a survivor that was not absorbed by whom it absorbs', 'a circle of merges');
  if (gone.into?.key === into) return undefined;
  if (gone.into) return make('merge-elsewhere', 'one survivor', 'a number that another one absorbed before');
  // Sent or replayed again, it would come back behind the back of who undid it.
  if (gone.undone?.some(({ key }) => key === into) || survivor.undone?.some(({ key }) => key === from))
    return make('merge-undone', 'two numbers that nobody has separated', 'a merge that a person undid');
  const [first, second] = [mine.ins ?? mine.bare, theirs.ins ?? theirs.bare];
  const isOther = first && second && (first.ins !== second.ins || first.insOid !== second.insOid);
  return isOther ? make('merge-ins', 'one INS, or none on one side', 'two') : undefined;
}

function absorber({ key }: Relation, known: Known, senders: Case['settings']['senders']): ReturnType<typeof onFile>[] {
  const { person } = survivorOf(key, known);
  return person ? [onFile(person, joinedOf(person, senders))] : [];
}

/** Without what was absorbed, and what came with it. */
function released(person: Person, from: string): Person {
  const { absorbed, inherited, inheritedFrom, ...rest } = person;
  const left = absorbed?.filter(({ key }) => key !== from) ?? [];
  const isInherited = inheritedFrom === undefined ? absorbed?.some(({ key, kind }) => key === from && kind === 'change-id') : inheritedFrom === from;
  return {
    ...rest,
    ...(left.length > 0 && { absorbed: left }),
    ...(!isInherited && { ...(inherited && { inherited }), ...(inheritedFrom !== undefined && { inheritedFrom }) }),
  };
}

/** The absorbed number stands for itself again. Throws ERR_NOT_FOUND when it is not absorbed. */
export function undoMerge(key: string, known: Known, by: { readonly who: string; readonly why: string; readonly at: string }): readonly Note[] {
  const person = personOf(known, key);
  if (!person?.into) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'a number that another one absorbed', found: 'none' });
  const { into, ...rest } = person;
  const survivor = personOf(known, into.key);
  const undone = lastOf(rest.undone, { ...into, who: by.who, why: by.why, undoneAt: by.at });
  return [noteOf(key, { ...rest, undone }), ...(survivor ? [noteOf(into.key, released(survivor, key))] : [])];
}

/** A24, A37: both stay in force. The newest statement about the two counts. */
export function judgeLink(one: Case, known: Known, sendersOf: (domain: string) => Case['settings']['senders']): Judgement {
  const { patients } = one.event.data as EventData<'dcc.identity.linked'>;
  const [first, second] = patients;
  const [a, b] = [keyOf(one, first?.domain, first?.ipp), keyOf(one, second?.domain, second?.ipp)];
  if (a === undefined || b === undefined || a === b) return {};
  const { at } = speakerOf(one, undefined);
  const isLinked = one.event.type === 'dcc.identity.linked';
  const named = [first, second].map((patient) => ({ domain: patient?.domain ?? '', ipp: patient?.ipp ?? '' }));
  const [mine, theirs] = [
    personOf(known, a) ?? nobody(named[0]!.domain, named[0]!.ipp),
    personOf(known, b) ?? nobody(named[1]!.domain, named[1]!.ipp),
  ];
  const link = (person: Person, key: string, other: { domain: string; ipp: string }): Person => {
    const before = person.links?.find((one) => one.key === key);
    if (before && before.at > at) return person;
    return {
      ...person,
      links: lastOf(
        person.links?.filter((one) => one.key !== key),
        { ...other, key, at, isLinked },
      ),
    };
  };
  return {
    event: retyped(one.event, one.event.type, { patients: patients.map((patient) => asKnown(one, known, patient, sendersOf)) }),
    notes: [noteOf(a, link(mine, b, named[1]!)), noteOf(b, link(theirs, a, named[0]!))],
  };
}
