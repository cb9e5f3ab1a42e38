/** Who asks: the account of the operating system, as the site asserts it, and who that account is for the record (SAFETY C1). */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { TLSSocket } from 'node:tls';
import type { Call } from '../clients/javascript/passerelle.ts';
import { Refusal } from './refusal.ts';
import type { Identify } from './settings.ts';

/** One person: what an account may say of itself, and nothing else. */
export interface Person {
  readonly login?: string;
  readonly rpps?: string;
  readonly family?: string;
  readonly given?: string;
  readonly profile?: string;
}

/** An account, in small letters, and since when it is known to be there (ISO 8601). */
export interface Account {
  readonly name: string;
  readonly since: string;
}

/** The person is told one sentence for all of these; the log of the relay says which, for the DSI. */
type Unknown =
  | 'no-account'
  | 'no-session'
  | 'unknown-session'
  | 'session-over'
  | 'unknown-account'
  | 'account-without-user'
  | 'unknown-login'
  | `other-${string}`;
const unknown = (reason: Unknown): Refusal => new Refusal('ERR_KIT_ACCOUNT', undefined, reason);

/** Throws ERR_KIT_ACCOUNT when nobody can be named. */
export function accountOf(request: IncomingMessage, identify: Identify | undefined, now: Date): Account {
  const named = (name: unknown, since = now.toISOString()): Account => {
    if (typeof name !== 'string' || name === '' || name.length > 250) throw unknown('no-account');
    return { name: name.toLowerCase(), since };
  };
  if (identify?.by === 'proxy-header')
    return named(identify.from.includes(plain(request.socket.remoteAddress)) ? request.headers[identify.header] : undefined);
  if (identify?.by === 'session-file') {
    const secret = request.headers['passerelle-session'];
    if (secret === undefined) throw unknown('no-session');
    const session = sessionOf(identify.folder, secret);
    if (!session) throw unknown('unknown-session');
    if (!(Date.parse(session.until) > now.getTime())) throw unknown('session-over');
    return named(session.account, session.since);
  }
  // The socket is there only when the certificate was signed by the authority of the settings.
  const socket = request.socket;
  return named(identify && socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate().subject?.CN : undefined);
}

/** Of IPv6 sockets that took an IPv4 connection. */
const plain = (address = ''): string => address.replace(/^::ffff:/, '');

interface Session {
  readonly account: string;
  readonly since: string;
  readonly until: string;
}

/** What the login script of the site wrote under the SHA-256 of a secret's text, in hexadecimal: whoever reads the folder learns no secret. */
function sessionOf(folder: string, secret: string | string[] | undefined): Session | undefined {
  if (typeof secret !== 'string' || !/^[A-Za-z0-9_-]{43,128}$/.test(secret)) return undefined;
  try {
    const file = path.join(folder, `${createHash('sha256').update(secret).digest('hex')}.json`);
    return JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')) as Session;
  } catch {
    return undefined;
  }
}

/** Throws ERR_KIT_ACCOUNT for an account that the site does not know. Read at each call: a person who leaves is out at once. */
export function personOf(accounts: string, name: string): Person {
  const all = Object.entries(JSON.parse(readFileSync(accounts, 'utf8')) as Record<string, Person>);
  const person = all.find(([account]) => account.toLowerCase() === name)?.[1];
  if (!person) throw unknown('unknown-account');
  if (!person.login && !person.rpps) throw unknown('account-without-user');
  return person;
}

/** For a screen, which names the user itself: the one person of the site with this login. */
export function personOfLogin(accounts: string, login: string | undefined): Person {
  const all = Object.values(JSON.parse(readFileSync(accounts, 'utf8')) as Record<string, Person>).filter((one) => one.login === login);
  if (login === undefined || all.length !== 1) throw unknown('unknown-login');
  return all[0]!;
}

/**
 * The call with the user that the site knows. What the product said of the user must be the same, letter for letter.
 * Throws ERR_KIT_ACCOUNT.
 */
export function callOf(said: Call, person: Person, authentication: { readonly method: string; readonly time: string }): Call {
  for (const field of ['login', 'rpps', 'profile'] as const)
    if (said[field] !== undefined && said[field] !== person[field]) throw unknown(`other-${field}`);
  const user = Object.fromEntries(
    (['login', 'rpps', 'family', 'given', 'profile'] as const).map((field) => [
      field,
      person[field] ?? (field === 'family' || field === 'given' ? said[field] : undefined),
    ]),
  );
  return { ...said, ...user, authenticationMethod: authentication.method, authenticationTime: authentication.time };
}
