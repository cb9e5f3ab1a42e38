/** What the engine answers, and what a client makes of it (PROTOCOL section 4). Written by hand. */

export interface Reply {
  readonly status: number;
  readonly headers?: { readonly [name: string]: string };
  /** `{origin}` and `{now}`, `{now+N}` (ISO 8601) are filled in when it is served. */
  readonly body?: object | string;
  /** Answers nothing and keeps the connection open. */
  readonly hang?: true;
  /** Closes the connection without an answer. */
  readonly drop?: true;
  /** A body of this many bytes instead. */
  readonly bytes?: number;
}

export interface AnswerCase {
  readonly name: string;
  /** To the first request of `v1/calls`, to the second... one more than these would be a fault of the client. */
  readonly answers: readonly Reply[];
  readonly expected: {
    readonly opened?: string;
    readonly code?: string;
    /** In the log: why nothing came. */
    readonly reason?: 'certificate' | 'timeout' | 'refused' | 'busy' | 'network';
    /** Of the engine; absent: the client makes one that begins with `KIT-`. */
    readonly reference?: string;
    /** Of a second request. */
    readonly jti?: 'same' | 'new';
    /** `iat` of the last request, from the engine's time and not from the client's. */
    readonly ahead?: number;
  };
  readonly timeoutSeconds?: number;
}

const CODE = 'AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE';
const created = (link = `{origin}/appel-contextuel/ouvrir#${CODE}`): Reply => ({
  status: 201,
  body: { link, reference: 'AC-TEST2345', expiresAt: '{now+60}', warnings: [] },
});
const problem = (status: number, code: string, more: object = {}, headers: Reply['headers'] = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: { status, code, title: 'Refusé', detail: 'Appel refusé.', fix: { fr: 'x', en: 'x' }, reference: 'AC-REFUS234', serverTime: '{now}', ...more },
});
const opened = { opened: 'AC-TEST2345' };
const shown = (code: string): AnswerCase['expected'] => ({ code, reference: 'AC-REFUS234' });

