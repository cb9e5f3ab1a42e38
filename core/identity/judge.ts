/** The judge of identities: what is known of a person decides what an identity, a stay or a document of that person becomes (SAFETY A). */
import { PasserelleError } from '../contract/index.ts';
import type { Case, Judge, Judgement, Known, NoteRef } from '../knowledge/index.ts';
import { differingTrait, type EventData, type Patient } from '../model/index.ts';
import { ask, concluded, differencesOf, numbersOf, onFile, rejected, retyped, speakerOf, taskRefs, timely } from './cases.ts';
import { branchOf, familyOf, holdersIn, rivalOf, type Rival } from './family.ts';
import type { DomainSender } from './join.ts';
import { judgeLink, judgeMerge } from './merges.ts';
import { PERSON, heirOf, isKnown, joinedOf, personOf, survivorOf, type Person } from './person.ts';
import { traitsOf } from './traits.ts';
import { asKnown, judgeUpdate, outgoing } from './updates.ts';

/** Of the establishment whose identity domain it is, whoever speaks: what it knows of a person does not depend on who asks (A2). */
export type SendersOf = (domain: string) => readonly DomainSender[];

export const identityJudge = (sendersOf: SendersOf): Judge => ({
  needs: (one, known) => (one.kind === 'other' || one.waits ? [] : [...references(one.keys, known), ...taskRefs(one, known)]),
  judge: (one, known) =>
    one.keys.length === 0 || one.kind === 'other' || one.waits
      ? {}
      : (rejected(one, known) ?? concluded(one, known, judgeTimely(one, known, sendersOf))),
});

function judgeTimely(said: Case, known: Known, sendersOf: SendersOf): Judgement {
  const { one, warnings } = timely(said);
  const judgement = judgeOne(one, known, sendersOf);
  if (warnings.length === 0) return judgement;
  return { ...judgement, event: judgement.event ?? one.event, warnings: [...(judgement.warnings ?? []), ...warnings] };
}

function judgeOne(one: Case, known: Known, sendersOf: SendersOf): Judgement {
  const { type } = one.event;
  if (type === 'dcc.identity.updated') return judgeUpdate(inDomain(one, numbersOf(one)[0]?.domain, sendersOf), known);
  if (type === 'dcc.identity.merged') return judgeMerge(inDomain(one, (one.event.data as EventData<'dcc.identity.merged'>).domain, sendersOf), known);
  if (type === 'dcc.identity.linked' || type === 'dcc.identity.unlinked') return judgeLink(one, known, sendersOf);
  if (one.kind === 'document') return judgeDocument(one, known, sendersOf);
  return type === 'dcc.visit.reassigned' ? judgeReassigned(one, known, sendersOf) : judgeVisit(one, known, sendersOf);
}

/** The case with the senders of the domain that it speaks of, whoever speaks. */
const inDomain = (one: Case, domain: string | undefined, sendersOf: SendersOf): Case => ({
  ...one,
  settings: { ...one.settings, senders: domain === undefined ? [] : sendersOf(domain) },
});

/** Everybody it names, with all the numbers of each. */
const references = (keys: readonly string[], known: Known): readonly NoteRef[] =>
  [...new Set(keys.flatMap((key) => [...familyOf(key, known).keys, ...branchOf(key, known).keys]))].map((key) => ({ kind: PERSON, key }));

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
  const [, person] = heirOf(one.keys[0]!, known);
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
    const asked = found !== undefined && askDocument(one, known, key, person, joined, patient, found);
    if (asked) return asked;
  }
  for (const key of one.keys) {
    const found = rivalOfDocument(key, patient, known, sendersOf);
    const asked = found && askDocument(one, known, key, found.person, found.joined, patient, 'another INS');
    if (asked) return asked;
  }
  const isHeld = isBlocked && one.event.type === 'dcc.document.received';
  return { ...judgement, ...(isHeld && { held: new PasserelleError('ERR_FILING_BLOCKED', { found: 'PID-32 or PID-31' }).toData() }) };
}

/** Whose INS is another one, among the numbers that were absorbed: their traits may have been corrected since, the person they stand for was not. */
function rivalOfDocument(key: string, { ins, insOid }: Patient, known: Known, sendersOf: SendersOf): Rival | undefined {
  const { chain, person } = survivorOf(key, known);
  const senders = person && sendersOf(person.domain);
  if (!ins || !insOid || !senders || holdersIn(chain, known, senders).some(({ joined }) => joined.ins ?? joined.bare)) return undefined;
  return rivalOf(key, { ins, insOid, traits: {} }, known, senders);
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
): Judgement | undefined {
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
