/** What people see of lanes and order of them. */
import { PasserelleError, type BlockedHead, type EngineFace, type LaneOrder, type LaneView } from '../contract/index.ts';
import type { DeliveryLane } from '../lanes/index.ts';
import { owner, releaseHeld } from './act.ts';
import type { Engine } from './engine.ts';
import { deliveryView } from './views.ts';

/** Heads that one look shows: each is read from the journal. */
const HEADS = 20;

export function laneFace(engine: Engine): Pick<EngineFace, 'lanes' | 'laneDetail' | 'lane' | 'order' | 'withdraw'> {
  const { journal } = engine;
  const outbound = (name: string): DeliveryLane => {
    const lane = owner(engine).region?.outbound.get(name);
    if (!lane) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'a delivery lane', found: name });
    return lane;
  };
  const view = async (name: string): Promise<LaneView> => {
    const found = (await laneViews(engine)).find((l) => l.lane === name);
    if (!found) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'a lane', found: name });
    return found;
  };
  const obey = async (name: string): Promise<LaneView> => {
    const orders = await journal.orders();
    outbound(name).obey(orders.filter((order) => order.lane === name));
    return view(name);
  };
  return {
    lanes: () => laneViews(engine),
    laneDetail: async (name) => {
      const lane = await view(name);
      const found = engine.region?.outbound.get(name)?.heads(HEADS);
      const heads: BlockedHead[] = [];
      for (const head of found?.heads ?? []) heads.push(...(await blockedHead(engine, head)));
      return { ...lane, heads, partial: found?.partial ?? false };
    },
    lane: async (name, verb) => {
      outbound(name);
      await journal.pause(name, verb === 'pause', new Date().toISOString());
      if (verb === 'release') await releaseHeld(engine, name);
      // Of the settings that are in force by now.
      outbound(name)[verb === 'pause' ? 'pause' : 'resume']();
      return view(name);
    },
    order: async (order) => {
      outbound(order.lane);
      check(order);
      await journal.order(order);
      return obey(order.lane);
    },
    withdraw: async (name, kind) => {
      outbound(name);
      await journal.withdraw(name, kind);
      return obey(name);
    },
  };
}

function check(order: LaneOrder): void {
  if (order.kind === 'rate') {
    if (!(order.perMinute > 0)) throw new PasserelleError('ERR_REQUEST_INVALID', { location: { path: '/perMinute' }, expected: 'more than 0' });
    return;
  }
  const [from, until, at] = [order.from, order.until, order.at].map((time) => Date.parse(time)) as [number, number, number];
  if (!(until > from && until > at))
    throw new PasserelleError('ERR_REQUEST_INVALID', { location: { path: '/until' }, expected: 'a time to come, after the beginning' });
}

/** None when it has gone meanwhile. */
async function blockedHead(
  { journal }: Engine,
  { delivery, directly, inAll }: ReturnType<DeliveryLane['heads']>['heads'][number],
): Promise<readonly BlockedHead[]> {
  const [material] = await journal.material([delivery]);
  const history = material && (await journal.message(material.message));
  const summary = history?.deliveries.find((d) => d.delivery === delivery);
  if (!summary) return [];
  const lastAttempt = history?.attempts.findLast((attempt) => attempt.delivery === delivery);
  const since = summary.settledAt ?? lastAttempt?.endedAt ?? summary.queuedAt;
  return [{ delivery: deliveryView(journal.tag, summary), since, directly, inAll }];
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
      status: engine.region?.isOwner ? 'open' : 'elsewhere',
    });
  for (const [lane, l] of engine.region?.outbound ?? []) {
    const { downtime, perMinute } = l.orders;
    const blocked = l.blocked();
    views.push({
      lane,
      counts: {},
      ...counts.get(lane),
      direction: 'out',
      site: l.endpoint.settings.site,
      role: l.endpoint.role,
      address: l.endpoint.address,
      status: engine.region?.isOwner ? l.status : 'elsewhere',
      ...(l.error && { error: l.error }),
      ...(downtime && { downtime: { from: downtime.from, until: downtime.until, ...(downtime.why && { why: downtime.why }) } }),
      ...(perMinute !== undefined && { perMinute }),
      ...(blocked.heads > 0 && { blocked }),
    });
  }
  return views;
}
