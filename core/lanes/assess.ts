/** From what a connector made of messages to their decisions: schema, what is known of patients and documents, routing. Nothing is written here. */
import { isDeepStrictEqual } from 'node:util';
import type { OpenedMessage } from '../codecs/index.ts';
import {
  PasserelleError,
  joined,
  type AckCode,
  type DecodeResult,
  type ErrorData,
  type MessageDecision,
  type Note,
  type OutgoingEnvelope,
  type Reception,
  type Reply,
  type RoutedEvent,
  type Warning,
} from '../contract/index.ts';
import { messageId } from '../journal/index.ts';
import { keptOf, type Case, type Judgement } from '../knowledge/index.ts';
import { goesWhereNoneArrived, dependsOnDeliveries } from '../documents/index.ts';
import { kindOf } from '../model/index.ts';
import { route, type RoutableEvent } from '../routing/index.ts';
import type { StoredMessage } from './decide.ts';
import { canonicalEvents, keysTold } from './events.ts';
import type { InboundEndpoint, InboundPorts } from './inbound-lane.ts';
import { iso } from './ports.ts';
import { decisionWith, joinWarnings, refusalAck } from './replies.ts';

const STATES = { accept: 'decoded', 'accept-with-warning': 'decoded', quarantine: 'quarantined', reject: 'rejected', filtered: 'filtered' } as const;

export interface Decoded {
  readonly opened: OpenedMessage;
  readonly result: DecodeResult;
  readonly failed?: ErrorData;
  readonly acknowledgement?: OutgoingEnvelope | null;
  /** Of each event; absent when nobody looked. */
  readonly misnamed?: readonly (Case['misnamed'] | undefined)[];
}

export type Assessed = {
  readonly item: StoredMessage;
  readonly decision: MessageDecision;
  readonly reply?: Reply;
  readonly identities: ReadonlySet<string>;
  /** Dead deliveries that its own ones take the place of. */
  readonly insteadOf?: readonly number[];
};

export interface Translated {
  /** Of the first messages of the batch, one at least; the others have to be judged again once these are stored. */
  readonly made: readonly Assessed[];
  /** To be called once, when the commit of all of them has ended: `true` when every decision was stored as it is. */
  readonly release: (isStored: boolean) => void;
}

/** What a connector host answers to a decode. */
export interface HostDecode {
  readonly result: DecodeResult;
  readonly acknowledgement?: OutgoingEnvelope | null;
}

type Drafted = ReturnType<typeof canonicalEvents>;

/** A message with what can be said of it alone. */
export interface Prepared {
  readonly item: StoredMessage;
  readonly work: Decoded;
  readonly drafted: Drafted;
  readonly cases: readonly Case[];
}

export function caseOf(item: StoredMessage, work: Decoded, endpoint: InboundEndpoint, ports: InboundPorts, now: string): Prepared {
  const drafted = draft(item, work, endpoint, ports);
  return { item, work, drafted, cases: casesOf(item, work, drafted, endpoint, ports, now) };
}

export async function assessAll(batch: readonly Prepared[], endpoint: InboundEndpoint, ports: InboundPorts): Promise<Translated> {
  const now = iso(ports.now());
  const cases = batch.map((one) => one.cases);
  const made: Assessed[] = [];
  const conclude = (i: number, judgements: readonly Judgement[]): readonly Note[] => {
    made[i] = assess(batch[i]!, judgements, endpoint, ports, now);
    return made[i].decision.notes ?? [];
  };
  // What the next message sees is what is stored with this one: nothing, when it cannot be routed.
  const { judgements, leans, release } = await ports.knowledge.judge(cases, conclude);
  // From now on an AA could contradict what is decided.
  for (const { item } of batch) item.assessed = true;
  let isAsSeen = true;
  let end = judgements.length;
  try {
    for (const [i, of] of judgements.entries()) {
      if (!of.some((each, j) => dependsOnDeliveries(cases[i]![j]!, each))) continue;
      // The journal knows nothing yet of what those before it send.
      if (leans[i]) {
        end = i;
        break;
      }
      const seen = made[i]?.decision.notes;
      conclude(i, await Promise.all(of.map((each, j) => sentAgain(cases[i]![j]!, each, ports))));
      if (isDeepStrictEqual(made[i]?.decision.notes, seen)) continue;
      // Those behind it were judged by what it would have said.
      isAsSeen = false;
      end = i + 1;
      break;
    }
  } catch (thrown) {
    release(false);
    throw thrown;
  }
  isAsSeen &&= end === judgements.length;
  return { made: made.slice(0, end), release: (isStored) => release(isStored && isAsSeen) };
}

