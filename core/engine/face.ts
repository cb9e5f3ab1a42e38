/** `EngineFace` over a running engine: what API, console and command line may ask. */
import {
  PasserelleError,
  type ActRequest,
  type EngineFace,
  type IndexTerm,
  type LaneView,
  type MessageHistory,
  type MessageQuery,
  type OperatorAction,
  type PageRequest,
} from '../contract/index.ts';
import { keptFiles, toWire } from '../backup/index.ts';
import { messageId, parseId } from '../journal/index.ts';
import { checkDocuments, parseDocuments, planChange, storedDocuments } from '../settings/index.ts';
import type { Engine } from './engine.ts';
import { deliveryView, messageView, timelineOf } from './views.ts';

export function faceOf(engine: Engine): EngineFace {
  const { journal, index } = engine;
  const { tag } = journal;

  const history = async (id: string): Promise<MessageHistory> => {
    const parsed = parseId(tag, id);
    const message = 'message' in parsed ? parsed.message : (await journal.material([parsed.delivery]))[0]?.message;
    const found = message === undefined ? undefined : await journal.message(message);
    if (!found) throw new PasserelleError('ERR_NOT_FOUND', { found: id });
    return found;
  };

  return {
    version: engine.version,
    health: () => engine.health(),
    messages: async (query) => {
      const page = await journal.messages(
        filterOf(query, (t) => index.term(t)),
        pageOf(query),
      );
      return { ...page, items: page.items.map((m) => messageView(tag, m)) };
    },
    message: async (id) => {
      const found = await history(id);
      return {
        message: messageView(tag, found.message),
        events: found.events.map(({ event, run }) => ({ id: event.id, type: event.type, time: event.time, run })),
        deliveries: found.deliveries.map((d) => deliveryView(tag, d, engine.region?.outbound.get(d.lane)?.blockerOf(d.delivery))),
        timeline: timelineOf(tag, found),
        attempts: found.attempts,
        acts: found.acts,
      };
    },
    content: async (id) => journal.raw((await history(id)).message.message),
    deliveries: async (query) => {
      const message = query.message === undefined ? undefined : parseId(tag, query.message);
      if (message && !('message' in message)) throw new PasserelleError('ERR_NOT_FOUND', { expected: `the id of a message, such as ${tag}-12` });
      const page = await journal.deliveries(
        {
          ...(query.state && { states: query.state }),
          ...(query.lane && { lane: query.lane }),
          ...(message && { message: message.message }),
        },
        pageOf(query),
      );
      return { ...page, items: page.items.map((d) => deliveryView(tag, d, engine.region?.outbound.get(d.lane)?.blockerOf(d.delivery))) };
    },
    events: async (page) => {
      const found = await journal.events(page);
      // An event of the feed carries no health data (D6): a consumer fetches it with its own right.
      return {
        ...found,
        items: found.items.map(({ cursor, event, message }) => ({
          cursor,
          event: withoutData(event, `/api/v1/messages/${messageId(tag, message)}`),
        })),
      };
    },
    lanes: () => laneViews(engine),
    lane: async (name, verb) => {
      const lane = engine.region?.outbound.get(name);
      if (!lane) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'a delivery lane', found: name });
      await engine.journal.pause(name, verb === 'pause', new Date().toISOString());
      if (verb === 'pause') lane.pause();
      else {
        if (verb === 'release') await releaseHeld(engine, name);
        lane.resume();
      }
      return (await laneViews(engine)).find((l) => l.lane === name) as LaneView;
    },
    act: (request) => act(engine, request),
    resubmit: async (id, bytes, who, why) => {
      if (!why) throw new PasserelleError('ERR_REASON_MISSING');
      const { message } = await history(id);
      const lane = engine.region?.inbound.get(message.lane);
      if (!lane) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'the endpoint it came by', found: message.lane });
      return messageId(tag, await lane.resubmit(bytes, message.message, who));
    },
    connectors: () => engine.connectors.all.map((c) => c.manifest),
    journal: async () => ({ tag, description: journal.description, durability: await journal.durability() }),
    backup: async () => toWire({ engine: engine.version, dump: await journal.snapshot(), files: keptFiles(engine.data) }),
    settings: {
      active: () => journal.settings(),
      history: () => journal.settingsHistory(),
      plan: async (documents) => {
        const active = await journal.settings();
        const parsed = parseDocuments(documents);
        const { issues } = checkDocuments(parsed, engine.catalogue);
        return {
          issues,
          changes: issues.length > 0 ? [] : planChange(storedDocuments(active?.documents ?? []), parsed),
          base: active?.revision ?? 0,
        };
      },
      apply: (documents, who, why) => engine.apply(documents, who, why),
    },
    metrics: () => engine.metrics.snapshot(),
  };
}

