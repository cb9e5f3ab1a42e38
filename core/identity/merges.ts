/**
 * Merges, changes of number and links (SAFETY A6). A merge only says that one number leads to another: what is known of either stays in its own
 * note, so that an undo gives back exactly what was there.
 */
import { isDeepStrictEqual } from 'node:util';
import { PasserelleError, type IdentityNumber, type Note } from '../contract/index.ts';
import type { Case, Judgement, Known } from '../knowledge/index.ts';
import type { EventData, Patient } from '../model/index.ts';
import { acceptedBy, ask, asShown, differencesOf, keyOf, onFile, retyped, speakerOf, stated, type Question, type Told } from './cases.ts';
import { asBefore } from './before-merge.ts';
import { numbersReplaced, numbersTogether } from './beside.ts';
import { branchOf, familyOf, rivalsOf, type Rival } from './family.ts';
import { claimOf, isIdentifiedSince, saidOfOther } from './fold.ts';
import { isForeign, type SendersOf, type Source } from './join.ts';
import {
  choiceOf,
  foldOf,
  heirOf,
  isKnown,
  isLayerOf,
  joinedOf,
  lastOf,
  lineOf,
  mergeIn,
  noteOf,
  nobody,
  notesOf,
  personOf,
  saidWith,
  survivorOf,
  withDoubt,
  withHeirs,
  withLayers,
  withoutLayers,
  type Choice,
  type Doubt,
  type Line,
  type Link,
  type Person,
  type Relation,
  type Undone,
} from './person.ts';
import { isRecordedBefore } from './stamp.ts';
import type { TaskKind } from './task.ts';
import { STRICT_TRAITS, TELLING, areSeveral, contradicts, isSaidAgain, type StrictTrait } from './traits.ts';
import { after, inTurn, together } from './turns.ts';
import { areOthers, asKnown, judgeUpdate, othersNamed, outgoing } from './updates.ts';

/**
 * What it says of the survivor beside is judged as any statement: a merge brings no other INS and no old name along (A4). After a change of number it is
 * said of somebody who is known already: silence takes no INS away (A3).
 */
export function judgeMerge(one: Told, known: Known): Judgement {
  const { domain, absorbed, kind, patient } = one.event.data as EventData<'dcc.identity.merged'>;
  const said = kind === 'change-id' ? [relink, saidOf] : [saidOf, relink];
  const { stopped, done, now } = inTurn(one, known, numbersReplaced, numbersTogether, ...said);
  if (stopped) return stopped;
  const heard = numberHeard(one, now);
  const [, survivor] = heirOf(keyOf(one, heard.domain, heard.ipp) ?? '', now);
  const gone = personOf(now, keyOf(one, domain, absorbed) ?? '');
  const told = {
    ...(gone?.into?.asMerge && { kind: 'merge' }),
    ...(patient && isKnown(survivor) && { patient: outgoing(patient, joinedOf(survivor, one.sendersOf(survivor.domain))) }),
  };
  const keys = done.flatMap(({ keys: all = [] }) => all);
  return {
    ...(keys.length > 0 && { keys }),
    ...(Object.keys(told).length > 0 && { event: retyped(one.event, one.event.type, told) }),
    ...together(done),
  };
}

/** By which number its patient is known: the first one that it gives, or the one that absorbs where nobody was heard of by that (decision 0035). */
function numberHeard(one: Told, known: Known): IdentityNumber {
  const { domain = '', surviving, patient: { domain: of = '', ipp } = {} } = one.event.data as EventData<'dcc.identity.merged'>;
  const [, first] = heirOf(keyOf(one, of, ipp) ?? '', known);
  return ipp && isKnown(first) ? { domain: of, ipp } : { domain, ipp: surviving };
}

