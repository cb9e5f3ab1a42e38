/**
 * Where calls are received (SAFETY C3, C4): checked in the order of the protocol, then nonce, one-time link and ledger entry in one commit; a link taken once,
 * whatever the node.
 */
import {
  CallRefusal,
  PasserelleError,
  type CallDeparture,
  type CallEntry,
  type CallLaunch,
  type CallLink,
  type CallRequest,
  type CallRights,
  type ConnectorCall,
  type ErrorCode,
  type JournalStore,
  type MessageCodec,
  type NoteChange,
} from '../contract/index.ts';
import { TokenBucket, type ConnectorCaller } from '../lanes/index.ts';
import type { BlindIndex } from '../journal/index.ts';
import type { CallContext } from '../model/index.ts';
import type { ClientKeys } from '../oidc/index.ts';
import { NO_CALLS, type CallSettings, type CallSite } from './call-settings.ts';
import { checkSite } from './context.ts';
import { Departures } from './departures.ts';
import { openDialect, type DialectParts } from './dialect-road.ts';
import type { EngineKeys } from './engine-keys.ts';
import { openHmac } from './hmac-road.ts';
import { TOKEN_BYTES } from './jose.ts';
import type { KnownCall } from './known-call.ts';
import { Ledger, entryChange, newReference, type KeptEntry } from './ledger.ts';
import { LINK_MS, findLink, linkChange, newCode } from './links.ts';
import { Rates } from './rates.ts';
import { checkIdentity, checkRights } from './rights.ts';
import type { CallRoom, RedeemedCall } from './room.ts';
import { SiteKeys } from './site-keys.ts';
import { SmartIssuers } from './smart-issuers.ts';
import { openSmart } from './smart-road.ts';
import { openToken } from './token-road.ts';
import { STEPS, TOLD_FROM, Trail } from './trail.ts';
import { UserProof } from './user-proof.ts';

export interface CallPorts {
  readonly journal: Pick<JournalStore, 'notes' | 'notesOf' | 'swap' | 'keep' | 'forget'>;
  readonly index: Pick<BlindIndex, 'call'>;
  readonly engineKeys: Pick<EngineKeys, 'get' | 'jwks'>;
  readonly clientKeys: Pick<ClientKeys, 'get' | 'jwks'>;
  readonly connectors: ConnectorCaller;
  readonly codec: (format: string) => MessageCodec;
  /** Of the version that a site pins. */
  readonly callOf: (connector: string, version: string) => ConnectorCall | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly count: (outcome: string, code: ErrorCode | 'none', site: string) => void;
}

export const NONCE = 'call-nonce';
const TERMS = 'call-terms';
/** Refusals before a signature is proven: anybody can make them, and each one written is a commit. The others are counted only. */
const UNPROVEN_PER_MINUTE = 120;
const TRIES = 4;

/** What is known of a call while it is checked. */
interface Reception {
  readonly request: CallRequest;
  readonly trail: Trail;
  readonly reference: string;
  readonly startedMs: number;
  site?: CallSite;
  keyId?: string;
  /** Its key signed, but is not good: for the ledger alone. */
  keySite?: CallSite;
  known?: KnownCall;
}

export class CallDesk implements CallRoom {
  readonly ports: CallPorts;
  readonly keys: SiteKeys;
  readonly ledger: Ledger;
  readonly rates = new Rates();
  /** Who users of a site are, where it asks for a proof. */
  readonly userProof: UserProof;
  readonly #smart: SmartIssuers;
  readonly #unproven: TokenBucket;
  #settings: CallSettings = NO_CALLS;

  constructor(ports: CallPorts) {
    this.ports = ports;
    this.keys = new SiteKeys(ports.journal);
    this.ledger = new Ledger(ports.journal);
    const departures = new Departures(ports, NONCE);
    this.userProof = new UserProof(departures);
    this.#smart = new SmartIssuers(ports.clientKeys, departures);
    this.#unproven = new TokenBucket(UNPROVEN_PER_MINUTE, UNPROVEN_PER_MINUTE, ports.now() - 60_000);
  }

  get settings(): CallSettings {
    return this.#settings;
  }

  /** From now on, and whenever the region changes. */
  async use(settings: CallSettings): Promise<void> {
    this.#settings = settings;
    this.#smart.use(settings);
    this.userProof.use(settings);
    if (settings.sites.size > 0) await this.keys.refresh();
  }

