/** `EngineFace` over a running engine: what API, console and command line may ask. */
import { keptFiles, toWire } from '../backup/index.ts';
import {
  PasserelleError,
  type EngineFace,
  type IndexTerm,
  type MessageHistory,
  type MessageQuery,
  type MessageTimeline,
  type PageRequest,
} from '../contract/index.ts';
import { checksOf } from '../checks/index.ts';
import { idAsItCame, shownOn, whereIs } from '../documents/index.ts';
import { messageId, parseId } from '../journal/index.ts';
import { act, owner, replayPage } from './act.ts';
import type { Engine } from './engine.ts';
import { identityFace } from './identity-face.ts';
import { kitFace } from './kit-face.ts';
import { laneFace } from './lane-face.ts';
import { decideType, untyped } from './untyped.ts';
import { deliveryView, messageView, timelineOf } from './views.ts';

/** A document that is sent again and again has its first message in its note. */
const DOCUMENT_MESSAGES = 50;

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

  const story = async (found: MessageHistory): Promise<MessageTimeline> => {
    const { region } = engine;
    const shown = await shownOn(found, { journal, index, destinations: region?.destinations ?? [] });
    return {
      message: messageView(tag, found.message),
      events: found.events.map(({ event, run }) => ({ id: event.id, type: event.type, time: event.time, run })),
      deliveries: found.deliveries.map((d) => {
        const stillShown = shown.get(d.delivery);
        return { ...deliveryView(tag, d, region?.outbound.get(d.lane)?.blockerOf(d.delivery)), ...(stillShown !== undefined && { stillShown }) };
      }),
      timeline: timelineOf(tag, found),
      attempts: found.attempts,
      acts: found.acts,
    };
  };

  const find = (query: MessageQuery): ReturnType<typeof journal.messages> =>
    journal.messages(
      filterOf(query, (t) => index.term(t)),
      pageOf(query),
    );

  return {
    version: engine.version,
    health: () => engine.health(),
    messages: async (query) => {
      const page = await find(query);
      return { ...page, items: page.items.map((m) => messageView(tag, m)) };
    },
    message: async (id) => {
      const found = await history(id);
      const told = await story(found);
      const checks = await checksOf(told.message.id, journal, index);
      const { region } = engine;
      const unchecked = checks || !region?.isOwner ? undefined : region.checks.standing(found);
      return { ...told, ...(checks && { checks }), ...(unchecked && { unchecked }) };
    },
    document: async (said) => {
      const id = await idAsItCame(said, { journal, index });
      const found = await journal.messages({ terms: [index.term({ field: 'document', value: id })] }, { limit: DOCUMENT_MESSAGES });
      const histories = await Promise.all(found.items.map(({ message }) => journal.message(message)));
      return whereIs(
        id,
        histories.filter((one) => one !== undefined),
        { journal, index, story },
      );
    },
    untyped: (page) => untyped(engine, pageOf(page)),
    typeDocument: async (decision) => decideType(owner(engine), decision),
    learnedTypes: async () => engine.region?.types.all ?? [],
    forgetType: async (code, who, why) => owner(engine).region?.types.forget(code, { who, why, at: new Date().toISOString() }),
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
    ...laneFace(engine),
    identities: identityFace(engine),
    calls: engine.calls.face,
    callSessions: engine.handover,
    alerts: () => engine.alerts.list(),
    act: async (request) => act(owner(engine), request),
    replay: async (request) => replayPage(owner(engine), request, find),
    resubmit: async (id, bytes, who, why) => {
      if (!why) throw new PasserelleError('ERR_REASON_MISSING');
      owner(engine);
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
      plan: (documents) => engine.plan(documents),
      apply: async (documents, who, why) => owner(engine).apply(documents, who, why),
    },
    kits: kitFace(engine),
    metrics: () => engine.metrics.snapshot(),
  };
}

const pageOf = (query: PageRequest): PageRequest => ({ limit: query.limit, ...(query.after && { after: query.after }) });

function filterOf(
  query: MessageQuery,
  hash: (term: IndexTerm) => string,
): Parameters<EngineFace['messages']>[0] & { states?: never; terms?: readonly string[] } {
  const { state, ipp, ins, document, order, limit: _, after: __, ...plain } = query;
  const terms = [
    ipp && hash({ field: 'ipp', value: ipp }),
    ins && hash({ field: 'ins', value: ins }),
    document && hash({ field: 'document', value: document }),
  ].filter((t): t is string => Boolean(t));
  return { ...plain, ...(state && { states: state }), ...(order === 'oldest' && { oldestFirst: true }), ...(terms.length > 0 && { terms }) } as never;
}

function withoutData(event: Record<string, unknown>, dataref: string): Record<string, unknown> {
  const { data: _, ...attributes } = event;
  return { ...attributes, dataref };
}
