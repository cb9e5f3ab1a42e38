/** An EngineFace that holds a few messages, for tests of the API and the command line. */
import { fakeCalls, fakeSessions } from './fake-calls.ts';
import { toWire } from '../../../core/backup/index.ts';
import {
  PasserelleError,
  type ActRequest,
  type AlertView,
  type DeliveryView,
  type EngineFace,
  type IdentityTask,
  type LaneView,
  type MessageTimeline,
  type MessageView,
  type DumpBatch,
  type JournalDump,
  encodeRows,
} from '../../../core/contract/index.ts';
import { ALERTS, CATALOGUE } from '../../../core/contract/index.ts';
import { checkDocuments, parseDocuments, planChange } from '../../../core/settings/index.ts';
import { catalogue, manifest } from '../settings/catalogue.ts';

const at = '2026-10-12T08:00:00.000Z';

export const message = (n: number, more: Partial<MessageView> = {}): MessageView => ({
  id: `test-${n}`,
  lane: 'dx-in',
  site: '990001018',
  connector: 'dxcare',
  connectorVersion: '0.1.0',
  receivedAt: at,
  peer: '127.0.0.1:5000',
  type: 'ADT^A01',
  controlId: `CTRL${n}`,
  bytes: 500,
  state: 'decoded',
  decision: 'accept',
  warnings: [],
  ack: 'AA',
  run: 1,
  retransmissions: 0,
  ...more,
});

export const delivery = (n: number, more: Partial<DeliveryView> = {}): DeliveryView => ({
  id: `test-d${n}`,
  message: `test-${n}`,
  lane: 'kp-out',
  state: 'delivered',
  eventId: `e${n}`,
  eventType: 'dcc.identity.updated',
  run: 1,
  attempts: 1,
  queuedAt: at,
  ...more,
});

const explained = (code: 'ERR_DOCUMENT_TYPE_UNKNOWN' | 'ERR_ACK_TIMEOUT' | 'ERR_REPLAY_STALE') => ({
  code,
  message: CATALOGUE[code].en,
  fr: CATALOGUE[code].fr,
  fix: CATALOGUE[code].fix,
});

export const alerting: AlertView = {
  code: 'ALERT_LANE_FAILING',
  since: at,
  lane: 'kp-out',
  site: '990009017',
  count: 7,
  error: 'ERR_CONNECTION_REFUSED',
  ...ALERTS.ALERT_LANE_FAILING,
  fix: { fr: 'passerelle lanes kp-out ; prévenir', en: 'passerelle lanes kp-out; call' },
};

/** `asked` records what was asked, in order. */
export interface FakeEngine extends EngineFace {
  readonly asked: { readonly method: string; readonly input: unknown }[];
  ready: boolean;
  /** Pages of a replay to refuse for the time being. */
  busy: number;
  alerting: readonly AlertView[];
  taskKind?: IdentityTask['kind'];
  elsewhere: boolean;
}

const task = {
  id: 'test-2',
  kind: 'traits',
  state: 'open',
  site: '990001018',
  eventType: 'dcc.identity.updated',
  sender: 'GAM',
  receivedAt: at,
  askedAt: at,
  attributes: ['birthName'],
} as const;
const difference = { attribute: 'birthName', onFile: { value: 'VALMORÉE', source: 'DPI', at }, received: { value: 'ÉTREZAC', source: 'GAM', at } };