  /** Throws CallRefusal (CallsFace.receive); ERR_JOURNAL_UNAVAILABLE. */
  async receive(request: CallRequest): Promise<CallLink> {
    const reception: Reception = { request, trail: new Trail(), reference: newReference(), startedMs: performance.now() };
    try {
      reception.known = await this.open(reception);
      return await this.#grant(reception, reception.known);
    } catch (thrown) {
      throw await this.#refused(reception, thrown);
    }
  }

  /** Where the browser of a launch goes. Throws CallRefusal (CallsFace.launch). */
  async launch({ site, iss, launch, address }: CallLaunch): Promise<CallDeparture> {
    const request: CallRequest = { kind: 'smart', bytes: new Uint8Array(), http: { method: 'POST', path: '' }, address };
    const reception: Reception = { request, trail: new Trail(), reference: newReference(), startedMs: performance.now() };
    try {
      this.#limit(`address ${address}`, this.#settings.perAddressPerMinute);
      reception.trail.at('key');
      const launcher = this.#smart.launching(site, iss);
      if (!launcher || !/^[\x21-\x7e]{1,2048}$/.test(launch))
        throw new PasserelleError('ERR_CALL_REFUSED', {
          location: { path: '/iss' },
          expected: 'a care record of this site (contextualCall.profiles.smart), and the launch that it gave',
          found: launcher ? 'no launch' : 'another iss',
        });
      reception.keyId = launcher.at;
      checkSite(site, launcher.site, address);
      return await this.#smart.depart(launcher, launch);
    } catch (thrown) {
      throw await this.#refused(reception, thrown);
    }
  }

