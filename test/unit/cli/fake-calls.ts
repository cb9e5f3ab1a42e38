/** The calls of the fake engine: one of each kind, and a note of what was asked. */
import {
  PasserelleError,
  type CallAnswer,
  type CallEntry,
  type CallKey,
  type CallSessionsFace,
  type CallsFace,
} from '../../../core/contract/index.ts';

const at = '2026-09-15T08:00:20.000Z';
const entry: CallEntry = {
  reference: 'AC-TESTTEST',
  at,
  outcome: 'refused',
  kind: 'token',
  site: '990001018',
  profile: 'MEDECIN',
  action: 'open',
  check: 'time',
  error: {
    ...new PasserelleError('ERR_CALL_REFUSED', { expected: 'a call made now' }).toData(),
    fr: 'appel refusé',
    fix: { fr: 'Heure.', en: 'Time.' },
  },
  warnings: [],
  tookMs: 4.2,
  steps: [],
};
/** Refused once its link was open, which was used again after that. */
const { error: _, check: __, ...shared } = entry;
const late: CallEntry = {
  ...shared,
  reference: 'AC-LATELATE',
  steps: [
    { at, what: 'not opened', code: 'ERR_CALL_UNKNOWN_PATIENT' },
    { at, what: 'link used again', code: 'ERR_CALL_LINK_USED' },
  ],
};
const key: CallKey = {
  kid: 'k'.repeat(43),
  site: '990001018',
  environment: 'test',
  state: 'requested',
  fingerprint: '1A2B 3C4D',
  bits: 3072,
  requestedAt: at,
};

export function fakeCalls(note: (method: string, input: unknown) => void): CallsFace {
  const noted = <T>(method: string, input: unknown, answer: T): Promise<T> => {
    note(method, input);
    return Promise.resolve(answer);
  };
  return {
    receive: () => Promise.reject(new PasserelleError('ERR_CALL_REFUSED')),
    launch: () => Promise.reject(new PasserelleError('ERR_CALL_REFUSED')),
    clientKeys: async () => ({ keys: [] }),
    dialects: () => [],
    jwks: async () => ({ keys: [{ kty: 'RSA', kid: key.kid }] }),
    enrol: (body) => noted('enrol', Buffer.from(body).toString(), { fingerprint: key.fingerprint }),
    rotate: (body) => noted('rotate', Buffer.from(body).toString(), { fingerprint: key.fingerprint }),
    verify: ({ bytes, ...rest }) =>
      noted(
        'verify',
        { ...rest, text: Buffer.from(bytes).toString() },
        {
          decision: 'reject' as const,
          events: [{ type: 'dcc.context.refused', data: { code: 'ERR_CALL_REFUSED' } }],
          warnings: [],
          checks: [{ step: 1, name: 'size', fr: 'Taille', result: 'passed' as const }],
          ...(entry.error && { error: entry.error }),
        },
      ),
    ledger: (filter, page) => noted('ledger', { ...filter, ...page }, { items: [entry, late], next: 'opaque-2' }),
    entry: (reference) => {
      if (reference !== entry.reference) throw new PasserelleError('ERR_CALL_NOT_FOUND');
      return Promise.resolve({
        ...entry,
        steps: [
          { at, what: 'link-taken' },
          { at, what: 'search by ipp: nobody, not by ins, traits' },
        ],
      });
    },
    counts: (since) =>
      noted('counts', since, [{ day: '2026-09-15', site: '990001018', profile: 'MEDECIN', action: 'open', outcome: 'opened' as const, calls: 3 }]),
    keys: (site) => noted('keys', site, [key]),
    invite: (site, who) => noted('invite', { site, who }, { code: 'AAAAA-BBBBB', site, expiresAt: at }),
    confirmKey: (kid, fingerprint, who) => noted('confirmKey', { kid, fingerprint, who }, { ...key, state: 'active' as const }),
    revokeKey: (kid, who, why) =>
      noted(
        'revokeKey',
        { kid, who, why },
        { ...key, state: 'revoked' as const, alsoRevoked: ['after'], stillActive: [{ ...key, kid: 'before', notAfter: at }] },
      ),
    rotateEngineKey: () => noted('rotateEngineKey', undefined, { keys: [{ kty: 'RSA', kid: 'new' }] }),
  };
}

/** Every link is unknown. */
const unknown = async (): Promise<CallAnswer> => ({ step: { outcome: 'refused', code: 'ERR_CALL_LINK', reference: '' } });
export const fakeSessions: CallSessionsFace = {
  redeem: unknown,
  choose: unknown,
  confirm: unknown,
  agree: unknown,
  authenticated: unknown,
  origins: () => [],
};