/** Deliveries of one commit of a lane release; a journal gives no more material at once. */
const RELEASE_PAGE = 200;

const pageOf = (query: PageRequest): PageRequest => ({ limit: query.limit, ...(query.after && { after: query.after }) });

function filterOf(
  query: MessageQuery,
  hash: (term: IndexTerm) => string,
): Parameters<EngineFace['messages']>[0] & { states?: never; terms?: readonly string[] } {
  const { state, ipp, ins, document, limit: _, after: __, ...plain } = query;
  const terms = [
    ipp && hash({ field: 'ipp', value: ipp }),
    ins && hash({ field: 'ins', value: ins }),
    document && hash({ field: 'document', value: document }),
  ].filter((t): t is string => Boolean(t));
  return { ...plain, ...(state && { states: state }), ...(terms.length > 0 && { terms }) } as never;
}

function withoutData(event: Record<string, unknown>, dataref: string): Record<string, unknown> {
  const { data: _, ...attributes } = event;
  return { ...attributes, dataref };
}

async function laneViews(engine: Engine): Promise<readonly LaneView[]> {
  const counts = new Map((await engine.journal.lanes()).map((l) => [l.lane, l]));
  const views: LaneView[] = [];
  for (const [lane, l] of engine.region?.inbound ?? [])
    views.push({
      lane,
      counts: {},
      ...counts.get(lane),
      direction: 'in',
      site: l.endpoint.settings.site,
      role: l.endpoint.role,
      address: l.endpoint.address,
      status: 'open',
    });
  for (const [lane, l] of engine.region?.outbound ?? [])
    views.push({
      lane,
      counts: {},
      ...counts.get(lane),
      direction: 'out',
      site: l.endpoint.settings.site,
      role: l.endpoint.role,
      address: l.endpoint.address,
      status: l.status,
      ...(l.error && { error: l.error }),
    });
  return views;
}

/** All that is held now; one that the receiver holds again is not released twice. */
async function releaseHeld(engine: Engine, lane: string): Promise<void> {
  const held: number[] = [];
  for (let after: string | undefined; ;) {
    const page = await engine.journal.deliveries({ lane, states: ['held'] }, { limit: RELEASE_PAGE, ...(after !== undefined && { after }) });
    held.push(...page.items.map((d) => d.delivery));
    after = page.next;
    if (after === undefined) break;
  }
  for (let from = 0; from < held.length; from += RELEASE_PAGE) {
    const some = held.slice(from, from + RELEASE_PAGE);
    const at = new Date().toISOString();
    await engine.journal.act(some.map((delivery) => ({ verb: 'release', delivery, who: 'lane release', at })));
    await engine.region?.refresh(some);
  }
}

/** All or nothing in the journal, then the lanes follow. Answers the ids acted upon. */
async function act(engine: Engine, request: ActRequest): Promise<readonly string[]> {
  const { journal } = engine;
  const at = new Date().toISOString();
  if ((request.verb === 'discard' || request.verb === 'confirm') && !request.why) throw new PasserelleError('ERR_REASON_MISSING');
  const actions = request.ids.map((id): OperatorAction => ({
    verb: request.verb,
    who: request.who,
    at,
    ...parseId(journal.tag, id),
    ...(request.why && { why: request.why }),
  }));
  const open = new Map<number, MessageHistory>();
  for (const action of actions) {
    if (action.verb !== 'replay' && action.delivery === undefined) continue;
    const message = action.message ?? (await journal.material([action.delivery as number]))[0]?.message;
    const found = message === undefined ? undefined : await journal.message(message);
    if (!found) throw new PasserelleError('ERR_NOT_FOUND');
    open.set(found.message.message, found);
  }
  await journal.act(actions);
  for (const action of actions) {
    if (action.delivery !== undefined) await engine.region?.refresh([action.delivery]);
    else if (action.verb === 'replay') replayed(engine, open.get(action.message as number) as MessageHistory);
  }
  return request.ids;
}

/** The journal discarded the open deliveries of a replayed message; its lane decodes it again. */
function replayed(engine: Engine, before: MessageHistory): void {
  for (const d of before.deliveries) engine.region?.outbound.get(d.lane)?.forget(d.delivery);
  engine.region?.inbound.get(before.message.lane)?.again(before.message.message, before.message.run + 1, before.message.receivedAt);
}
