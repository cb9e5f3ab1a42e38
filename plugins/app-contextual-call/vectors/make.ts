/** Writes the vectors: JSON files that every client is held to, from the cases written by hand. `node dist/plugins/app-contextual-call/vectors/make.js` */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ANSWER_CASES } from './answer-cases.ts';
import { CONTEXT_CASES } from './context-cases.ts';
import { REFUSED_CASES } from './refused-cases.ts';

const NOW = 1_789_459_200;
const JTI = '7b0a3f526a0e4a4f9a525c9c5e1b0001';
/** Settings that the cases stand on. */
const SETTINGS = { url: 'https://dcc.invalid/appel-contextuel', finess: '990001018', environment: 'test' } as const;

const b64 = (text: string): string => Buffer.from(text).toString('base64url');
/** What editors and Git may change is escaped: marks that combine, what is not seen. */
const written = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replace(/[\u007f-\u009f\u200b-\u2fff\ufffd]|\p{M}/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;

/** RS256 has one result only (RFC 8017 section 8.2): made here without any client. */
function jws(context: string, pem: string): string {
  const key = createPrivateKey(pem);
  const { e, n } = createPublicKey(key).export({ format: 'jwk' });
  const kid = createHash('sha256').update(`{"e":"${e}","kty":"RSA","n":"${n}"}`).digest('base64url');
  const input = `${b64(`{"alg":"RS256","kid":"${kid}","typ":"contexte-appel+jws"}`)}.${b64(context)}`;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

/** Every vector file by its name. `pem` is the test key beside them. */
export function vectors(pem: string): Record<string, string> {
  const head = {
    version: '1.0',
    typ: 'contexte-appel',
    iss: `urn:finess:${SETTINGS.finess}`,
    aud: `urn:dcc:${SETTINGS.environment}`,
    iat: NOW,
    exp: NOW + 60,
    jti: JTI,
  };
  const context = CONTEXT_CASES.map(({ expected, ...given }) => ({
    ...given,
    settings: SETTINGS,
    now: NOW,
    jti: JTI,
    expected: JSON.stringify({ ...head, ...expected }),
  }));
  const refused = REFUSED_CASES.map(({ settings, ...given }) => ({ ...given, settings: { ...SETTINGS, ...settings }, now: NOW, jti: JTI }));
  const signed = context.slice(0, 3).map(({ name, expected }) => ({ name, context: expected, jws: jws(expected, pem) }));
  return { 'context.json': written(context), 'refused.json': written(refused), 'jws.json': written(signed), 'answers.json': written(ANSWER_CASES) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = path.resolve(import.meta.dirname, '../../../../plugins/app-contextual-call/vectors');
  for (const [name, text] of Object.entries(vectors(readFileSync(path.join(folder, 'site-test.pem'), 'utf8'))))
    writeFileSync(path.join(folder, name), text);
}
