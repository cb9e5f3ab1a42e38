/**
 * By which lanes a receiver was reached: its endpoint is renamed, or another one of its site takes its documents from some day on. What left by the one before is there
 * (SAFETY B3, B4, decision 0032).
 */
import { parseId } from '../journal/index.ts';
import { takes, type Destination } from '../routing/index.ts';
import type { DocumentNote, SentAs } from './notes.ts';
import type { LegEnd } from './there.ts';

export interface LaneParts {
  readonly journal: { readonly tag: string };
  readonly destinations: readonly Pick<Destination, 'lane' | 'site' | 'sends'>[];
}

/**
 * Lanes by which it left for this receiver, the last one first: this one; where it left by none of that name, those that take no documents any more, of this site or
 * of nobody knows which. Each but those whose place another one of them took.
 */
export function lanesOf({ sentAs = {}, to: sites }: Pick<DocumentNote, 'sentAs' | 'to'>, to: LegEnd, parts: LaneParts): readonly string[] {
  const own = ownOf(sentAs, to, parts);
  const former = Object.entries(sentAs).flatMap(([lane, sent]) => {
    const isFollowing = own === undefined || sent.after?.includes(to.name) === true;
    return lane !== to.name && isFollowing && isFormer(lane, sent, sites, to, parts) ? [lane] : [];
  });
  const all = [...(own ? [to.name] : []), ...former];
  const last = (lane: string): number => lastDelivery(sentAs[lane]!, parts);
  const over = outlivedIn(all.map((lane) => sentAs[lane]!));
  return all.filter((lane) => !over.includes(lane)).toSorted((a, b) => last(b) - last(a));
}

/** What left last, by each of them. */
export const sentBy = (note: DocumentNote | undefined, to: LegEnd, parts: LaneParts): SentAs | undefined => {
  const [last] = note ? lanesOf(note, to, parts) : [];
  return last === undefined ? undefined : note?.sentAs?.[last];
};

/** Another site took the name: what left for this one is that one's yet. One that is in no settings any more has most likely another FINESS now. */
const isTaken = ({ site }: SentAs, by: string, { destinations }: LaneParts): boolean =>
  site !== undefined && site !== by && destinations.some((each) => each.site === site);

function ownOf(sentAs: NonNullable<DocumentNote['sentAs']>, to: LegEnd, parts: LaneParts): SentAs | undefined {
  const sent = sentAs[to.name];
  return sent && isTaken(sent, to.site, parts) ? undefined : sent;
}

/** Where that is kept once the other site has something of its own by that name: no endpoint has a space in its name. */
const keptAs = (lane: string, { site }: SentAs): string => `${lane} ${site}`;
export const nameOf = (lane: string): string => lane.split(' ', 1)[0]!;

const outlivedIn = (all: readonly SentAs[]): readonly string[] => all.flatMap(({ after = [] }) => after);

/** By lane, but those whose place another one took. */
export function sentNow({ sentAs = {} }: Pick<DocumentNote, 'sentAs'>): readonly SentAs[] {
  const over = outlivedIn(Object.values(sentAs));
  return Object.entries(sentAs).flatMap(([lane, sent]) => (over.includes(lane) ? [] : [sent]));
}

/** What left by this lane: it takes the place of the others, and of those whose place they took. A name that comes back is after what came after it. */
export function withSent(note: DocumentNote, sent: SentAs, to: LegEnd, parts: LaneParts): Pick<DocumentNote, 'sentAs'> {
  const formerly = after(note, to, parts);
  const { sentAs = {} } = note;
  const taken = sentAs[to.name] && ownOf(sentAs, to, parts) === undefined ? keptAs(to.name, sentAs[to.name]!) : undefined;
  const others = Object.entries(sentAs).map(([lane, { after: its = [], ...each }]) => {
    const left = its.flatMap((one) => (one === to.name ? (taken ?? []) : one));
    return [lane === to.name ? (taken ?? lane) : lane, { ...each, ...(left.length > 0 && { after: left }) }] as const;
  });
  return { sentAs: { ...Object.fromEntries(others), [to.name]: { ...sent, site: to.site, ...(formerly.length > 0 && { after: formerly }) } } };
}

function after({ sentAs = {}, ...note }: DocumentNote, to: LegEnd, parts: LaneParts): readonly string[] {
  const own = ownOf(sentAs, to, parts) ? [to.name] : [];
  const all = [...own, ...lanesOf({ ...note, sentAs }, to, parts)].flatMap((lane) => [lane, ...(sentAs[lane]?.after ?? [])]);
  return [...new Set(all)].filter((lane) => lane !== to.name);
}

/** This lane, with those before it of these notes. */
export const endOf = (to: LegEnd, notes: readonly (DocumentNote | undefined)[], parts: LaneParts): LegEnd => ({
  ...to,
  formerly: notes.flatMap((note) => (note ? after(note, to, parts).map(nameOf) : [])),
});

/** Whoever a delivery of it went to by that lane, as the settings name them now: by the only lane of its site, or the one that took its place, where that one is gone. */
export function endNow({ sentAs = {}, to }: DocumentNote, lane: string, parts: Pick<LaneParts, 'journal' | 'destinations'>): LegEnd | undefined {
  const sent = sentAs[lane];
  const named = parts.destinations.find((each) => each.lane === lane);
  const isIts = named !== undefined && !(sent && isTaken(sent, named.site, parts));
  if (isIts && takes(named, RECEIVED)) return { name: lane, site: named.site };
  const site = sent?.site ?? (isIts ? named.site : to.length === 1 ? to[0] : undefined);
  const [only, ...others] = parts.destinations.filter((each) => each.site === site && takes(each, RECEIVED));
  const [heir] = Object.entries(sentAs).find(([, { after: its }]) => its?.includes(lane)) ?? [];
  return site === undefined ? undefined : { name: (others.length === 0 ? only?.lane : heir) ?? lane, site };
}

const RECEIVED = { type: 'dcc.document.received' } as const;

/** Two lanes that both take documents are two receivers. Notes of before do not say the site: all that went to one only went to that. */
function isFormer(lane: string, sent: SentAs, sites: readonly string[], to: LegEnd, parts: LaneParts): boolean {
  const { site } = sent;
  const named = parts.destinations.find((each) => each.lane === lane);
  const destination = named && isTaken(sent, named.site, parts) ? undefined : named;
  if (destination && takes(destination, RECEIVED)) return false;
  const its = destination?.site ?? site ?? (sites.length === 1 ? sites[0] : undefined);
  return its === undefined || its === to.site;
}

/** -1 where none is noted. */
export function lastDelivery({ by = [] }: SentAs, { journal }: Pick<LaneParts, 'journal'>): number {
  const all = [by].flat().map((each) => parseId(journal.tag, each));
  return Math.max(-1, ...all.flatMap((each) => ('delivery' in each ? [each.delivery] : [])));
}