export function fakeEngine(): FakeEngine {
  const asked: FakeEngine['asked'] = [];
  const note = (method: string, input: unknown): void => void asked.push({ method, input });
  const messages = [
    message(1),
    message(2, { state: 'quarantined', decision: 'quarantine', error: explained('ERR_DOCUMENT_TYPE_UNKNOWN'), type: 'MDM^T02' }),
    message(3, { ack: 'AA', retransmissions: 2 }),
  ];
  const deliveries = [
    delivery(1, { state: 'discarded', settledAt: at, stillShown: '1.2.250.1.999.1' }),
    delivery(3, { state: 'review', attempts: 2, error: explained('ERR_ACK_TIMEOUT'), behind: 'test-d1' }),
  ];
  const lanes: LaneView[] = [
    {
      lane: 'dx-in',
      counts: { decoded: 2, quarantined: 1 },
      direction: 'in',
      role: 'establishment',
      site: '990001018',
      address: 'mllp://127.0.0.1:2575',
      status: 'open',
    },
    {
      lane: 'kp-out',
      counts: { delivered: 1, review: 1 },
      oldest: at,
      direction: 'out',
      role: 'record',
      site: '990009017',
      address: 'https://127.0.0.1:9443',
      status: 'tripped',
    },
  ];
  const find = (id: string): MessageView => {
    const found = messages.find((m) => m.id === id);
    if (!found) throw new PasserelleError('ERR_NOT_FOUND', { found: id });
    return found;
  };
  const timeline = (id: string): MessageTimeline => {
    const found = find(id);
    const own = deliveries.filter((d) => d.message === id);
    const lines = [
      { at, what: 'received', detail: `${found.lane}, 500 bytes` },
      { at, what: found.state, ...(found.error && { error: found.error }) },
    ];
    return {
      message: found,
      events: own.map((d) => ({ id: d.eventId, type: d.eventType, time: at, run: 1 })),
      deliveries: own,
      timeline: [...lines, ...own.map((d) => ({ at, what: d.state, delivery: d.id, ...(d.error && { error: d.error }) }))],
      attempts: [],
      acts: [],
    };
  };
  const plan = (documents: Parameters<EngineFace['settings']['plan']>[0]) => {
    const parsed = parseDocuments(documents);
    const { issues } = checkDocuments(parsed, catalogue);
    return { issues, changes: issues.length > 0 ? [] : planChange([], parsed), base: 1 };
  };
  const engine: FakeEngine = {
    asked,
    calls: fakeCalls(note),
    callSessions: fakeSessions,
    ready: true,
    busy: 0,
    alerting: [alerting],
    elsewhere: false,
    version: '0.1.0',
    health: async () => (engine.ready ? { ready: true, problems: [] } : { ready: false, problems: ['journal'] }),
    messages: async (query) => {
      note('messages', query);
      const items = messages.filter((m) => (!query.state || query.state.includes(m.state)) && (!query.lane || query.lane === m.lane));
      return query.after
        ? { items: items.slice(1) }
        : { items: items.slice(0, query.limit), ...(items.length > query.limit && { next: 'opaque-1' }) };
    },
    message: async (id) => timeline(id),
    document: async (id) => {
      note('document', id);
      const story = timeline('test-3');
      if (id !== '1.2.250.1.999.1.1') throw new PasserelleError('ERR_NOT_FOUND', { found: id });
      const act = { message: story.message.id, at, site: '990001018' };
      const document = {
        id,
        state: 'in-force' as const,
        copies: [],
        conflicts: [],
        pairedWith: [],
        knownAs: [],
        from: [act.site],
        to: ['990009017'],
        flags: {},
        versions: [],
        first: act,
      };
      return { documents: [document], legs: story.deliveries.map((leg) => ({ ...leg, proofs: [] })), messages: [story] };
    },
    untyped: async () => ({ items: [{ message: message(9, { state: 'quarantined' }), system: 'LOCAL', code: 'X1' }] }),
    typeDocument: async (decision) => {
      note('typeDocument', decision);
      return [decision.id];
    },
    learnedTypes: async () => [{ site: '990001018', system: 'LOCAL', code: 'X1', type: 'OTHER', who: 'cli/referent', at }],
    forgetType: async (code, who, why) => note('forgetType', { ...code, who, why }),
    content: async (id) => {
      note('content', id);
      return Buffer.from(`MSH|${find(id).id}`);
    },
    deliveries: async (query) => {
      note('deliveries', query);
      return { items: deliveries };
    },
    events: async (query) => {
      note('events', query);
      return {
        items: [{ cursor: 'c1', event: { id: 'e1', type: 'dcc.identity.updated', data: { patient: { birthName: 'INVENTE' } } } }],
        next: 'c1',
      };
    },
    lanes: async () => lanes,
    alerts: async () => ({ items: engine.alerting, elsewhere: engine.elsewhere }),
    identities: {
      tasks: async (query) => {
        note('tasks', query);
        return { items: [task] };
      },
      task: async (id) => {
        note('task', id);
        const patient = { ins: '279035121518989', insStatus: 'NOT-QUALIFIED' };
        return {
          ...task,
          ...(engine.taskKind && { kind: engine.taskKind }),
          question: '3f2a9c',
          alike: ['test-3'],
          candidates: [{ domain: 'fictif', ipp: '1', as: 'on file', patient }],
          differences: [difference],
        };
      },
      find: async (number) => {
        note('identity', number);
        const attributes = { birthName: difference.onFile };
        return { ...number, attributes, senders: {}, absorbed: [], undone: [], links: [], tasks: [task.id], history: [] };
      },
      answer: async (answer) => {
        note('answer', answer);
        return { ...task, state: answer.verdict === 'accept' ? 'accepted' : 'rejected' };
      },
      withheld: async (lane, capability) => ({ lane, capability, state: 'withholding', patients: 3, messages: 5, superseded: 2, oldest: at }),
      declare: async (order) => {
        note('declare', order);
        return { lane: order.lane, capability: 'ins', state: 'releasing', patients: 3, messages: 5, superseded: 2 };
      },
      unmerge: async (number, by) => {
        note('unmerge', { ...number, ...by });
        return { discarded: ['PA-1.1'], told: ['record-out'], tasks: ['PA-1-undone-0a0a0a0a'], alsoMerged: [{ domain: 'groupe', ipp: 'G1' }] };
      },
    },
    lane: async (name, verb) => {
      note('lane', { name, verb });
      const found = lanes.find((l) => l.lane === name);
      if (!found) throw new PasserelleError('ERR_NOT_FOUND', { found: name });
      return { ...found, status: verb === 'pause' ? 'paused' : 'open' };
    },
    laneDetail: async (name) => {
      const found = lanes.find((l) => l.lane === name);
      if (!found) throw new PasserelleError('ERR_NOT_FOUND', { found: name });
      const blocks = found.direction === 'out';
      return {
        ...found,
        ...(blocks && { blocked: { heads: 1, waiting: 7 } }),
        heads: blocks ? [{ delivery: deliveries[1]!, since: at, directly: 3, inAll: 7 }] : [],
        partial: false,
      };
    },
    order: async (order) => {
      note('order', order);
      const found = lanes.find((l) => l.lane === order.lane);
      if (!found) throw new PasserelleError('ERR_NOT_FOUND', { found: order.lane });
      return order.kind === 'rate' ? { ...found, perMinute: order.perMinute } : { ...found, status: 'downtime', downtime: order };
    },
    withdraw: async (name, kind) => {
      note('withdraw', { name, kind });
      return lanes.find((l) => l.lane === name)!;
    },
    act: async (request: ActRequest) => {
      note('act', request);
      if (request.verb === 'discard' && !request.why) throw new PasserelleError('ERR_REASON_MISSING');
      if (request.ids.some((id) => id === 'test-9')) throw new PasserelleError('ERR_NOT_FOUND', { found: 'test-9' });
      return request.ids;
    },
    replay: async (request) => {
      note('replay', request);
      if (engine.busy > 0) {
        engine.busy -= 1;
        throw new PasserelleError('ERR_BACKPRESSURE');
      }
      const from = Number(request.after ?? 0);
      const chosen = messages.filter((m) => !request.state || request.state.includes(m.state));
      const to = from + request.limit;
      const some = chosen.slice(from, to);
      const isStale = ({ id }: MessageView): boolean => id === 'test-3' && !request.why && !request.dryRun;
      return {
        messages: some.filter((m) => !isStale(m)),
        refused: some.filter(isStale).map(({ id }) => ({ id, error: explained('ERR_REPLAY_STALE') })),
        ...(to < chosen.length && { next: String(to) }),
      };
    },
    resubmit: async (id, bytes, who, why) => {
      note('resubmit', { id, text: Buffer.from(bytes).toString(), who, why });
      return 'test-10';
    },
    connectors: () => [manifest('dxcare', '0.1.0')],
    journal: async () => ({ tag: 'test', description: 'SQLite', durability: { safe: true, fr: 'sûr', en: 'safe' } }),
    backup: async () => {
      note('backup', undefined);
      return toWire({ engine: '0.1.0', dump: fakeDump(), files: [{ name: 'index.key', bytes: Buffer.alloc(32, 1) }] });
    },
    settings: {
      active: async () => ({
        revision: 1,
        at,
        who: 'admin',
        documents: [
          {
            kind: 'site',
            site: '990001018',
            name: 'Fictif',
            environment: 'test',
            connectors: [{ id: 'dxcare', version: '0.1.0', settings: { apiKey: { test: 'hunter' } } }],
          },
        ],
      }),
      history: async () => [{ revision: 1, at, who: 'admin' }],
      plan: async (documents) => plan(documents),
      apply: async (documents, who, why) => {
        note('apply', { files: documents.map((d) => d.file), who, why });
        return { revision: 2, plan: plan(documents) };
      },
    },
    kits: {
      build: async (request) => {
        asked.push({ method: 'kit', input: request });
        return {
          name: 'kit.zip',
          bytes: Buffer.from('archive'),
          sha256: '00',
          kitVersion: '1.0.0',
          connectorVersion: '0.1.0',
          fingerprint: 'aaaa bbbb',
        };
      },
      list: async () => [],
    },
    metrics: () => [{ name: 'messages_received_total', help: 'Messages', type: 'counter', values: [{ labels: { lane: 'a"b' }, value: 3 }] }],
  };
  return engine;
}

/** A journal of one message. */
export function fakeDump(over: Partial<JournalDump> = {}): JournalDump {
  const point = { at: '2026-10-12T08:00:00.000Z', message: 1, event: 0, delivery: 0, revision: 0 };
  const lines = encodeRows([[1, 'chx-in']]);
  const batches = async function* (): AsyncGenerator<DumpBatch> {
    yield { table: 'name', rows: 1, lines };
  };
  return { format: 1, tag: 'test', store: 'sqlite', point, batches: batches(), close: async () => undefined, ...over };
}