  /** What has to be tried again by a program, and is no call; else the refusal, in the ledger. */
  async #refused(reception: Reception, thrown: unknown): Promise<PasserelleError> {
    const error = PasserelleError.from(thrown);
    const isOurs = error.entry.disposition === 'transient' && error.code !== 'ERR_CALL_ISSUER';
    return isOurs || error.code === 'ERR_INVARIANT' ? error : this.#refuse(reception, error);
  }

  /** Steps 1 to 9, by the way it came; the debugger is not `limited`. */
  async open(
    reception: Pick<Reception, 'request' | 'trail' | 'site' | 'keyId' | 'keySite'>,
    now = this.ports.now(),
    limited = true,
  ): Promise<KnownCall> {
    const { request, trail } = reception;
    const settings = this.#settings;
    trail.at('size');
    if (request.bytes.length > TOKEN_BYTES) throw new PasserelleError('ERR_CALL_TOO_LARGE', { expected: `at most ${TOKEN_BYTES} bytes` });
    checkMediaType(request);
    trail.at('rate');
    if (limited) this.#limit(`address ${request.address}`, settings.perAddressPerMinute);
    const proven = (site: CallSite, keyId: string): void => {
      Object.assign(reception, { site, keyId });
      if (limited) this.#limit(`site ${site.site}`, site.call.maxPerMinute ?? settings.perSitePerMinute);
    };
    const parts = { settings, now, proven };
    if (request.kind === 'hmac') return openHmac(request, parts, trail);
    const named = (keyId: string, keySite?: CallSite): void => void Object.assign(reception, { keyId, keySite });
    if (request.kind === 'smart') return openSmart(request, { ...parts, issuers: this.#smart, named }, trail);
    if (request.kind === 'dialect') {
      const known = await openDialect(request, { ...this.dialectParts(request.connector, now), proven }, trail);
      // Without these a signed call could be sent again, at any time.
      if (known.nonces.length > 0 && known.context.issuedAt) return known;
      throw new PasserelleError('ERR_CALL_CONTEXT', { expected: 'a time of issue, and a value that is used once' });
    }
    return openToken(request, { ...parts, keys: this.ports.engineKeys, siteKeys: this.keys, named }, trail);
  }

  /** Steps 10 to 12, without writing anything. */
  async judge(known: KnownCall, trail: Trail): Promise<{ rights: CallRights; context: CallContext }> {
    trail.at('nonce');
    const keys = this.#noncesOf(known).map(({ key }) => key);
    if ((await this.ports.journal.notes(NONCE, keys)).some((seen) => seen !== undefined)) throw new PasserelleError('ERR_CALL_REPLAYED');
    trail.at('rights');
    const rights = checkRights(known);
    trail.at('identity');
    return { rights, context: checkIdentity(known, trail) };
  }

  async redeem(code: string, address: string): Promise<RedeemedCall> {
    const now = this.ports.now();
    const at = new Date(now).toISOString();
    if (this.rates.take(`link ${address}`, this.#settings.perAddressPerMinute, now) > 0)
      throw new CallRefusal('ERR_CALL_RATE', newReference(), { retryAfter: 5 });
    for (let n = 0; n < TRIES; n += 1) {
      const found = await findLink(this.ports.journal, code);
      if (found.is === 'taken') {
        await this.ledger.note(found.reference, at, { what: 'link-used-again', code: 'ERR_CALL_LINK_USED' });
        throw new CallRefusal('ERR_CALL_LINK_USED', found.reference);
      }
      if (found.is === 'unknown') throw new CallRefusal('ERR_CALL_LINK', newReference());
      const { call, expiresAt } = found.link;
      const site = this.#settings.sites.get(call.site);
      // A site, a key or a user may have been stopped in this minute.
      const refused = now >= Date.parse(expiresAt) ? 'link-over' : (this.stopped(call) ?? (site?.comesFrom(address) ? undefined : 'link-elsewhere'));
      if (refused) {
        await this.ledger.note(call.reference, at, { what: refused, code: 'ERR_CALL_LINK' });
        throw new CallRefusal('ERR_CALL_LINK', call.reference);
      }
      const step = await this.ledger.step(call.reference, at, { what: 'link-taken' }, 'redeemed');
      if (await this.ports.journal.swap([...found.taking, ...(step ? [step] : [])], at)) return call;
    }
    throw new CallRefusal('ERR_CALL_LINK', newReference());
  }

  stopped: CallRoom['stopped'] = (call) => {
    const site = this.#settings.sites.get(call.site);
    if (!site || site.call.disabled) return 'site-stopped';
    if (!this.#isKeyGood(call, site)) return 'key-stopped';
    try {
      checkRights({ site, keyId: call.keyId, context: call.context, nonces: [], mayCreate: call.rights.actions.includes('create') });
      return undefined;
    } catch {
      return 'user-stopped';
    }
  };

  #isKeyGood({ kind, keyId }: RedeemedCall, { site, call, settings }: CallSite): boolean {
    if (kind === 'smart') return call.profiles.smart?.some(({ name }) => `${site}-${name}` === keyId) ?? false;
    if (kind === 'hmac') return Object.hasOwn(call.profiles.hmac?.keys ?? {}, keyId);
    if (kind === 'dialect') return call.profiles.dialect !== undefined && Object.hasOwn(settings.connector['keys'] ?? {}, keyId);
    return this.keys.active(keyId, this.ports.now())?.key.site === site;
  }

  note: CallRoom['note'] = (reference, step, outcome) => this.ledger.note(reference, new Date(this.ports.now()).toISOString(), step, outcome);

  async acceptTerms(userKey: string): Promise<string> {
    const at = new Date(this.ports.now()).toISOString();
    await this.ports.journal.swap([{ kind: TERMS, key: userKey, value: at }], at);
    return (await this.termsAccepted(userKey)) ?? at;
  }

  async termsAccepted(userKey: string): Promise<string | undefined> {
    return (await this.ports.journal.notes(TERMS, [userKey]))[0];
  }

  /** Nonce, link and ledger entry, or nothing. */
  async #grant(reception: Reception, known: KnownCall): Promise<CallLink> {
    const { trail } = reception;
    const { rights, context } = await this.judge(known, trail);
    const { site } = known;
    const now = this.ports.now();
    const at = new Date(now).toISOString();
    const expiresAt = new Date(now + LINK_MS).toISOString();
    const nonces = this.#noncesOf(known);
    for (let n = 0; n < TRIES; n += 1) {
      const reference = n === 0 ? reception.reference : newReference();
      const code = newCode();
      const call: RedeemedCall = {
        reference,
        site: site.site,
        connector: site.connector,
        connectorVersion: site.connectorVersion,
        context: { ...context, site: site.site },
        rights,
        userKey: this.#userKey(site, context),
        warnings: trail.warnings,
        kind: reception.request.kind,
        keyId: known.keyId,
      };
      const entry = this.#entry({ ...reception, reference }, at, 'link');
      if (await this.ports.journal.swap([...nonces, linkChange(code, { expiresAt, call }), entryChange(entry)], at)) {
        this.ports.count('link', 'none', site.site);
        return { code, link: `${this.#settings.publicUrl}/appel-contextuel/ouvrir#${code}`, reference, expiresAt, warnings: trail.warnings };
      }
      // Somebody was faster with the same nonce; else the reference was taken, which is chance.
      trail.at('nonce');
      if (
        (
          await this.ports.journal.notes(
            NONCE,
            nonces.map(({ key }) => key),
          )
        ).some((seen) => seen !== undefined)
      )
        throw new PasserelleError('ERR_CALL_REPLAYED');
    }
    throw new PasserelleError('ERR_INVARIANT', { expected: 'a reference that is free' });
  }

  /** What the caller is told, once the ledger has it. A call whose signature was right is used up by its refusal. */
  async #refuse(reception: Reception, error: PasserelleError): Promise<CallRefusal> {
    const { trail, reference, site, known } = reception;
    const now = this.ports.now();
    const at = new Date(now).toISOString();
    const isTold = STEPS[trail.current][0] >= TOLD_FROM || TOLD.includes(error.code);
    const entry = { ...this.#entry(reception, at, 'refused'), check: trail.current, error: error.toData() };
    this.ports.count('refused', error.code, site?.site ?? '-');
    if (site || this.#unproven.take(now) === 0) {
      const isUsedUp = known && error.code !== 'ERR_CALL_REPLAYED';
      const isNew = isUsedUp && (await this.ports.journal.swap([...this.#noncesOf(known), entryChange(entry)], at));
      if (!isNew) await this.ledger.add(entry);
    }
    const { retryAfter } = error as { retryAfter?: number };
    if (!isTold) return new CallRefusal('ERR_CALL_REFUSED', reference);
    return new CallRefusal(error.code, reference, { ...error.detail, ...(retryAfter !== undefined && { retryAfter }) });
  }

  #entry(reception: Reception, at: string, outcome: CallEntry['outcome']): KeptEntry {
    const { request, trail, reference, startedMs, keyId, known, site = reception.keySite } = reception;
    const { user, action, target } = known?.context ?? {};
    const profile = site?.call.users.find((one) => one.profile === user?.profile)?.profile ?? '-';
    return {
      reference,
      at,
      outcome,
      kind: request.kind,
      ...(site && { site: site.site, connector: site.connector, connectorVersion: site.connectorVersion }),
      ...(keyId !== undefined && { keyId }),
      ...(known && { profile, action: action ?? 'open', target: target ?? 'record' }),
      ...(user?.authentication && { authentication: user.authentication.method }),
      warnings: trail.warnings,
      tookMs: Math.round((performance.now() - startedMs) * 10) / 10,
      steps: [],
    };
  }

  #limit(name: string, perMinute: number): void {
    const waitMs = this.rates.take(name, perMinute, this.ports.now());
    if (waitMs > 0) throw Object.assign(new PasserelleError('ERR_CALL_RATE'), { retryAfter: Math.ceil(waitMs / 1000) });
  }

  #noncesOf({ site, nonces }: KnownCall): readonly NoteChange[] {
    const value = new Date(this.ports.now()).toISOString();
    return nonces.map((nonce) => ({ kind: NONCE, key: this.ports.index.call('nonce', `${site.site} ${nonce}`), value }));
  }

  /** A doctor is the same person at every site; a login is of its site. */
  #userKey({ site }: CallSite, { user }: CallContext): string {
    return this.ports.index.call('user', user.rpps ? `rpps ${user.rpps}` : `login ${site} ${user.login}`);
  }

  dialectParts(connector: string | undefined, now: number): DialectParts {
    const { connectors, codec } = this.ports;
    return { settings: this.#settings, now, connectors, codec, call: this.callOf(connector), proven: () => undefined };
  }

  callOf(connector: string | undefined): ConnectorCall | undefined {
    const site = [...this.#settings.sites.values()].find((one) => one.connector === connector);
    return site && this.ports.callOf(site.connector, site.connectorVersion);
  }
}

/** Before anything is proven: these say nothing that their sender does not know. */
const TOLD: readonly ErrorCode[] = ['ERR_CALL_TOO_LARGE', 'ERR_CALL_MEDIA_TYPE', 'ERR_CALL_RATE', 'ERR_CALL_ISSUER', 'ERR_CALL_AUTHENTICATION'];

const MEDIA_TYPES = { token: 'application/jose', hmac: 'application/json', form: undefined, dialect: undefined, smart: undefined } as const;

function checkMediaType({ kind, http }: CallRequest): void {
  const expected = MEDIA_TYPES[kind];
  const found = (http.headers?.['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (expected !== undefined && found !== expected) throw new PasserelleError('ERR_CALL_MEDIA_TYPE', { expected });
}
