/** The judge of identities: what is known of a person decides what an identity, a stay or a document of that person becomes (SAFETY A). */
import type { Case, Judge, Judgement, Known, NoteRef } from '../knowledge/index.ts';
import type { EventData, Patient } from '../model/index.ts';
import { ask, concluded, isAgreed, numbersOf, rejected, retyped, speakerOf, taskRefs, timely, type Told } from './cases.ts';
import { namesSeveral, numbersReplaced, numbersTogether } from './beside.ts';
import { branchOf, familyOf, isAlone } from './family.ts';
import { filingBlocked, filingOf } from './filing.ts';
import type { SendersOf } from './join.ts';
import { judgeLink, judgeMerge } from './merges.ts';
import { PERSON, heirOf, isKnown, joinedOf, survivorOf } from './person.ts';
import { markedOtherwise } from './task.ts';
import { inTurn, together } from './turns.ts';
import { asKnown, judgeUpdate, othersNamed, outgoing } from './updates.ts';

/** Whether the site (FINESS) may say who the patients of that domain are: the record speaks of numbers of hospitals that are not its own (SAFETY A6). */
export type OwnsDomain = (site: string, domain: string) => boolean;

export const identityJudge = (sendersOf: SendersOf, owns: OwnsDomain): Judge => ({
  needs: (one, known) => (one.kind === 'other' || one.waits ? [] : [...references(one.keys, known), ...taskRefs(one, known)]),
  judge: (one, known) =>
    one.keys.length === 0 || one.kind === 'other' || one.waits
      ? {}
      : (rejected(one, known) ?? concluded(one, known, judgeTimely(one, known, sendersOf, owns))),
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
    sendersOf,
    owns: (of) => owns(one.settings.site, of),
  });
  if (type === 'dcc.identity.updated') {
    const said = told(numbersOf(one)[0]?.domain);
    const update = (now: Told, seen: Known): Judgement => judgeUpdate(now, seen);
    const steps = namesSeveral(said) ? [numbersReplaced, update, numbersTogether] : [update];
    const { stopped, done } = inTurn(said, known, ...steps);
    return stopped ?? { ...done[steps.indexOf(update)], ...together(done) };
  }
  if (type === 'dcc.identity.merged') return judgeMerge(told((one.event.data as EventData<'dcc.identity.merged'>).domain), known);
  if (one.kind === 'document') return judgeDocument(one, known, sendersOf);
  const named = pairOf(one);
  if (!named) return judgeVisit(one, known, sendersOf);
  const asked = ask(one, known, ...named.flatMap((patient) => othersNamed(told(patient.domain), known, patient)));
  return asked ?? (type === 'dcc.visit.reassigned' ? judgeReassigned(one, known, sendersOf) : judgeLink(one, known, sendersOf));
}

/** Both patients of a link, or of a stay that moves. */
function pairOf({ event: { type, data } }: Case): readonly Patient[] | undefined {
  if (type === 'dcc.identity.linked' || type === 'dcc.identity.unlinked') return (data as EventData<'dcc.identity.linked'>).patients;
  if (type !== 'dcc.visit.reassigned') return undefined;
  const { patient, from } = data as EventData<'dcc.visit.reassigned'>;
  return [patient, from];
}

/** Everybody it names, with all the numbers of each. */
function references(keys: readonly string[], known: Known): readonly NoteRef[] {
  const of = (key: string): readonly string[] => (isAlone(key, known) ? [key] : [...familyOf(key, known).keys, ...branchOf(key, known).keys]);
  return [...new Set(keys.flatMap(of))].map((key) => ({ kind: PERSON, key }));
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

/**
 * A4, A6: what contradicts the person on file, or whoever stands for it now, is filed nowhere; marks of PID-32 keep it waiting for a person. A8: nor is what its own pages say is of
 * another patient, where the site has them looked at before.
 */
function judgeDocument(one: Case, known: Known, sendersOf: SendersOf): Judgement {
  const { patient } = one.event.data as EventData<'dcc.document.received'>;
  const filed = { keys: one.keys, patient, source: () => speakerOf(one, patient) };
  const { question, blocked } = filingOf(filed, known, sendersOf, (of) => isAgreed(one, known, of));
  const { misnamed } = one;
  const marked = misnamed && {
    kind: 'document' as const,
    code: 'ERR_IDENTITY_CONFLICT' as const,
    expected: 'a datamatrix of the patient of the message',
    found: misnamed.reason,
    persons: new Map(),
    ...markedOtherwise(patient, misnamed.marked, one.event.time),
  };
  const asked = (question && ask(one, known, question)) ?? (marked && ask(one, known, marked));
  if (asked) return asked;
  const isHeld = blocked && one.event.type === 'dcc.document.received';
  return { ...absorbed(one, known), ...(isHeld && { held: filingBlocked() }) };
}
