/** The judge of documents: what a received, replaced, deleted or answered document means beside what is known. Pure (core/knowledge). */
import { PERSON, type SendersOf } from '../identity/index.ts';
import type { BlindIndex } from '../journal/index.ts';
import type { Case, Judge, Known, NoteRef } from '../knowledge/index.ts';
import { aliasRefs, asItCame, isOutdated } from './aliases.ts';
import { judgeAnswer, isAnswer, sentKey } from './answers.ts';
import { judgeArrival } from './arrival.ts';
import { consentNotes, consentRefs, isOpposed, saysConsent } from './consent.ts';
import { judgeDeletion } from './deletion.ts';
import { factsOf, isDeletion, type DocumentFacts } from './facts.ts';
import { documentOf, KINDS, read, ref, type DocumentNote } from './notes.ts';
import { withWhatIsLeft, type Other } from './pairs.ts';
import { hashOf, holderNotes, insKeyOf, insKeysOf, insSaid, isSettled, survivorRefs, tokensOf } from './patients.ts';
import { documentsIn, lined, linked, nameRefs, namesOf, placedBy, successorRefs } from './register.ts';
import { stop } from './stops.ts';

export function documentJudge(index: BlindIndex, sendersOf: SendersOf): Judge {
  const isDocument = (one: Case): boolean => one.kind === 'document';
  const isIdentity = (one: Case): boolean => one.kind === 'identity' && !one.waits;
  const keysOf = (one: Case, known: Known): ReadonlySet<string> =>
    new Set([...tokensOf(one, index).map(hashOf), ...one.keys.flatMap((key) => insKeyOf(key, known, index, sendersOf) ?? [])]);
  return {
    needs: (one, known) => {
      if (isAnswer(one)) return answerRefs(one, known, index);
      if (!isDocument(one) || one.waits) {
        if (!saysConsent(one) && !isIdentity(one)) return [];
        return [
          ...one.keys.flatMap((key) => [...ref(PERSON, key), ...insKeysOf(key, known, index).flatMap((ins) => ref(KINDS.holders, ins))]),
          // Asked for before it is the person's: later, the whole batch would be judged again.
          ...insSaid(one, index).flatMap((ins) => ref(KINDS.holders, ins)),
          ...(saysConsent(one) ? [...keysOf(one, known)].flatMap((key) => ref(KINDS.consent, key)) : []),
        ];
      }
      const facts = factsOf(one, index);
      return [...consentRefs(tokensOf(one, index).map(hashOf), known, index), ...(facts ? documentRefs(one, facts, known, index) : [])];
    },
    judge: (one, known) => {
      if (isAnswer(one)) return judgeAnswer(one, known, index);
      const consent = saysConsent(one) ? consentNotes(one, keysOf(one, known), known) : [];
      const remembered = consent.length > 0 ? { remembered: consent } : {};
      if (!isDocument(one) || one.waits) {
        const holders = isIdentity(one) ? holderNotes(one.keys, known, index) : [];
        return { ...remembered, ...(holders.length > 0 && { notes: holders }) };
      }
      // What this very message says of the patient's wish counts for it too.
      const said = new Map(consent.map(({ kind, key, value }) => [`${kind} ${key}`, value]));
      const knownNow = linked((kind, key) => said.get(`${kind} ${key}`) ?? known(kind, key), index);
      const given = factsOf(one, index);
      if (given && isDeletion(one) && isOutdated(given, knownNow, index))
        return { ...remembered, quarantine: stop('ERR_DOCUMENT_VERSION_CONFLICT', 'what it names was replaced there') };
      const { one: named, facts: came } = given ? asItCame(one, given, knownNow) : { one, facts: given };
      const facts = came && lined(named, came, knownNow, index);
      const tokens = tokensOf(one, index).map(hashOf);
      const compared = { ...named, isSettled: isSettled(one, knownNow, sendersOf) };
      const judged = isDeletion(one)
        ? judgeDeletion(compared, facts, knownNow)
        : judgeArrival({ ...compared, isOpposed: isOpposed(tokens, knownNow, index) }, facts, knownNow);
      const others = (): readonly Other[] => othersOf(one, index);
      const judgement = facts ? withWhatIsLeft(judged, { facts, isDeletion: isDeletion(one) }, others, knownNow) : judged;
      const { series } = facts ?? {};
      const ends = isDeletion(one) ? facts?.key : facts?.replaces?.key;
      const ended = documentOf(knownNow, ends);
      const isNext = (ended?.replaces ?? ended?.set) !== undefined || isByNumber(ended);
      return {
        ...(named !== one && { event: named.event }),
        ...(series !== undefined && { series }),
        ...(isNext && { ends }),
        ...judgement,
        ...remembered,
      };
    },
  };
}

/** Somewhere it may be known by a number alone. */
const isByNumber = (ended: DocumentNote | undefined): boolean =>
  namesOf(ended).length > 0 || Object.values(ended?.sentAs ?? {}).some(({ number }) => number !== undefined);

/** By event: a message of hundreds of documents is looked at from each of them. */
const OTHERS = new WeakMap<Case['event'], Other | null>();

/** What else its message says of documents. */
function othersOf({ others = [] }: Case, index: BlindIndex): readonly Other[] {
  return others.flatMap((other) => {
    const known = OTHERS.get(other.event);
    if (known !== undefined) return known ?? [];
    const facts = other.event.type.startsWith('dcc.document.') ? factsOf(other, index) : undefined;
    const made = facts ? { facts, isDeletion: isDeletion(other) } : null;
    OTHERS.set(other.event, made);
    return made ?? [];
  });
}

function answerRefs(one: Case, known: Known, index: BlindIndex): readonly NoteRef[] {
  const key = sentKey(one, index);
  return [...ref(KINDS.sent, key), ...ref(KINDS.document, read(known, KINDS.sent, key)?.document)];
}

/** The document, what it replaces, others of the same bytes; of every document among them its set and its other names; then whose each of them is. */
function documentRefs(one: Case, named: DocumentFacts, known: Known, index: BlindIndex): readonly NoteRef[] {
  const { facts } = asItCame(one, named, known);
  const others = documentsIn(facts, known);
  const patients = [
    ...[facts.key, ...others].flatMap((key) => documentOf(known, key)?.patient ?? []),
    ...(read(known, KINDS.set, facts.set)?.patient ?? []),
  ];
  const refs = [
    ...aliasRefs(named),
    ...[named.key, named.replaces?.key, facts.key, ...others].flatMap((key) => ref(KINDS.document, key)),
    ...[facts.key, ...others].flatMap((key) => {
      const own = documentOf(known, key);
      return successorRefs(key === facts.key ? placedBy(facts, own) : (own ?? {}), known);
    }),
    ...ref(KINDS.content, facts.contentKey),
    ...ref(KINDS.content, facts.innerKey),
    ...survivorRefs([...new Set([...facts.patient, ...patients])], known),
  ];
  const documents = new Set(refs.flatMap(({ kind, key }) => (kind === KINDS.document ? [key] : [])));
  for (const each of documents) {
    const more = [...ref(KINDS.set, documentOf(known, each)?.set), ...nameRefs(each, known, index)];
    for (const { kind, key } of more) if (kind === KINDS.document) documents.add(key);
    refs.push(...more);
  }
  return [...refs, ...[...documents].flatMap((key) => ref(KINDS.document, key))];
}
