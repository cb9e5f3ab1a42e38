/** The hand-over between a room that knows its links and the stand-in of the record, over a real journal and the record's real connector. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CallRefusal,
  PasserelleError,
  type CallAnswer,
  type CallEntry,
  type CallOutcome,
  type CallStep,
  type ErrorCode,
  type JournalStore,
  type PeerDefinition,
  type PeerWorld,
  type Sink,
  UNCONFIGURED,
} from 'passerelle/contract';
import type { CallContext, Patient } from 'passerelle/model';
import { CalledRecord, Handover, type CallRoom, type HandoverPorts, type RedeemedCall } from '../../core/call/index.ts';
import { Ledger } from '../../core/call/ledger.ts';
import type { ProofPolicy } from '../../core/call/user-proof.ts';
import { Codecs } from '../../core/codecs/index.ts';
import { loadConnectors, type HostCall } from '../../core/registry/index.ts';
import { plugin as json } from '../../plugins/codec-json/index.ts';
import { plugin as sqlite } from '../../plugins/store-journal-sqlite/index.ts';
import { loadPeer } from '../../plugins/app-sandbox/index.ts';
import { makeWorld } from '../../plugins/app-sandbox/world.ts';

export const PAGES = 'https://dcc.example.test';
export const AUTHORITY = '1.2.250.1.999.10.1';
export const ELISE: Patient = {
  ipp: '0004512001',
  ippAuthority: AUTHORITY,
  ins: '237063399100156',
  insOid: '1.2.250.1.213.1.4.10',
  insStatus: 'VALI',
  identityStatus: 'QUAL',
  birthName: 'VALMORÉE',
  usedName: 'PERRUSSEL',
  birthGivenNames: 'ÉLISE NOÉMIE',
  firstGivenName: 'ÉLISE',
  sex: 'F',
  birthDate: '1937-06-12',
  birthPlaceCog: '33991',
};
export const OTHER: Patient = {
  ...ELISE,
  ipp: '0004512002',
  ins: '144073399200207',
  birthName: 'OSTROVEN',
  birthGivenNames: 'GABIN',
  firstGivenName: 'GABIN',
  sex: 'M',
};

type Records = { records: { recordId: string; remarks?: unknown[] }[]; contexts: Record<string, { ended?: string; recordId: string }> };

export class Desk {
  readonly peer: PeerDefinition<Records>;
  readonly state: Records;
  readonly world: PeerWorld;
  readonly steps: { readonly reference: string; readonly what: string; readonly code?: ErrorCode; readonly outcome?: CallOutcome }[] = [];
  readonly policy: { ambiguous: 'choice' | 'refuse'; creation: boolean; proSanteConnect?: ProofPolicy } = { ambiguous: 'choice', creation: true };
  /** What Pro Santé Connect does; absent: there is none. */
  userProof: HandoverPorts['userProof'] | undefined;
  /** What the record is made to answer once, instead of what it would. */
  instead: (() => { readonly status: number; readonly body: object }) | undefined;
  /** Runs when the record is asked, before it answers. */
  meanwhile: ((path: string) => Promise<void>) | undefined;
  terms: readonly string[] = [];
  /** Why calls that were redeemed are good no more. */
  stopped: ReturnType<CallRoom['stopped']>;
  /** How calls come from now on. */
  kind: RedeemedCall['kind'] = 'token';
  /** Where the pages of the record are. */
  pages = PAGES;
  now = Date.UTC(2026, 8, 15, 8);
  journal!: JournalStore;
  handover!: Handover;
  readonly #calls = new Map<string, { readonly call: RedeemedCall; used: boolean }>();
  readonly #agreed = new Map<string, string>();
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'passerelle-call-'));
  #count = 0;

  static async open(): Promise<Desk> {
    const desk = new Desk((await loadPeer('k-process')) as PeerDefinition<Records>);
    desk.journal = await sqlite.open(desk.#folder);
    const { connector } = (await loadConnectors()).all
      .map(({ definition }) => ({ connector: definition }))
      .find((one) => one.connector.manifest.id === 'k-process')!;
    const record = new CalledRecord({
      connector: 'k-process',
      connectorVersion: '0.1.0',
      format: 'json',
      settings: { ...UNCONFIGURED, site: '990009995', environment: 'test' },
      sink: desk.#sink(),
      origins: [PAGES],
      terms: [],
      connectors: {
        call: async <T>(_id: string, _version: string, call: HostCall) => {
          if (call.operation === 'interpret') return connector.interpret(call.reply, call.sent) as T;
          if (call.operation !== 'encode') throw new Error(call.operation);
          return connector.encode(call.input, { settings: call.settings, now: call.now, newId: () => call.seed.slice(0, 20) }) as T;
        },
      },
      codec: () => json.message!,
      codecs: new Codecs(() => json.message!, []),
      now: () => desk.now,
    });
    Object.defineProperties(record, { terms: { get: () => desk.terms }, origins: { get: () => [desk.pages] } });
    desk.handover = new Handover({
      room: desk.#room(),
      journal: desk.journal,
      record: () => record,
      policy: () => desk.policy,
      userProof: {
        depart: (tab, policy) => desk.userProof?.depart(tab, policy) ?? Promise.reject(new PasserelleError('ERR_CALL_ISSUER')),
        arrive: (tab, answer, policy) => desk.userProof?.arrive(tab, answer, policy) ?? Promise.reject(new PasserelleError('ERR_CALL_ISSUER')),
      },
      now: () => desk.now,
      secret: () => `s${(desk.#count += 1)}`.padEnd(43, '-'),
    });
    return desk;
  }

  private constructor(peer: PeerDefinition<Records>) {
    this.peer = peer;
    this.state = peer.init();
    this.world = makeWorld(
      { born: 'KP', ids: 1, seed: 1 },
      () => new Date(this.now),
      () => this.pages,
      () => Promise.reject(new Error('no kit')),
    );
  }

  async close(): Promise<void> {
    await this.journal.close();
    rmSync(this.#folder, { recursive: true });
  }

  /** The record knows this patient; answers its record. */
  known({ ipp, ippAuthority, ins, insOid, ...traits }: Patient): string {
    const patient = {
      ...(ipp && { identifiers: [{ value: ipp, authority: { oid: ippAuthority } }] }),
      ...(ins && { ins: { value: ins, oid: insOid } }),
      traits,
    };
    const messageId = `K${(this.#count += 1)}`;
    const body = { contract: '1.0', messageId, type: 'identity.updated', occurredAt: this.world.now(), site: '990001018', patient };
    const answer = this.peer.onMessage(
      { bytes: Buffer.from(JSON.stringify(body)), http: { method: 'POST', path: '/v1/identities', headers: { 'idempotency-key': messageId } } },
      this.state,
      this.world,
    );
    return (JSON.parse(Buffer.from(answer.bytes).toString()) as { recordId: string }).recordId;
  }

  /** A call that was verified: its code. */
  call(patient: Patient, user = 'camille', more: Partial<CallContext> = {}, actions: RedeemedCall['rights']['actions'] = ['open', 'create']): string {
    const code = `code-${(this.#count += 1)}`.padEnd(43, '_');
    const call: RedeemedCall = {
      reference: `AC-${String(this.#count).padStart(8, '0')}`,
      site: '990001018',
      connector: 'dxcare',
      connectorVersion: '0.1.0',
      context: { site: '990001018', user: { login: user }, patient, action: 'open', target: 'record', ...more },
      rights: { actions, targets: ['record'] },
      userKey: `user-${user}`,
      kind: this.kind,
      keyId: 'key',
      warnings: [],
    };
    this.#calls.set(code, { call, used: false });
    return code;
  }

  redeem = (code: string, browser?: string): Promise<CallAnswer> => this.handover.redeem(this.#from(code, browser));
  choose = async (code: string, browser: string | undefined, candidate: number | 'none'): Promise<CallStep> =>
    (await this.handover.choose(this.#from(code, browser), candidate)).step;
  confirm = async (code: string, browser: string | undefined, agreed: boolean): Promise<CallStep> =>
    (await this.handover.confirm(this.#from(code, browser), agreed)).step;
  agree = async (code: string, browser: string | undefined, agreed: boolean): Promise<CallStep> =>
    (await this.handover.agree(this.#from(code, browser), agreed)).step;

  /** The browser posts what it was told to: the page of the record, and what its form carries. */
  async show(step: CallStep): Promise<{ readonly status: number; readonly text: string; readonly form: Record<string, string> }> {
    if (step.outcome !== 'open') throw new Error(`not open but ${JSON.stringify(step)}`);
    return this.browse(new URL(step.url).pathname, step.fields);
  }

  /** Saves a remark in the tab that `show` gave. */
  save = (form: Record<string, string>, text = 'vue ce jour'): Promise<{ readonly status: number }> => this.browse('/remarques', { ...form, text });

  async browse(path_: string, fields: Readonly<Record<string, string>>): Promise<{ status: number; text: string; form: Record<string, string> }> {
    const bytes = Buffer.from(new URLSearchParams(fields).toString());
    const answer = await this.peer.onPage!({ bytes, http: { method: 'POST', path: path_ } }, this.state, this.world);
    const text = Buffer.from(answer.bytes).toString();
    const form = Object.fromEntries([...text.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]));
    return { status: answer.http?.status ?? 0, text, form };
  }

  /** What the ledger says of a call whose hand-over said `steps`. */
  async entry(reference: string): Promise<CallEntry> {
    const ledger = new Ledger(this.journal);
    const at = new Date(this.now).toISOString();
    await ledger.add({ reference, at, outcome: 'redeemed', kind: this.kind, warnings: [], tookMs: 0, steps: [] });
    for (const { reference: of, what, code, outcome } of this.steps.filter((one) => one.reference === reference))
      await ledger.note(of, at, { what, ...(code && { code }) }, outcome);
    return ledger.entry(reference);
  }

  remarks = (): Record<string, number> => Object.fromEntries(this.state.records.map(({ recordId, remarks = [] }) => [recordId, remarks.length]));

  #from = (code: string, browser: string | undefined) => ({ code, address: '192.0.2.1', ...(browser !== undefined && { browser }) });

  #sink(): Sink {
    return {
      concurrency: 4,
      send: async (message, { http }) => {
        await this.meanwhile?.(http?.path ?? '');
        const bytes = message instanceof Uint8Array ? message : Buffer.concat(message);
        const forced = this.instead?.();
        this.instead = undefined;
        if (forced)
          return {
            bytes: Buffer.from(JSON.stringify({ messageId: http?.headers?.['idempotency-key'], ...forced.body })),
            http: { method: 'POST', path: '', status: forced.status },
          };
        const answer = this.peer.onMessage({ bytes, ...(http && { http }) }, this.state, this.world);
        return { bytes: answer.bytes, ...(answer.http && { http: answer.http }) };
      },
      probe: async () => undefined,
      stop: async () => undefined,
    };
  }

  #room(): CallRoom {
    return {
      redeem: async (code) => {
        const found = this.#calls.get(code);
        if (!found) throw new CallRefusal('ERR_CALL_LINK', '');
        if (found.used) throw new CallRefusal('ERR_CALL_LINK_USED', found.call.reference);
        found.used = true;
        return found.call;
      },
      note: async (reference, step, outcome) => void this.steps.push({ reference, ...step, ...(outcome && { outcome }) }),
      acceptTerms: async (user) => {
        this.#agreed.set(user, 'now');
        return 'now';
      },
      stopped: () => this.stopped,
      termsAccepted: async (user) => this.#agreed.get(user),
    };
  }
}