function draft(item: StoredMessage, { result }: Decoded, endpoint: InboundEndpoint, ports: InboundPorts): Drafted {
  const subject = (one: DecodeResult['events'][number]): string | undefined => one.keys[0] && ports.index.patient(one.keys[0]);
  const origin = {
    messageId: messageId(ports.journal.tag, item.message),
    run: item.run,
    site: endpoint.settings.site,
    timeZone: endpoint.settings.timeZone,
    connector: endpoint.connector,
    connectorVersion: endpoint.connectorVersion,
    receivedAt: item.receivedAt,
  };
  return canonicalEvents(result.events, origin, subject);
}

const sentAgain = async (one: Case, judgement: Judgement, ports: InboundPorts): Promise<Judgement> =>
  dependsOnDeliveries(one, judgement)
    ? goesWhereNoneArrived(one, judgement, { journal: ports.journal, destinations: ports.destinations(), index: ports.index })
    : judgement;

/** Only what will be delivered is judged: what a connector refuses changes nothing that is known, what it puts aside only what is remembered all the same. */
function casesOf(item: StoredMessage, work: Decoded, made: Drafted, endpoint: InboundEndpoint, ports: InboundPorts, now: string): readonly Case[] {
  const state = STATES[work.result.decision];
  if (!('events' in made) || work.failed || (state !== 'decoded' && state !== 'quarantined')) return [];
  const controlId = work.result.terms?.find(({ field }) => field === 'control-id')?.value;
  const message = {
    id: messageId(ports.journal.tag, item.message),
    run: item.run,
    receivedAt: item.receivedAt,
    ...(controlId !== undefined && { controlId }),
  };
  const { role, settings } = endpoint;
  const parts = work.opened.refs;
  const destinations = ports.destinations();
  const routes = route(
    made.events.map((event, i) => routable(event, work.result.events[i]!, role)),
    destinations,
  );
  const cases = made.events.map((event, i): Case => {
    const one = work.result.events[i]!;
    const misnamed = work.misnamed?.[i];
    const keys = [...new Set(one.keys.map((key) => ports.index.patient(key)))];
    const lanes = routes[i]?.lanes ?? [];
    const targets = [...new Set(destinations.filter(({ lane }) => lanes.includes(lane)).map(({ site }) => site))];
    return {
      event,
      draft: one,
      kind: kindOf(event.type),
      keys,
      role,
      settings,
      parts,
      targets,
      message,
      now,
      ...(state === 'quarantined' && { waits: true }),
      ...(misnamed && { misnamed }),
    };
  });
  return cases.length < 2 ? cases : cases.map((one) => ({ ...one, others: cases.filter((other) => other !== one) }));
}

const routable = (event: Case['event'], { destinations, within }: Case['draft'], role: Case['role']): RoutableEvent => ({
  type: event.type,
  site: event.site,
  role,
  ...(destinations && { destinations }),
  ...(within !== undefined && { within }),
});

function assess(
  { item, work, drafted: made, cases }: Prepared,
  judgements: readonly Judgement[],
  endpoint: InboundEndpoint,
  ports: InboundPorts,
  now: string,
): Assessed {
  const { opened, result } = work;
  const routed = routeEvents(
    cases.filter(({ waits }) => !waits),
    judgements,
    endpoint,
    ports,
  );
  const stop = judgements.find(({ quarantine, reject }) => quarantine ?? reject);
  const warnings = joinWarnings(joinWarnings(opened.envelope.warnings, result.warnings), [
    ...judgements.flatMap((judgement) => judgement.warnings ?? []),
    ...routed.warnings,
    ...(item.controlIdReused ? [{ code: 'control-id-reused' }] : []),
  ]);
  const outcome = outcomeOf(item, work, 'error' in made ? made.error : undefined, routed.error, stop);
  const kept = outcome.state === 'decoded';
  const notes = keptOf(judgements, outcome.state);
  const decision: MessageDecision = {
    message: item.message,
    run: item.run,
    state: outcome.state,
    decidedAt: now,
    decision: outcome.state === 'decoded' ? decisionWith(result.decision, warnings) : outcome.decision,
    warnings,
    parts: opened.refs,
    events: kept ? routed.events : [],
    terms: [...new Set([...(result.terms ?? []).map((t) => ports.index.term(t)), ...(kept ? routed.events.flatMap((e) => e.keys) : [])])],
    ...(notes.length > 0 && { notes }),
    ...(outcome.error && { error: outcome.error }),
    ...(item.answered === undefined && { ack: outcome.ack }),
  };
  const asDecoded = outcome.ack === 'AA' && outcome.decision === result.decision && work.acknowledgement !== undefined && work.failed === undefined;
  const identities = new Set(kept ? routed.events.filter((e) => e.kind === 'identity').flatMap((e) => keysTold(e.event, e.keys, ports.index)) : []);
  const reply = asDecoded ? replyOf(work.acknowledgement ?? null, ports, endpoint) : undefined;
  const insteadOf = kept ? judgements.flatMap((judgement) => judgement.insteadOf ?? []) : [];
  return { item, decision, identities, insteadOf, ...(reply && { reply }) };
}