function saidOf(one: Told, known: Known): Judgement {
  const { domain = '', surviving, absorbed, patient, recordedAt, originApplication } = one.event.data as EventData<'dcc.identity.merged'>;
  const [key, from] = [keyOf(one, domain, surviving), keyOf(one, domain, absorbed)];
  if (key === undefined || from === undefined || !patient || !(claimOf(patient) ?? STRICT_TRAITS.some((trait) => patient[trait]))) return {};
  // What is said of a patient is kept under the first number alone (decision 0035).
  if (patient.ipp && (patient.ipp !== surviving || patient.domain !== domain)) {
    const named = { ...patient, ...numberHeard(one, known) };
    const told = { ...one, settings: { ...one.settings, senders: one.sendersOf(named.domain) }, isForeign: !one.owns(named.domain) };
    return ask(one, known, ...othersNamed(told, known, named)) ?? {};
  }
  const data = { patient, ...(recordedAt !== undefined && { recordedAt }), ...(originApplication !== undefined && { originApplication }) };
  const event = { ...one.event, type: 'dcc.identity.updated' as const, data };
  return judgeUpdate({ ...one, event, keys: [key], draft: { ...one.draft, keys: [{ domain, value: surviving }] } }, known, saidWith(from));
}

function relink(one: Told, known: Known): Judgement {
  const data = one.event.data as EventData<'dcc.identity.merged'>;
  const { domain = '', surviving, absorbed } = data;
  const [into, from] = [keyOf(one, domain, surviving), keyOf(one, domain, absorbed)];
  if (into === undefined || from === undefined) return {};
  const survivor = personOf(known, into) ?? nobody(domain, surviving);
  const gone = personOf(known, from) ?? nobody(domain, absorbed);
  const { chain, key: last, person: end = survivor } = survivorOf(into, known);
  const keys = chain;
  if (gone.into && gone.into.key !== into && survivorOf(gone.into.key, known).key === last) {
    const repeated = { ...gone, into: { ...gone.into, ...earlierOf([...saidBy(gone.into), one.message.id]) } };
    return { keys, notes: [noteOf(from, repeated)], warnings: [{ code: 'merge-repeated' }] };
  }
  const isRepeated = gone.into?.key === into;
  // Said as a change of number once, it is one, whatever comes after or came before (A2).
  const said = isRepeated && gone.into?.kind === 'change-id' ? 'change-id' : (data.kind ?? 'merge');
  const questions = questionsOf(one, known, { into, from, chain, gone, survivor, end, kind: said });
  const asked = ask(one, known, ...questions);
  if (asked) return asked;
  const { at: saidAt, sender, application } = speakerOf(one, undefined);
  const at = isRepeated && gone.into?.sender === sender && gone.into.at < saidAt ? gone.into.at : saidAt;
  const { asMerge, accepted } = isRepeated && questions.length === 0 ? gone.into : acceptance(one, known, questions);
  const kind = asMerge ? 'merge' : said;
  const kept = kind === 'change-id' && questions.length > 0 ? chosenAgain(into, from, gone, survivor, known, one) : {};
  const relation = { domain, kind, at, sender, message: one.message.id, ...(asMerge && { asMerge }), ...(accepted && { accepted }) };
  const change = { at: one.now, message: one.message.id, what: 'merged', sender: application };
  const heir: Person = {
    ...survivor,
    // All of them: what is known of a number that was absorbed, an opposition above all, is found from here (SAFETY B6).
    absorbed: [...(survivor.absorbed ?? []).filter(({ key }) => key !== from), { ...relation, key: from, ipp: absorbed }],
    ...(kind === 'change-id' && inheritedFrom(from, gone, survivor, kept)),
    history: lastOf(survivor.history, change),
  };
  const absorbing = noteOf(from, {
    ...gone,
    into: { ...relation, ...(isRepeated && earlierOf(saidBy(gone.into).filter((id) => id !== one.message.id))), key: into, ipp: surviving },
    history: lastOf(gone.history, change),
  });
  return { keys, notes: [absorbing, ...notesOf(withHeirs(into, heir, known))] };
}

/** The person as joined of both numbers, were the one changed for the other. */
function withBefore(into: string, from: string, gone: Person, survivor: Person, known: Known): Person {
  const heir = { ...survivor, inherited: withLayers(survivor.inherited, from, gone) };
  return [...withHeirs(into, heir, known).values()].at(-1)!;
}

