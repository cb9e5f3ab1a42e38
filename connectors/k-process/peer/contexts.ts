/** Contextual calls to the record: who it could be, a ticket that is good once and for a minute, and tabs that are over. */
import type { PeerWorld } from 'passerelle/contract';
import { differingTrait, fold, type Traits } from 'passerelle/model';
import type { Filing, WireMessage } from './api.ts';
import { updateIdentity } from './identities.ts';
import { authorityOf, nameOf, type CancerRecord, type RecordState, type TabContext, type WirePatient } from './state.ts';

const TICKET_MS = 60_000;
/** What is older is forgotten: a tab of yesterday is no tab. */
const CONTEXT_MS = 24 * 3600 * 1000;
const STRICT = ['birthName', 'firstGivenName', 'sex', 'birthDate', 'birthPlaceCog'] as const;

type By = 'ins' | 'ipp' | 'traits';

export function searchRecords({ patient, allowed = [], tabs = [] }: WireMessage, state: RecordState): Filing {
  const found = patient ? state.records.map((record) => ({ record, by: allowed.find((way) => WAYS[way](patient, record)) })) : [];
  const candidates = found.flatMap(({ record, by }) => (by && patient ? [candidateOf(record, by, patient)] : []));
  const closedTabs = tabs.filter((tab) => Object.hasOwn(state.contexts, tab) && state.contexts[tab]?.ended === 'closed');
  return { http: 200, body: { candidates, ...(closedTabs.length > 0 && { closedTabs }) } };
}

const WAYS: Readonly<Record<By, (patient: WirePatient, record: CancerRecord) => boolean>> = {
  ins: ({ ins }, record) => Boolean(ins) && record.ins?.value === ins?.value && record.ins?.oid === ins?.oid,
  ipp: ({ identifiers = [] }, { identifiers: own, former }) =>
    identifiers.some((each) => own.some((one) => nameOf(one) === nameOf(each)) || former.includes(nameOf(each))),
  traits: ({ traits = {} }, record) => STRICT.every((name) => folded(traits[name]) !== '' && folded(traits[name]) === folded(record.traits[name])),
};

const folded = (value: unknown): string => (typeof value === 'string' ? fold(value) : '');

function candidateOf(record: CancerRecord, by: By, patient: WirePatient): object {
  const { birthName, usedName, birthGivenNames, firstGivenName, birthDate, sex } = record.traits as Readonly<Record<string, string | undefined>>;
  return {
    recordId: record.recordId,
    by,
    ...(insDiffers(record, patient) && { insDiffers: true }),
    ...(ippDiffers(record, patient) && { ippDiffers: true }),
    ...(traitsDiffer(record, patient) && { traitsDiffer: true }),
    shown: { birthName, usedName, givenNames: birthGivenNames ?? firstGivenName, birthDate, sex },
  };
}

const insDiffers = ({ ins }: CancerRecord, patient: WirePatient): boolean => Boolean(ins && patient.ins) && ins?.value !== patient.ins?.value;

/** An authority gives one number to one person: another one is somebody else, or was not merged yet. */
const ippDiffers = (record: CancerRecord, patient: WirePatient): boolean =>
  !WAYS.ipp(patient, record) && (patient.identifiers ?? []).some((said) => record.identifiers.some((own) => authorityOf(own) === authorityOf(said)));

function traitsDiffer(record: CancerRecord, { traits = {} }: WirePatient): boolean {
  const { birthGivenNames: givenNames, ...said } = traits as Traits & { readonly birthGivenNames?: string };
  return differingTrait(record.traits, { ...said, ...(givenNames !== undefined && { givenNames }) }) !== undefined;
}

export function giveTicket(message: WireMessage, state: RecordState, world: PeerWorld): Filing {
  const { patient, contextId, choice, user, site, target, situation } = message;
  if (!patient || !user || !contextId || contextId.length < 32)
    return { status: 422, title: 'a ticket for whom, of whom, in which tab?', applicationCode: 906 };
  if (state.contexts[contextId]?.ended) return { status: 409, title: 'this tab is over' };
  const made = choice?.create ? create(message, state, world) : undefined;
  if (made && 'status' in made) return made;
  const record = state.records.find(({ recordId }) => recordId === (made?.recordId ?? choice?.recordId));
  if (!record) return { status: 404, title: 'no such record', applicationCode: 902 };
  if (insDiffers(record, patient)) return { status: 409, title: 'identity conflict', applicationCode: 904 };
  forgetOld(state, world);
  const ticket = world.secret();
  const context: TabContext = {
    recordId: record.recordId,
    ticket,
    givenAt: world.now(),
    site,
    user,
    ...(target !== undefined && { target }),
    ...(situation !== undefined && { situation }),
  };
  state.contexts[contextId] = context;
  return { http: 201, body: { recordId: record.recordId, created: made !== undefined, url: `${world.pages()}/ouvrir`, fields: { ticket } } };
}

/** A record for somebody who has none; one that could be theirs is a conflict. */
function create(message: WireMessage, state: RecordState, world: PeerWorld): { readonly recordId: string } | Extract<Filing, { status: number }> {
  const { patient = {} } = message;
  if (state.records.some((record) => WAYS.ins(patient, record) || WAYS.ipp(patient, record)))
    return { status: 409, title: 'a record is there', applicationCode: 904 };
  const filing = updateIdentity(message, state, world);
  return 'body' in filing ? { status: 500, title: 'no record was made' } : filing;
}

export function endContexts({ contextIds = [], reason = 'ended' }: WireMessage, state: RecordState, world: PeerWorld): Filing {
  for (const contextId of contextIds) {
    const known = state.contexts[contextId] ?? { recordId: '', ticket: world.secret(), givenAt: world.now(), site: '', user: {} };
    state.contexts[contextId] = { ...known, ended: known.ended ?? reason };
  }
  return { http: 201, body: { status: 'filed' } };
}

/** The tab of a ticket that a browser brings: good once, within its minute. */
export function redeem(
  ticket: string,
  state: RecordState,
  world: PeerWorld,
): { readonly contextId: string; readonly context: TabContext } | undefined {
  const [contextId, context] = Object.entries(state.contexts).find(([, one]) => one.ticket === ticket) ?? [];
  if (contextId === undefined || !context || context.redeemed || context.ended) return undefined;
  if (Date.parse(world.now()) - Date.parse(context.givenAt) > TICKET_MS) return undefined;
  context.redeemed = true;
  return { contextId, context };
}

/** The person left the page of a tab; a page that has followed in it, after a save, goes on. */
export function leave({ contextId, page }: { readonly contextId: string; readonly page: number }, state: RecordState): void {
  const context = Object.hasOwn(state.contexts, contextId) ? state.contexts[contextId] : undefined;
  if (context?.redeemed && context.page === page) context.ended ??= 'closed';
}

/** What a write proves: its tab, and that it means this patient. `undefined` = refused. */
export function writer(
  { contextId, recordId, fingerprint }: { readonly contextId: string; readonly recordId: string; readonly fingerprint: string },
  state: RecordState,
  world: PeerWorld,
): TabContext | undefined {
  const context = Object.hasOwn(state.contexts, contextId) ? state.contexts[contextId] : undefined;
  if (!context?.redeemed || context.ended || context.recordId !== recordId) return undefined;
  return world.hmac(context.ticket, recordId) === fingerprint ? context : undefined;
}

function forgetOld(state: RecordState, world: PeerWorld): void {
  const now = Date.parse(world.now());
  state.contexts = Object.fromEntries(Object.entries(state.contexts).filter(([, { givenAt }]) => now - Date.parse(givenAt) < CONTEXT_MS));
}
