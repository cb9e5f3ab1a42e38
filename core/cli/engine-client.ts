/** The HTTP API as functions: what every command on a running engine goes through. */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import {
  CATALOGUE,
  PasserelleError,
  SettingsRefused,
  type AlertList,
  type CallCount,
  type CallEntry,
  type CallKey,
  type CallsFace,
  type CallVerdict,
  type ConnectorManifest,
  type Durability,
  type DeliveryView,
  type DocumentWhere,
  type EnrolmentCode,
  type ErrorData,
  type IdentityNumber,
  type Unmerged,
  type IdentityTask,
  type IdentityTaskDetail,
  type IdentityView,
  type LaneDetail,
  type LaneView,
  type LearnedType,
  type MessageQuery,
  type MessageTimeline,
  type MessageView,
  type Page,
  type ReplayPage,
  type WithheldView,
  type ReplayRequest,
  type SettingsIssue,
  type SettingsPlan,
  type SiteKit,
  type UntypedDocument,
  type VerifyRequest,
} from '../contract/index.ts';
import type { SettingsFile } from '../settings/index.ts';
import type { Access } from './data-directory.ts';

/** Longer than any single answer takes; protects a script from an engine that hangs. */
const TIMEOUT_MS = 60_000;

export interface ActOptions {
  readonly why?: string;
  readonly who?: string;
}