export const ANSWER_CASES: readonly AnswerCase[] = [
  { name: '201', answers: [created()], expected: opened },
  { name: '201 to another origin', answers: [created(`https://evil.invalid/appel-contextuel/ouvrir#${CODE}`)], expected: { code: 'ERR_KIT_LINK' } },
  { name: '201 to another port', answers: [created(`{origin}0/appel-contextuel/ouvrir#${CODE}`)], expected: { code: 'ERR_KIT_LINK' } },
  { name: '201 to the origin as a user name', answers: [created(`{origin}@evil.invalid/x#${CODE}`)], expected: { code: 'ERR_KIT_LINK' } },
  { name: '201 in http', answers: [created(`http://localhost/appel-contextuel/ouvrir#${CODE}`)], expected: { code: 'ERR_KIT_LINK' } },
  { name: '201 with a script', answers: [created(`javascript:alert(1)//#${CODE}`)], expected: { code: 'ERR_KIT_LINK' } },
  { name: '201 with what a shell reads', answers: [created(`{origin}/x&calc.exe#${CODE}`)], expected: { code: 'ERR_KIT_LINK' } },
  { name: '201 with a line feed after the code', answers: [created(`{origin}/ouvrir#${CODE}\n`)], expected: { code: 'ERR_KIT_LINK' } },
  { name: '201 without a code', answers: [created('{origin}/appel-contextuel/ouvrir')], expected: { code: 'ERR_KIT_LINK' } },
  { name: '201 without a body', answers: [{ status: 201, body: '' }], expected: { code: 'ERR_KIT_LINK' } },
  { name: '201 whose body is no object', answers: [{ status: 201, body: '["link"]' }], expected: { code: 'ERR_KIT_LINK' } },
  { name: '201 whose body is no JSON', answers: [{ status: 201, body: '{"link": "{origin}/ouvrir' }], expected: { code: 'ERR_KIT_LINK' } },
  { name: '201 with a huge body', answers: [{ status: 201, bytes: 3_000_000 }], expected: { code: 'ERR_KIT_LINK' } },
  {
    name: 'a redirect is not followed',
    answers: [{ status: 302, headers: { location: '{origin}/followed' } }],
    expected: { code: 'ERR_KIT_ANSWER' },
  },
  {
    name: 'a redirect that keeps the method is not followed',
    answers: [{ status: 307, headers: { location: '{origin}/followed' } }],
    expected: { code: 'ERR_KIT_ANSWER' },
  },
  { name: '401, clocks agree', answers: [problem(401, 'ERR_CALL_REFUSED')], expected: shown('ERR_CALL_REFUSED') },
  {
    name: '401, the engine is an hour ahead: signs again with its time',
    answers: [problem(401, 'ERR_CALL_REFUSED', { serverTime: '{now+3600}' }), created()],
    expected: { ...opened, jti: 'new', ahead: 3600 },
  },
  {
    name: '401 twice, the engine is an hour behind: once only',
    answers: [problem(401, 'ERR_CALL_REFUSED', { serverTime: '{now-3600}' }), problem(401, 'ERR_CALL_REFUSED', { serverTime: '{now-3600}' })],
    expected: { ...shown('ERR_CALL_REFUSED'), jti: 'new', ahead: -3600 },
  },
  { name: '401 with a time that is none', answers: [problem(401, 'ERR_CALL_REFUSED', { serverTime: 'soon' })], expected: shown('ERR_CALL_REFUSED') },
  { name: '403', answers: [problem(403, 'ERR_CALL_FORBIDDEN')], expected: shown('ERR_CALL_FORBIDDEN') },
  { name: '409', answers: [problem(409, 'ERR_CALL_REPLAYED')], expected: shown('ERR_CALL_REPLAYED') },
  { name: '413', answers: [problem(413, 'ERR_CALL_TOO_LARGE')], expected: shown('ERR_CALL_TOO_LARGE') },
  { name: '422', answers: [problem(422, 'ERR_CALL_CONTEXT')], expected: shown('ERR_CALL_CONTEXT') },
  {
    name: '429 waits as long as it is told, once',
    answers: [problem(429, 'ERR_CALL_RATE', {}, { 'retry-after': '1' }), created()],
    expected: { ...opened, jti: 'same' },
  },
  {
    name: '429 twice',
    answers: [problem(429, 'ERR_CALL_RATE', {}, { 'retry-after': '0' }), problem(429, 'ERR_CALL_RATE', {}, { 'retry-after': '0' })],
    expected: { ...shown('ERR_CALL_RATE'), jti: 'same' },
  },
  { name: '503, then 201', answers: [{ status: 503, body: 'unavailable' }, created()], expected: { ...opened, jti: 'same' } },
  { name: '503 twice', answers: [{ status: 503 }, { status: 503 }], expected: { code: 'ERR_KIT_UNREACHABLE', reason: 'busy', jti: 'same' } },
  {
    name: '503 that says why, twice',
    answers: [problem(503, 'ERR_CALL_BUSY'), problem(503, 'ERR_CALL_BUSY')],
    expected: { ...shown('ERR_CALL_BUSY'), jti: 'same' },
  },
  { name: '500 without a word', answers: [{ status: 500, body: '<h1>Internal Server Error</h1>' }], expected: { code: 'ERR_KIT_ANSWER' } },
  { name: 'a refusal without a code', answers: [{ status: 403, body: { detail: 'Non.' } }], expected: { code: 'ERR_KIT_ANSWER' } },
  { name: '200 is no answer of the protocol', answers: [{ status: 200, body: { link: 'x' } }], expected: { code: 'ERR_KIT_ANSWER' } },
  {
    name: 'a reference that is none is replaced',
    answers: [problem(403, 'ERR_CALL_FORBIDDEN', { reference: '<b>x</b>\n' })],
    expected: { code: 'ERR_CALL_FORBIDDEN' },
  },
  { name: 'the connection is closed, then 201', answers: [{ status: 0, drop: true }, created()], expected: { ...opened, jti: 'same' } },
  {
    name: 'the connection is closed twice',
    answers: [
      { status: 0, drop: true },
      { status: 0, drop: true },
    ],
    expected: { code: 'ERR_KIT_UNREACHABLE', reason: 'network', jti: 'same' },
  },
  {
    name: 'no answer in time, then 201',
    answers: [{ status: 0, hang: true }, created()],
    expected: { ...opened, jti: 'same' },
    timeoutSeconds: 3,
  },
  {
    name: 'no answer in time, twice',
    answers: [
      { status: 0, hang: true },
      { status: 0, hang: true },
    ],
    expected: { code: 'ERR_KIT_UNREACHABLE', reason: 'timeout', jti: 'same' },
    timeoutSeconds: 3,
  },
];
