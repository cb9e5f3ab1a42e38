/** What passes and what does not, step by step, before anybody clicks: `node relais.mjs --verifier`. Nothing is signed, nobody is named. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { Passerelle } from '../clients/javascript/passerelle.ts';
import { request } from '../clients/javascript/request.ts';
import { fingerprint, UNREACHED } from '../enrolment/enrol.ts';
import type { Person } from './accounts.ts';
import { dialectOf } from './dialect.ts';
import { isKeptBySomeone, relaySettings, SettingsError, type RelaySettings } from './settings.ts';

/** The engine tells nobody the state of a key: only a call says whether it is good. */
const UNTOLD =
  "NON VU   le référent a-t-il confirmé la clé, ou l'a-t-il révoquée ? Cette vérification ne le dit pas : demandez-le-lui, ou faites un premier appel.";

/** Prints one line for each step, then what no step can see; false at the first that fails. */
export async function verifyRelay(file: string, tell: (line: string) => void): Promise<boolean> {
  const steps: readonly (readonly [string, () => string | Promise<string>])[] = [
    ['réglages', () => path.basename((settings = relaySettings(file)).client)],
    [
      'clé du site',
      () => `empreinte ${fingerprint(createPrivateKey(readFileSync((client = Passerelle.fromFile(settings.client)).settings.keyFile)))}`,
    ],
    ['comptes', () => `${people(settings.accounts!)} personnes`],
    ['façon de reconnaître le compte', () => identified(settings)],
    ['lecture du produit', async () => ((await dialectOf(path.dirname(file))) ? 'dialecte.mjs' : 'aucun dialecte : champs des clients seulement')],
    ['moteur', () => reached(client.settings)],
  ];
  let settings!: ReturnType<typeof relaySettings>;
  let client!: Passerelle;
  for (const [step, run] of steps)
    try {
      tell(`bon      ${step} : ${await run()}`);
    } catch (error) {
      tell(`MAUVAIS  ${step} : ${(error as { detail?: string }).detail ?? (error as Error).message}`);
      return false;
    }
  tell(UNTOLD);
  return true;
}

function identified({ identify }: RelaySettings): string {
  if (identify?.by !== 'session-file') return identify?.by ?? 'login du formulaire';
  const { folder } = identify;
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new SettingsError(`dossier des sessions absent : ${folder}. Le créer ; le compte qui ouvre les sessions seul y écrit`);
  if (!isKeptBySomeone(folder)) throw new SettingsError(`dossier des sessions modifiable par d'autres comptes : ${folder}`);
  return `session-file, ${path.basename(folder)}`;
}

function people(file: string): number {
  const all = Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Person>);
  const nobody = all.find(([, { login, rpps }]) => !login && !rpps);
  if (nobody) throw new Error(`le compte ${nobody[0]} n'a ni login ni RPPS`);
  return all.length;
}

async function reached(settings: Passerelle['settings']): Promise<string> {
  const answer = await request(settings, 'v1/keys');
  if (answer.status === 0) throw new Error(`${settings.url}/v1/keys ne répond pas (${answer.unreached}) : ${UNREACHED[answer.unreached!]}`);
  if (answer.status !== 200 || !Array.isArray(answer.json?.['keys'])) throw new Error(`${settings.url}/v1/keys répond ${answer.status}, sans clé`);
  const [links, ours] = [answer.json['origin'], new URL(settings.url).origin];
  // An engine of before says nothing of it.
  if (typeof links === 'string' && links !== ours)
    throw new Error(
      `le moteur donne ses liens sur ${links}, ce kit attend ${ours} : demander un kit neuf au référent (enrolement.fr.md, « Remplacer un kit »)`,
    );
  return `${settings.url} répond`;
}