/** Every method throws what the engine answered as a PasserelleError, and ERR_ENGINE_UNREACHABLE when none answers. */
export class EngineClient {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  health(): Promise<{ readonly ready: boolean; readonly problems: readonly string[] }> {
    return this.#get('/readyz', { accept: [200, 503] });
  }
  /** Patient and document terms travel in the body. */
  messages(query: MessageQuery): Promise<Page<MessageView>> {
    return this.#post('/api/v1/messages/search', query);
  }
  timeline(id: string): Promise<MessageTimeline> {
    return this.#get(`/api/v1/messages/${encodeURIComponent(id)}/timeline`);
  }
  /** As for messages: what names a document is not written into an address. */
  document(id: string): Promise<DocumentWhere> {
    return this.#post('/api/v1/documents/search', { document: id });
  }
  untyped(page: { readonly limit: number; readonly after?: string }): Promise<Page<UntypedDocument>> {
    const params = new URLSearchParams({ limit: String(page.limit), ...(page.after && { after: page.after }) });
    return this.#get(`/api/v1/documents/untyped?${params.toString()}`);
  }
  async typeDocument(id: string, body: ActOptions & { readonly type: string; readonly remember?: boolean }): Promise<readonly string[]> {
    return (await this.#post<{ ids: readonly string[] }>(`/api/v1/documents/untyped/${encodeURIComponent(id)}:type`, body)).ids;
  }
  async learnedTypes(): Promise<readonly LearnedType[]> {
    return (await this.#get<{ items: readonly LearnedType[] }>('/api/v1/documents/types')).items;
  }
  async forgetType(body: ActOptions & { readonly site: string; readonly system: string; readonly code: string }): Promise<readonly LearnedType[]> {
    return (await this.#post<{ items: readonly LearnedType[] }>('/api/v1/documents/types:forget', body)).items;
  }
  deliveries(query: {
    readonly state?: readonly string[];
    readonly lane?: string;
    readonly limit: number;
    readonly after?: string;
  }): Promise<Page<DeliveryView>> {
    const params = new URLSearchParams({ limit: String(query.limit) });
    for (const state of query.state ?? []) params.append('state', state);
    if (query.lane) params.set('lane', query.lane);
    if (query.after) params.set('after', query.after);
    return this.#get(`/api/v1/deliveries?${params.toString()}`);
  }
  alerts(): Promise<AlertList> {
    return this.#get('/api/v1/alerts');
  }
  async lanes(): Promise<readonly LaneView[]> {
    return (await this.#get<{ items: readonly LaneView[] }>('/api/v1/lanes')).items;
  }
  lane(name: string, verb: 'pause' | 'resume' | 'release'): Promise<LaneView> {
    return this.#post(`/api/v1/lanes/${encodeURIComponent(name)}:${verb}`, {});
  }
  laneDetail(name: string): Promise<LaneDetail> {
    return this.#get(`/api/v1/lanes/${encodeURIComponent(name)}`);
  }
  downtime(name: string, body: ActOptions & ({ readonly from?: string; readonly until: string } | { readonly cancel: true })): Promise<LaneView> {
    return this.#post(`/api/v1/lanes/${encodeURIComponent(name)}:downtime`, body);
  }
  /** `null` = no limit. */
  rate(name: string, body: ActOptions & { readonly perMinute: number | null }): Promise<LaneView> {
    return this.#post(`/api/v1/lanes/${encodeURIComponent(name)}:rate`, body);
  }
  withheld(name: string): Promise<WithheldView> {
    return this.#get(`/api/v1/lanes/${encodeURIComponent(name)}/withheld`);
  }
  declareReady(name: string, verb: 'ready' | 'not-ready', body: ActOptions & { readonly perMinute?: number }): Promise<WithheldView> {
    return this.#post(`/api/v1/lanes/${encodeURIComponent(name)}:${verb}`, body);
  }
  async connectors(): Promise<readonly ConnectorManifest[]> {
    return (await this.#get<{ items: readonly ConnectorManifest[] }>('/api/v1/connectors')).items;
  }
  /** One page, oldest first. */
  replay(request: Omit<ReplayRequest, 'who'> & ActOptions): Promise<ReplayPage> {
    return this.#post('/api/v1/messages:replay', request);
  }
  /** `id` says by its form whether it is a message or a delivery. */
  async act(id: string, verb: string, options: ActOptions): Promise<readonly string[]> {
    const kind = isDeliveryId(id) ? 'deliveries' : 'messages';
    return (await this.#post<{ ids: readonly string[] }>(`/api/v1/${kind}/${encodeURIComponent(id)}:${verb}`, options)).ids;
  }
  identityTasks(query: { readonly state?: readonly string[]; readonly limit: number; readonly after?: string }): Promise<Page<IdentityTask>> {
    const params = new URLSearchParams({ limit: String(query.limit) });
    for (const state of query.state ?? []) params.append('state', state);
    if (query.after) params.set('after', query.after);
    return this.#get(`/api/v1/identities/tasks?${params.toString()}`);
  }
  identityTask(id: string, reason: string): Promise<IdentityTaskDetail> {
    return this.#get(`/api/v1/identities/tasks/${encodeURIComponent(id)}?${new URLSearchParams({ reason }).toString()}`);
  }
  answerIdentityTask(id: string, verb: 'accept' | 'reject', options: ActOptions & { readonly question?: string }): Promise<IdentityTask> {
    return this.#post(`/api/v1/identities/tasks/${encodeURIComponent(id)}:${verb}`, options);
  }
  identity(query: IdentityNumber & { readonly reason: string; readonly who?: string }): Promise<IdentityView> {
    return this.#post('/api/v1/identities/search', query);
  }
  unmerge(options: IdentityNumber & ActOptions): Promise<Unmerged> {
    return this.#post('/api/v1/identities:unmerge', options);
  }
  calls(query: Readonly<Record<string, string>>): Promise<Page<CallEntry>> {
    return this.#get(`/api/v1/calls?${new URLSearchParams(query).toString()}`);
  }
  call(reference: string): Promise<CallEntry> {
    return this.#get(`/api/v1/calls/${encodeURIComponent(reference)}`);
  }
  async callCounts(): Promise<readonly CallCount[]> {
    return (await this.#get<{ items: readonly CallCount[] }>('/api/v1/calls/counts')).items;
  }
  /** `bytes` in Base64. */
  verifyCall(request: Omit<VerifyRequest, 'bytes'> & { readonly bytes: string }): Promise<CallVerdict> {
    return this.#post('/api/v1/calls/verify', request);
  }
  async callKeys(site?: string): Promise<readonly CallKey[]> {
    return (
      await this.#get<{ items: readonly CallKey[] }>(`/api/v1/calls/keys${site === undefined ? '' : `?${new URLSearchParams({ site }).toString()}`}`)
    ).items;
  }
  inviteKey(body: ActOptions & { readonly site: string; readonly weak?: boolean }): Promise<EnrolmentCode> {
    return this.#post('/api/v1/calls/keys:invite', body);
  }
  confirmKey(body: ActOptions & { readonly kid: string; readonly fingerprint: string }): Promise<CallKey> {
    return this.#post('/api/v1/calls/keys:confirm', body);
  }
  revokeKey(body: ActOptions & { readonly kid: string; readonly why: string }): ReturnType<CallsFace['revokeKey']> {
    return this.#post('/api/v1/calls/keys:revoke', body);
  }
  rotateEngineKey(body: ActOptions): Promise<{ readonly keys: readonly Record<string, unknown>[] }> {
    return this.#post('/api/v1/calls/keys:rotate-engine', body);
  }
  journal(): Promise<{ readonly description: string; readonly durability: Durability }> {
    return this.#get('/api/v1/journal');
  }
  /** As one stream, for as long as it takes: a large journal is copied before the first byte comes, longer than `fetch` waits. */
  async backup(options: ActOptions & { readonly why: string }): Promise<AsyncIterable<Uint8Array>> {
    const { url, token } = this.#access;
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const request = (url.startsWith('https:') ? https : http).request(`${url}/api/v1/backups`, { method: 'POST', headers, agent: false }, resolve);
    request.on('error', (cause) => reject(new PasserelleError('ERR_ENGINE_UNREACHABLE', { found: url, cause })));
    request.end(JSON.stringify(options));
    const response = await promise;
    if (response.statusCode === 200) return response;
    const text = Buffer.concat(await response.toArray()).toString();
    throw problemOf(problemFrom(text), response.statusCode ?? 0);
  }
  async kit(body: { readonly connector: string; readonly site: string; readonly who?: string }): Promise<SiteKit> {
    const { content, ...kit } = await this.#post<Omit<SiteKit, 'bytes'> & { readonly content: string }>('/api/v1/kits', body);
    return { ...kit, bytes: Buffer.from(content, 'base64') };
  }
  plan(documents: readonly SettingsFile[]): Promise<SettingsPlan> {
    return this.#post('/api/v1/settings/plan', { documents });
  }
  apply(documents: readonly SettingsFile[], options: ActOptions): Promise<{ readonly revision: number; readonly plan: SettingsPlan }> {
    return this.#post('/api/v1/settings/apply', { documents, ...options });
  }

  #get<T>(path: string, options: { readonly accept?: readonly number[] } = {}): Promise<T> {
    return this.#call(path, { method: 'GET' }, options.accept ?? [200]);
  }

  /** A POST is sent a second time when its answer was lost: the key makes the second one harmless. */
  async #post<T>(path: string, body: object): Promise<T> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const request = { method: 'POST', headers, body: JSON.stringify(body) };
    try {
      return await this.#call(path, request, [200]);
    } catch (error) {
      if (!(error instanceof PasserelleError) || error.code !== 'ERR_ENGINE_UNREACHABLE') throw error;
      return this.#call(path, request, [200]);
    }
  }

  async #call<T>(
    path: string,
    request: { readonly method: string; readonly headers?: Record<string, string>; readonly body?: string },
    accept: readonly number[],
  ): Promise<T> {
    const { url, token } = this.#access;
    const response = await fetch(url + path, {
      ...request,
      headers: { ...request.headers, authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((cause: unknown) => {
      throw new PasserelleError('ERR_ENGINE_UNREACHABLE', { found: url, cause });
    });
    const body = (await response.json().catch(() => ({}))) as Problem & T;
    if (accept.includes(response.status)) return body;
    throw problemOf(body, response.status);
  }
}

interface Problem extends Partial<ErrorData> {
  readonly issues?: readonly SettingsIssue[];
}

function problemFrom(text: string): Problem {
  try {
    return JSON.parse(text) as Problem;
  } catch {
    return {};
  }
}

function problemOf({ code, location, expected, found, issues }: Problem, status: number): PasserelleError {
  // Something else than an engine of ours listens there, or one with codes we do not know yet.
  if (code === undefined || !Object.hasOwn(CATALOGUE, code)) return new PasserelleError('ERR_ENGINE_UNREACHABLE', { found: `HTTP ${status}` });
  const data = { code, message: '', ...(location && { location }), ...(expected && { expected }), ...(found && { found }) };
  return issues ? new SettingsRefused(data, issues) : PasserelleError.fromData(data);
}

/** `abcd-d12` is a delivery, `abcd-12` a message. */
export const isDeliveryId = (id: string): boolean => /-d\d+$/.test(id);
