/** Settings of the relay (`relais.json`): read once, refused with the name of what is wrong; relative paths are those of its folder. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** How the account of whoever asks is known, and by whom it is asserted: README of the relay. */
export type Identify =
  | { readonly by: 'proxy-header'; readonly header: string; readonly from: readonly string[] }
  | { readonly by: 'session-file'; readonly folder: string }
  | { readonly by: 'client-certificate' };

export interface RelaySettings {
  readonly listen: {
    readonly address: string;
    readonly port: number;
    /** PEM files. Without them the relay listens on loopback only. */
    readonly certificate?: string;
    readonly key?: string;
    /** PEM of who signs the certificates of accounts. */
    readonly clientAuthority?: string;
  };
  /** Exactly what clients write as Host: anything else is a page that had a name point here. */
  readonly hosts: readonly string[];
  /** `passerelle.json` of the client: address of the engine, key of the site. */
  readonly client: string;
  /** JSON file: account -> who it is. Read at each call. */
  readonly accounts?: string;
  /** For the programs of workstations. */
  readonly identify?: Identify;
  /** For screens of a web product on this machine (SAFETY C6). */
  readonly forms?: {
    readonly origins: readonly string[];
    readonly secretFile: string;
    /** How the product authenticates its users. Never a strong proof (CPS, e-CPS, Pro Santé Connect): a form does not say when, and one of this morning would be one of now. */
    readonly authenticationMethod: string;
    /** Without `identify`, outside test: the secret itself is taken from a page, which any user can read in their own and use for another login. */
    readonly weakStaticSecret?: boolean;
  };
  readonly perAccountPerMinute: number;
  readonly log?: string;
}

export class SettingsError extends Error {}

/** Ways to authenticate whose age nothing depends on. */
const WEAK = ['password', 'os-account', 'other'];
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

export function relaySettings(file: string): RelaySettings {
  const folder = path.dirname(path.resolve(file));
  if (!existsSync(file))
    throw new SettingsError(
      `${path.resolve(file)} n'existe pas : se placer dans le dossier relais du kit, ou nommer le fichier (relais/relais.json)`,
    );
  const said = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')) as Partial<RelaySettings>;
  const at = (name: string): string => path.resolve(folder, name);
  const need = (right: unknown, name: string): void => {
    if (!right) throw new SettingsError(`réglage absent ou faux : ${name}`);
  };
  const { listen, hosts, client, accounts, identify, forms, perAccountPerMinute = 30, log } = said;
  need(listen && typeof listen.address === 'string' && Number.isInteger(listen.port), 'listen');
  need(Boolean(listen!.certificate) === Boolean(listen!.key), 'listen.key');
  need(listen!.certificate || LOOPBACK.includes(listen!.address), "listen.certificate (obligatoire dès que l'adresse n'est pas locale)");
  need(Array.isArray(hosts) && hosts.length > 0, 'hosts');
  need(typeof client === 'string', 'client');
  need(identify || forms, 'identify ou forms');
  need(typeof accounts === 'string', 'accounts');
  need(identify === undefined || ['proxy-header', 'session-file', 'client-certificate'].includes(identify.by), 'identify.by');
  if (identify?.by === 'proxy-header')
    need(/^[a-z][a-z0-9-]+$/.test(identify.header) && Array.isArray(identify.from) && identify.from.length > 0, 'identify.from');
  if (identify?.by === 'client-certificate') need(listen!.clientAuthority, 'listen.clientAuthority');
  need(
    !forms ||
      (Array.isArray(forms.origins) && forms.origins.every((origin) => /^(?:https:\/\/[a-z0-9.-]+|http:\/\/127\.0\.0\.1)(:\d+)?$/.test(origin))),
    'forms.origins (https://HÔTE[:PORT] ; en test, http://127.0.0.1[:PORT])',
  );
  need(!forms || identify || LOOPBACK.includes(listen!.address), "forms (avec identify, ou sur l'adresse locale seulement)");
  need(
    !forms || WEAK.includes(forms.authenticationMethod),
    `forms.authenticationMethod (${WEAK.join(', ')} : un formulaire ne dit pas quand l'utilisateur s'est authentifié, une preuve forte y passerait toujours pour nouvelle)`,
  );
  need([undefined, true, false].includes(forms?.weakStaticSecret), 'forms.weakStaticSecret');
  need(Number.isInteger(perAccountPerMinute) && perAccountPerMinute > 0, 'perAccountPerMinute');
  const paths = [client, accounts, listen!.certificate, listen!.key, listen!.clientAuthority, forms?.secretFile].filter((one) => one !== undefined);
  for (const one of paths) need(isKeptBySomeone(at(one)), `${one} (illisible, ou modifiable par d'autres comptes : chmod 600 ${at(one)})`);
  // In clear, on this very machine: for trials. Pages of people come over TLS.
  const { environment } = JSON.parse(readFileSync(at(client!), 'utf8').replace(/^\uFEFF/, '')) as { readonly environment?: unknown };
  need(environment === 'test' || !forms?.origins.some((origin) => origin.startsWith('http:')), 'forms.origins (https, hors test)');
  return {
    listen: {
      ...listen!,
      ...(listen!.certificate && { certificate: at(listen!.certificate), key: at(listen!.key!) }),
      ...(listen!.clientAuthority && { clientAuthority: at(listen!.clientAuthority) }),
    },
    hosts: hosts!,
    client: at(client!),
    perAccountPerMinute,
    accounts: at(accounts!),
    ...(identify && { identify: identify.by === 'session-file' ? { ...identify, folder: at(identify.folder) } : identify }),
    ...(forms && { forms: { ...forms, secretFile: at(forms.secretFile) } }),
    ...(log && { log: at(log) }),
  };
}

/** There, and written by its owner only. Windows has no such mode: there the guide sets the access list. */
export function isKeptBySomeone(file: string): boolean {
  try {
    return process.platform === 'win32' || (statSync(file).mode & 0o022) === 0;
  } catch {
    return false;
  }
}