function outcomeOf(
  item: StoredMessage,
  work: Decoded,
  schemaError: ErrorData | undefined,
  routeError: ErrorData | undefined,
  stop: Judgement | undefined,
): { state: MessageDecision['state']; decision: Reception['decision']; ack: AckCode; error?: ErrorData } {
  const defect = work.failed ?? schemaError;
  if (defect) return { state: 'dead', decision: 'stored', ack: 'AA', error: defect };
  if (routeError && STATES[work.result.decision] === 'decoded') return { state: 'quarantined', decision: 'quarantine', ack: 'AA', error: routeError };
  if (stop?.quarantine) return { state: 'quarantined', decision: 'quarantine', ack: 'AA', error: stop.quarantine };
  const { decision, error } = stop ? { decision: 'reject' as const, error: stop.reject } : work.result;
  // The sender was told AA before this was known: it is ours now, a person has to see it.
  if (decision === 'reject' && item.answered === 'AA') return { state: 'quarantined', decision: 'quarantine', ack: 'AA', ...(error && { error }) };
  return { state: STATES[decision], decision, ack: refusalAck(decision, error), ...(error && { error }) };
}

function routeEvents(
  cases: readonly Case[],
  judgements: readonly Judgement[],
  endpoint: InboundEndpoint,
  ports: InboundPorts,
): { events: RoutedEvent[]; warnings: Warning[]; error?: ErrorData } {
  const isSilent = (index: number | undefined): boolean => index !== undefined && judgements[index]?.isSilent === true;
  // What is told under another number than it was said of stands by itself: the stay keeps its own.
  const isMoved = (index: number): boolean => (judgements[index]?.event ?? cases[index]!.event).subject !== cases[index]!.event.subject;
  const destinations = ports.destinations();
  const routes = route(
    cases.map(({ event, draft: { within, ...one } }, i) => ({
      ...routable(event, { ...one, ...(!isSilent(within) && !isMoved(i) && within !== undefined && { within }) }, endpoint.role),
      ...(judgements[i]?.destinations && { destinations: judgements[i].destinations }),
      became: judgements[i]?.event?.type ?? event.type,
    })),
    destinations,
  );
  const siteOf = new Map(destinations.map(({ lane, site }) => [lane, site]));
  const warnings: Warning[] = [];
  let error: ErrorData | undefined;
  const routed = cases.map((one, i): RoutedEvent => {
    const { event, kind, keys } = one;
    const judgement = judgements[i] ?? {};
    const { lanes: all, missing } = isSilent(i) ? { lanes: [], missing: [] } : (routes[i] ?? { lanes: [], missing: [] });
    const lanes = all.filter((lane) => judgement.targets?.includes(siteOf.get(lane) ?? '') ?? true);
    // Who asked for no answer gets none.
    if (!judgement.destinations) for (const site of missing) warnings.push({ code: 'destination-not-connected', detail: site });
    if (endpoint.role === 'record' && kind === 'document' && lanes.length === 0 && !isSilent(i))
      error = new PasserelleError('ERR_NO_DESTINATION', { found: `${missing.length} named, none connected` }).toData();
    const { held, series } = judgement;
    return {
      event: (judgement.event ?? event) as unknown as RoutedEvent['event'],
      kind,
      keys: judgement.keys ? [...new Set([...keys, ...judgement.keys])] : keys,
      destinations: lanes.map((lane) => ({ lane, ...(held && { held }) })),
      ...(series && { series }),
    };
  });
  return { events: routed, warnings, ...(error && { error }) };
}

/** An answer that cannot be written is no reason not to decide: the plainest one is given later. */
function replyOf(acknowledgement: OutgoingEnvelope | null, ports: InboundPorts, endpoint: InboundEndpoint): Reply | undefined {
  if (!acknowledgement) return { bytes: null };
  try {
    const bytes = joined(ports.codec(endpoint.format).build(acknowledgement, () => new Uint8Array()));
    return { bytes, ...(acknowledgement.http && { http: acknowledgement.http }) };
  } catch {
    return undefined;
  }
}
