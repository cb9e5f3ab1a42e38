/** The judge of identities: what is known of a person decides what an identity, a stay or a document of that person becomes (SAFETY A). */
import { PasserelleError } from '../contract/index.ts';
import type { Case, Judge, Judgement, Known, NoteRef } from '../knowledge/index.ts';
import { differingTrait, type EventData, type Patient } from '../model/index.ts';
import { ask, concluded, differencesOf, isAccepted, numbersOf, onFile, retyped, speakerOf, taskRefs, timely, type Told } from './cases.ts';
import type { DomainSender } from './join.ts';
import { judgeLink, judgeMerge } from './merges.ts';
import { PERSON, isKnown, joinedOf, personOf, survivorOf, type Person } from './person.ts';
import { traitsOf } from './traits.ts';
import { asKnown, judgeUpdate, outgoing } from './updates.ts';

/** Of the establishment whose identity domain it is, whoever speaks: what it knows of a person does not depend on who asks (A2). */
export type SendersOf = (domain: string) => readonly DomainSender[];

/** Whether the site (FINESS) may say who the patients of that domain are: the record speaks of numbers of hospitals that are not its own (SAFETY A6). */
export type OwnsDomain = (site: string, domain: string) => boolean;

export const identityJudge = (sendersOf: SendersOf, owns: OwnsDomain): Judge => ({
  needs: (one, known) => (one.kind === 'other' || one.waits ? [] : [...references(one.keys, known), ...taskRefs(one, known)]),
  judge: (one, known) =>
    one.keys.length === 0 || one.kind === 'other' || one.waits ? {} : concluded(one, known, judgeTimely(one, known, sendersOf, owns)),
});

function judgeTimely(said: Case, known: Known, sendersOf: SendersOf, owns: OwnsDomain): Judgement {
  const { one, warnings } = timely(said);
  const judgement = judgeOne(one, known, sendersOf, owns);
  if (warnings.length === 0) return judgement;
  return { ...judgement, event: judgement.event ?? one.event, warnings: [...(judgement.warnings ?? []), ...warnings] };
}

function judgeOne(one: Case, known: Known, sendersOf: SendersOf, owns: OwnsDomain): Judgement {
  const { type } = one.event;
  const told = (domain = ''): Told => ({
    ...one,
    settings: { ...one.settings, senders: sendersOf(domain) },
    isForeign: !owns(one.settings.site, domain),
  });
  if (type === 'dcc.identity.updated') return judgeUpdate(told(numbersOf(one)[0]?.domain), known);
  if (type === 'dcc.identity.merged') return judgeMerge(told((one.event.data as EventData<'dcc.identity.merged'>).domain), known);
  if (type === 'dcc.identity.linked' || type === 'dcc.identity.unlinked') return judgeLink(one, known, sendersOf);
  if (one.kind === 'document') return judgeDocument(one, known, sendersOf);
  return type === 'dcc.visit.reassigned' ? judgeReassigned(one, known, sendersOf) : judgeVisit(one, known, sendersOf);
}

/** Everybody it names, and everybody they lead to. */
function references(keys: readonly string[], known: Known): readonly NoteRef[] {
  const all = new Set(keys);
  for (const key of all) {
    const into = personOf(known, key)?.into;
    if (into) all.add(into.key);
  }
  return [...all].map((key) => ({ kind: PERSON, key }));
}

/**
 * What names an absorbed number goes on as it is, for nothing of it may be lost and its content names that number too (A8); but it keeps its
 * place among what is said of the survivor.
 */
function absorbed({ keys }: Case, known: Known): Judgement {
  const others = new Set(keys.flatMap((key) => survivorOf(key, known).chain));
  for (const key of keys) others.delete(key);
  return others.size > 0 ? { keys: [...others], warnings: [{ code: 'identity-absorbed' }] } : {};
}

/** The identity of a stay came with it and was judged: the stay carries what is known now, so that an old one brings no old name. */
function judgeVisit(one: Case, known: Known, sendersOf: SendersOf): Judgement {
  const person = personOf(known, one.keys[0]!);
  const judgement = absorbed(one, known);
  if (!isKnown(person)) return judgement;
  const { patient } = one.event.data as EventData<'dcc.visit.opened'>;
  return { ...judgement, event: retyped(one.event, one.event.type, { patient: outgoing(patient, joinedOf(person, sendersOf(person.domain))) }) };
}

function judgeReassigned(one: Case, known: Known, sendersOf: SendersOf): Judgement {
  const { patient, from } = one.event.data as EventData<'dcc.visit.reassigned'>;
  const data = { patient: asKnown(one, known, patient, sendersOf), from: asKnown(one, known, from, sendersOf) };
  return { ...absorbed(one, known), event: retyped(one.event, one.event.type, data) };
}

/** A4, A6: what contradicts the person on file, or whoever stands for it now, is filed nowhere; marks of PID-32 keep it waiting for a person. */
function judgeDocument(one: Case, known: Known, sendersOf: SendersOf): Judgement {
  const { patient } = one.event.data as EventData<'dcc.document.received'>;
  const judgement = absorbed(one, known);
  let isBlocked = patient.automaticFiling === false;
  for (const key of new Set(one.keys.flatMap((named) => survivorOf(named, known).chain))) {
    const person = personOf(known, key);
    if (!isKnown(person)) continue;
    const joined = joinedOf(person, sendersOf(person.domain));
    isBlocked ||= joined.patient.automaticFiling === false;
    const found = contradiction((joined.ins ?? joined.bare)?.ins, joined.patient, patient);
    if (found !== undefined && !isAccepted(one, known, key)) return askDocument(one, known, key, person, joined, patient, found);
  }
  const isHeld = isBlocked && one.event.type === 'dcc.document.received';
  return { ...judgement, ...(isHeld && { held: new PasserelleError('ERR_FILING_BLOCKED', { found: 'PID-32 or PID-31' }).toData() }) };
}

function contradiction(ins: string | undefined, onFile: Patient, received: Patient): string | undefined {
  if (ins !== undefined && received.ins && received.ins !== ins) return 'another INS';
  return differingTrait(onFile, traitsOf(received));
}

function askDocument(
  one: Case,
  known: Known,
  key: string,
  person: Person,
  joined: ReturnType<typeof joinedOf>,
  received: Patient,
  found: string,
): Judgement {
  return ask(one, known, {
    kind: 'document',
    code: 'ERR_IDENTITY_CONFLICT',
    expected: 'the patient on file under this number',
    found,
    persons: new Map([[key, person]]),
    candidates: [onFile(person, joined), { domain: person.domain, ipp: person.ipp, as: 'received', patient: received }],
    differences: differencesOf(joined, received, speakerOf(one, received)),
  });
}