/** What a person chose of either number, and what is said of the other one ends: by attribute, the later choice last (A2). */
function choicesEnded(
  into: string,
  from: string,
  gone: Person,
  survivor: Person,
  known: Known,
  senders: Case['settings']['senders'],
): readonly (readonly [string, Choice])[] {
  const sides = [gone, heirOf(into, known)[1] ?? survivor];
  if (sides.every((side) => lineOf(side).choices === undefined)) return [];
  const after = withBefore(into, from, gone, survivor, known);
  const [{ preferred = {} }, { patient }] = [lineOf(after), joinedOf(after, senders)];
  return sides
    .flatMap((side) =>
      Object.entries(lineOf(side).choices ?? {}).filter(([attribute, { sender }]) => {
        const name = attribute === 'claim' ? 'ins' : attribute;
        return (
          preferred[attribute] !== sender &&
          !isSaidAgain(name, joinedOf(side, senders).patient[name as keyof Patient], patient[name as keyof Patient])
        );
      }),
    )
    .toSorted(([, { at: a }], [, { at: b }]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Of these, over all that is said of both numbers by now: a person accepted that the number is changed and saw them. They go with an undo. */
function chosenAgain(into: string, from: string, gone: Person, survivor: Person, known: Known, { settings, now }: Told): NonNullable<Line['chosen']> {
  const ended = choicesEnded(into, from, gone, survivor, known, settings.senders);
  if (ended.length === 0) return {};
  const { folds } = lineOf(withBefore(into, from, gone, survivor, known));
  return Object.fromEntries(ended.map(([attribute, { sender }]) => [attribute, choiceOf(attribute, sender, folds, now)]));
}

/** That both numbers are one patient, a person said; of the traits and the INS of two, which ones count is not for clocks to say (A4). */
function acceptance(one: Told, known: Known, questions: readonly Question[]): Pick<Relation, 'asMerge' | 'accepted'> {
  const accepted = questions.length > 0 ? acceptedBy(one, known) : undefined;
  return { ...(questions.some(({ kind }) => kind === 'number-taken') && { asMerge: true }), ...(accepted && { accepted }) };
}

/** Each may have been told somewhere: who undoes the merge has to know all of them. */
function earlierOf(messages: readonly string[]): Pick<Relation, 'earlier'> {
  const [first, ...others] = new Set(messages);
  return first === undefined ? {} : { earlier: [first, ...lastOf(others)] };
}

/** A person under a new number: what is known of it, and what destinations were not told of it (M16). */
const inheritedFrom = (from: string, gone: Person, { inherited, withheld }: Person, kept: Line['chosen'] = {}): Partial<Person> => ({
  inherited: {
    ...withLayers(inherited, from, gone),
    ...(Object.keys(kept).length > 0 && { [saidWith(from)]: { folds: {}, ...inherited?.[saidWith(from)], chosen: kept } }),
  },
  ...((gone.withheld ?? withheld) && { withheld: { ...untold(gone), ...withheld } }),
});

/** What was queued of the number before says nothing of this one. */
const untold = ({ withheld = {} }: Person): NonNullable<Person['withheld']> =>
  Object.fromEntries(
    Object.entries(withheld).map(([lane, entry]) => {
      const { told: _, ...rest } = entry;
      return [lane, rest];
    }),
  );

interface Merge {
  readonly into: string;
  readonly from: string;
  /** Where the survivor leads, itself first. */
  readonly chain: readonly string[];
  readonly gone: Person;
  readonly survivor: Person;
  readonly end: Person;
  readonly kind: Relation['kind'];
}

/** Why it is not done without a person. */
function questionsOf(one: Told, known: Known, { into, from, chain, gone, survivor, end, kind: said }: Merge): readonly Question[] {
  const { senders } = one.settings;
  const data = one.event.data as EventData<'dcc.identity.merged'>;
  const side = (key: string, person: Person): Rival => ({ key, person, joined: joinedOf(person, senders) });
  const sides = [side(chain.at(-1)!, end), side(from, gone)] as const;
  const make = (kind: TaskKind, expected: string, found: string, [mine, theirs] = sides): Question => ({
    kind,
    code: 'ERR_IDENTITY_MERGE',
    expected,
    found,
    persons: new Map([
      [from, gone],
      [into, survivor],
    ]),
    candidates: [
      ...[sides[1], theirs, mine, sides[0]].map(({ person, joined }) => onFile(person, joined)),
      ...(gone.into ? absorber(gone.into, known, senders) : []),
    ],
    differences: differencesOf(mine.joined, asShown(theirs.joined), { sender: '', at: '' }),
  });
  if (chain.includes(from)) return [make('merge-cycle', 'a survivor that was not absorbed by whom it absorbs', 'a circle of merges')];
  const isRepeated = gone.into?.key === into;
  // That is an undo, of which receivers may have to be told (decision 0034): a person does it as one.
  if (gone.into && !isRepeated)
    return gone.into.kind === 'change-id' && said === 'merge'
      ? [make('merge-changed', 'the number of now', 'a number that was changed for another one before')]
      : [make('merge-elsewhere', 'one survivor', 'a number that another one absorbed before')];
  if (isRepeated && (gone.into?.kind === said || gone.into?.asMerge)) return [];
  // Each side for itself, whatever numbers of another domain both came with: what is beside both of them is of both.
  const [family, branch] = [familyOf(into, known, [from]), branchOf(from, known, chain)];
  const rivals = rivalsOf(family, branch, known, one.sendersOf);
  const holder = said === 'change-id' ? holderOf(one, into, gone, known, rivals !== undefined) : undefined;
  const [heirKey, heir = survivor] = heirOf(into, known);
  const ended = said === 'change-id' && !holder ? choicesEnded(into, from, gone, survivor, known, senders) : [];
  return [
    ...(holder ? [make('number-taken', 'a new number, or one of the same person', 'one that somebody else has', [holder, sides[1]])] : []),
    ...(ended.length > 0
      ? [
          make(
            ended.some(([attribute]) => attribute === 'claim') ? 'ins' : 'traits',
            'what a person chose of the patient',
            'another word of the other number',
          ),
        ]
      : []),
    ...(one.isForeign ? [make('merge-foreign', 'a merge said by the establishment whose numbers they are', 'one said by another site')] : []),
    // Sent or replayed again, it would come back behind the back of who undid it.
    ...(!isRepeated &&
    separationOf(
      familyOf(into, known).keys.filter((key) => !branch.own.has(key)),
      branch.keys,
      known,
    )
      ? [make('merge-undone', 'two numbers that nobody has separated', 'a merge that a person undid')]
      : []),
    ...(rivals === 'unsure'
      ? [make('merge-ins', 'patients whose numbers can all be compared', 'more numbers than that')]
      : rivals
        ? [make('merge-ins', 'one INS, or none on one side', 'two', rivals)]
        : []),
    ...(said === 'change-id' && isSaidSince(one, gone)
      ? [{ ...make('number-again', 'what was known of its patient then', 'other traits since'), ...received(one, sides[1]) }]
      : []),
    ...(said === 'merge' && saidSince(one, gone, sides[0].joined.patient).length > 0
      ? [make('number-again', 'what was known of its patient then', 'other traits since')]
      : []),
    ...(isOtherSince(one, heir, data.patient)
      ? [{ ...make('number-again', 'what was known of its patient then', 'other traits since'), ...received(one, side(heirKey, heir)) }]
      : []),
  ];
}

/**
 * Who survives is somebody else by now than the merge says, by its own clock; a merge that is told in time may say so of a patient as it was long before (PID-33). Not where that
 * one was provisional then, and has been identified since.
 */
function isOtherSince(one: Told, survivor: Person, patient: Patient = {}): boolean {
  const { at, sender } = speakerOf(one, patient);
  const fold = foldOf(survivor, sender);
  if (!fold) return false;
  const isReplaced = (trait: StrictTrait): boolean => {
    const said = fold.registers[trait];
    return said !== undefined && said.at > at && contradicts(trait, said.value, patient[trait]);
  };
  const since = [...saidSince(one, survivor, patient), ...TELLING.flat().filter(isReplaced)];
  return (areSeveral(since) && !(patient.identityStatus === 'PROV' && isIdentifiedSince(fold, at))) || areSeveral(saidOfOther(fold, patient, at));
}

/** What the clock of the merge said since of that number, otherwise than it is of that patient: as it asks where it comes after the merge. */
function saidSince(one: Told, person: Person, patient: Patient): readonly StrictTrait[] {
  const { at, sender } = speakerOf(one, undefined);
  const { registers = {} } = foldOf(person, sender) ?? {};
  return TELLING.flat().filter((trait) => {
    const said = registers[trait];
    return said !== undefined && contradicts(trait, said.value, patient[trait]) && isRecordedBefore(at, said.at);
  });
}

/**
 * Of the number of before something was said since it was changed, otherwise than the change itself says, or than before where that says nothing: of its patient, or of somebody
 * else who has it now. Of a number that its clock never spoke of nothing says which came first: whatever is known of it, unless that is provisional.
 */
function isSaidSince(one: Told, gone: Person): boolean {
  const { at, sender, senders } = speakerOf(one, undefined);
  const fold = foldOf(gone, sender);
  const { patient = {} } = one.event.data as EventData<'dcc.identity.merged'>;
  if (!fold) {
    const known = isHeard(gone) ? joinedOf(gone, senders).patient : {};
    return known.identityStatus !== 'PROV' && TELLING.flat().some((trait) => contradicts(trait, known[trait], patient[trait]));
  }
  // It had somebody else before, which a word since does not hide.
  if (areSeveral(saidOfOther(fold, patient, speakerOf(one, patient).at))) return true;
  return TELLING.flat().some((trait) => {
    const said = fold.registers[trait];
    const isOther = patient[trait] ? contradicts(trait, said?.value, patient[trait]) : said?.other !== undefined;
    return said !== undefined && isOther && isRecordedBefore(at, said.at);
  });
}

/** What the message itself says of its patient, beside what is on file. */
function received(one: Told, { person, joined }: Rival): Pick<Question, 'candidates' | 'differences'> {
  const { domain = '', surviving, patient = {} } = one.event.data as EventData<'dcc.identity.merged'>;
  return {
    candidates: [onFile(person, joined), { domain, ipp: surviving, as: 'received', patient }],
    differences: differencesOf(joined, patient, speakerOf(one, patient)),
  };
}

/** Somebody else who has the new number already, or had it before the change by its own clock, under which what was said last would be taken for the person (A4). */
function holderOf(one: Told, into: string, gone: Person, known: Known, hasOtherIns: boolean): Rival | undefined {
  const [key, person] = heirOf(into, known);
  if (!isHeard(person) || !isHeard(gone)) return undefined;
  const { sender, senders, at } = speakerOf(one, undefined);
  const [joined, other] = [joinedOf(person, senders), joinedOf(gone, senders)];
  if (hasOtherIns || areOthers(joined, other)) return { key, person, joined };
  const fold = foldOf(person, sender);
  const traits = fold ? saidOfOther(fold, other.patient, at) : [];
  return fold && areSeveral(traits) ? { key, person, joined: asBefore(joined, fold, traits, sender) } : undefined;
}

/** Of those whose number it is: what other sites say of it takes nobody's place. */
const isHeard = (person: Person | undefined): person is Person => isKnown(person) && !Object.keys(lineOf(person).folds).every(isForeign);

/** A merge that a person undid between one of these and one of those, whoever of them it was; unless they have one survivor by now. */
export function separationOf(some: readonly string[], others: readonly string[], known: Known): Undone | undefined {
  const isOver = (one: string, other: string): boolean => survivorOf(one, known).key === survivorOf(other, known).key;
  const undoneOf = (from: readonly string[], of: readonly string[]): readonly Undone[] =>
    from.flatMap((one) => personOf(known, one)?.undone?.filter(({ key }) => of.includes(key) && !isOver(one, key)) ?? []);
  return [...undoneOf(some, others), ...undoneOf(others, some)].at(-1);
}

function absorber({ key }: Relation, known: Known, senders: Case['settings']['senders']): ReturnType<typeof onFile>[] {
  const { person } = survivorOf(key, known);
  return person ? [onFile(person, joinedOf(person, senders))] : [];
}

/** Messages that said so. */
const saidBy = ({ earlier = [], message }: Relation): readonly string[] => [...earlier, message];

/** Without what was absorbed, and what was known of it. */
function released(person: Person, from: string, gone: Person): Person {
  const { absorbed, withheld, ...rest } = person;
  const others = absorbed?.filter(({ key }) => key !== from) ?? [];
  const before = person.inherited?.[from] ? untold(gone) : {};
  const entries = Object.entries(withheld ?? {}).filter(([lane, entry]) => !isDeepStrictEqual(entry, before[lane]));
  return withoutLayers(
    { ...rest, ...(others.length > 0 && { absorbed: others }), ...(entries.length > 0 && { withheld: Object.fromEntries(entries) }) },
    (layer) => isLayerOf(layer, from),
  );
}

export interface Undoing {
  readonly who: string;
  readonly why: string;
  readonly at: string;
  /** What waits until receivers of the merge have been called. */
  readonly doubts?: readonly Doubt[];
}

/**
 * The absorbed number stands for itself again; `known`: of its family. What merges said goes where both their numbers do not have one survivor any more, by whatever
 * chain they had. Nothing is left to be written of one that was undone already. Throws ERR_NOT_FOUND when it never was absorbed.
 */
export function undoMerge(key: string, known: Known, { who, why, at, doubts = [] }: Undoing): readonly Note[] {
  const person = personOf(known, key);
  if (!ownMerge(key, known)) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'a number that another one absorbed', found: 'none' });
  if (!person?.into) return [];
  const { into, ...rest } = person;
  const written = new Map<string, Note>();
  let now = known;
  const write = (notes: readonly Note[]): void => {
    for (const note of notes) written.set(note.key, note);
    now = after(now, notes);
  };
  const doubtful = (one: Person): Person => doubts.reduce<Person>((so, doubt) => ({ ...so, ...withDoubt(so, doubt) }), one);
  write([noteOf(key, { ...doubtful(rest), undone: lastOf(rest.undone, { ...into, who, why, undoneAt: at }) })]);
  const survivor = personOf(now, into.key);
  const freed = survivor && released(survivor, key, person);
  // Who was told of a change of number has the person under the new one only (decision 0034).
  if (freed) write(notesOf(withHeirs(into.key, into.kind === 'change-id' ? doubtful(freed) : freed, now)));
  const isApart = (one: string, layer: string): boolean => {
    const from = mergeIn(layer);
    return (
      from !== undefined && layer === saidWith(from) && personOf(now, from) !== undefined && survivorOf(from, now).key !== survivorOf(one, now).key
    );
  };
  for (const one of familyOf(key, known).keys) {
    const told = personOf(now, one);
    const left = told && withoutLayers(told, (layer) => isApart(one, layer));
    if (left !== told) write(notesOf(withHeirs(one, left, now)));
  }
  return [...written.values()];
}

/** The merge that an undo of this number is about, one that was undone already too. */
export const ownMerge = (key: string, known: Known): Relation | undefined => {
  const { into, undone } = personOf(known, key) ?? {};
  return into ?? undone?.at(-1);
};

/** Every number that an undo of this one may concern, before it and after. */
export const around = (key: string, known: Known): readonly string[] => [
  ...new Set([key, ownMerge(key, known)?.key ?? key].flatMap((one) => familyOf(one, known).keys)),
];

/** Numbers of other domains that the messages of this merge merged too, and that are not undone. `known`: of all around it. */
export function mergedBeside(key: string, known: Known): readonly IdentityNumber[] {
  const own = ownMerge(key, known);
  const said = own ? saidBy(own) : [];
  return around(key, known).flatMap((one) => {
    const { domain, ipp, into } = personOf(known, one) ?? nobody('', '');
    return into && domain !== own?.domain && saidBy(into).some((message) => said.includes(message)) ? [{ domain, ipp }] : [];
  });
}

/** Public ids of the messages that may say what does not stand once this number stands for itself. `known`: of all around it. */
export function messagesOfMerge(key: string, known: Known): readonly string[] {
  const own = ownMerge(key, known);
  // Over a chain it was said of one of the others too.
  const others = around(key, known).flatMap((one) => personOf(known, one)?.into?.earlier ?? []);
  return [...new Set([...(own ? saidBy(own) : []), ...others])];
}

/** A24, A37: both stay in force. The newest statement of each sender about the two counts; where two senders do not agree, a person decides. */
export function judgeLink(one: Case, known: Known, sendersOf: SendersOf): Judgement {
  const { patients } = one.event.data as EventData<'dcc.identity.linked'>;
  const [first, second] = patients;
  const [a, b] = [keyOf(one, first?.domain, first?.ipp), keyOf(one, second?.domain, second?.ipp)];
  if (a === undefined || b === undefined || a === b) return {};
  const { at, sender } = speakerOf(one, undefined);
  const isLinked = one.event.type === 'dcc.identity.linked';
  const named = [first, second].map((patient) => ({ domain: patient?.domain ?? '', ipp: patient?.ipp ?? '' }));
  const [mine, theirs] = [
    personOf(known, a) ?? nobody(named[0]!.domain, named[0]!.ipp),
    personOf(known, b) ?? nobody(named[1]!.domain, named[1]!.ipp),
  ];
  const event = retyped(one.event, one.event.type, { patients: patients.map((patient) => asKnown(one, known, patient, sendersOf)) });
  // Notes of before do not say whose clock theirs is: they go on as of one.
  const isIts = (link: Link): boolean => (link.sender ?? sender) === sender;
  const said = mine.links?.filter(({ key }) => key === b) ?? [];
  if (said.some((link) => isIts(link) && link.at > at)) return { event, isSilent: true, warnings: [{ code: 'identity-stale' }] };
  const rivals = said.filter((link) => !isIts(link) && link.isLinked !== isLinked);
  const asked = rivals.length > 0 && ask(one, known, linkQuestion([a, mine], [b, theirs], rivals, isLinked, { sender, at }, sendersOf));
  if (asked) return asked;
  const link = (person: Person, key: string, other: { domain: string; ipp: string }): Person => ({
    ...person,
    // A person who accepted it took back what the others said.
    links: lastOf(
      person.links?.filter((before) => before.key !== key || (!isIts(before) && before.isLinked === isLinked)),
      { ...other, key, at, sender, isLinked },
    ),
  });
  return { event, notes: [noteOf(a, link(mine, b, named[1]!)), noteOf(b, link(theirs, a, named[0]!))] };
}

type Keyed = readonly [key: string, person: Person];

/** Two senders, of whom one says that the two are one patient, and the other that they are not: their clocks say nothing of each other (A2). */
function linkQuestion(
  [a, mine]: Keyed,
  [b, theirs]: Keyed,
  rivals: readonly Link[],
  isLinked: boolean,
  source: Source,
  sendersOf: SendersOf,
): Question {
  const on = (person: Person): ReturnType<typeof onFile> => onFile(person, joinedOf(person, sendersOf(person.domain)));
  return {
    kind: 'link',
    code: 'ERR_IDENTITY_CONFLICT',
    expected: !isLinked ? 'two numbers of one patient, as another sender says' : 'two numbers of two patients, as another sender says',
    found: !isLinked ? 'an end of their link' : 'a link of the two',
    persons: new Map([
      [a, mine],
      [b, theirs],
    ]),
    candidates: [on(mine), on(theirs)],
    against: rivals
      .map(({ sender = '' }) => sender)
      .toSorted()
      .join(' '),
    differences: rivals.map(({ sender, at }) => ({
      attribute: 'linked',
      onFile: stated(!isLinked, sender === undefined ? undefined : { sender, at }),
      received: stated(isLinked, source),
    })),
  };
}
