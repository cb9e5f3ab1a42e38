/** The judge of identities: what is known of a person decides what an identity, a stay or a document of that person becomes (SAFETY A). */
import type { Case, Judge, Judgement, Known, NoteRef } from '../knowledge/index.ts';
import type { EventData } from '../model/index.ts';
import { ask, concluded, isAccepted, numbersOf, retyped, speakerOf, taskRefs, timely } from './cases.ts';
import { filingBlocked, filingOf, type SendersOf } from './filing.ts';
import { judgeLink, judgeMerge } from './merges.ts';
import { PERSON, isKnown, joinedOf, personOf, survivorOf } from './person.ts';
import { markedOtherwise } from './task.ts';
import { asKnown, judgeUpdate, outgoing } from './updates.ts';

export const identityJudge = (sendersOf: SendersOf): Judge => ({
  needs: (one, known) => (one.kind === 'other' || one.waits ? [] : [...references(one.keys, known), ...taskRefs(one, known)]),
  judge: (one, known) =>
    one.keys.length === 0 || one.kind === 'other' || one.waits ? {} : concluded(one, known, judgeTimely(one, known, sendersOf)),
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

/** Stands among the keys of what a person may accept. */
const DATAMATRIX = Buffer.from('datamatrix').toString('hex');

/**
 * A4, A6: what contradicts the person on file, or whoever stands for it now, is filed nowhere; marks of PID-32 keep it waiting for a person. A8: nor is what its own pages say is of
 * another patient, where the site has them looked at before.
 */
function judgeDocument(one: Case, known: Known, sendersOf: SendersOf): Judgement {
  const { patient } = one.event.data as EventData<'dcc.document.received'>;
  const filed = { keys: one.keys, patient, source: () => speakerOf(one, patient) };
  const { question, blocked } = filingOf(filed, known, sendersOf, (key) => isAccepted(one, known, key));
  if (question) return ask(one, known, question);
  const { misnamed } = one;
  if (misnamed && !isAccepted(one, known, DATAMATRIX))
    return ask(one, known, {
      kind: 'document',
      code: 'ERR_IDENTITY_CONFLICT',
      expected: 'a datamatrix of the patient of the message',
      found: misnamed.reason,
      persons: new Map(),
      matter: DATAMATRIX,
      ...markedOtherwise(patient, misnamed.marked, one.event.time),
    });
  const isHeld = blocked && one.event.type === 'dcc.document.received';
  return { ...absorbed(one, known), ...(isHeld && { held: filingBlocked() }) };
}
