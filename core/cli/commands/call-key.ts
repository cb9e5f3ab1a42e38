/** `passerelle call key`: the public keys of sites, from the enrolment code to the revocation (SAFETY C8). */
import { Option, type Command } from 'commander';
import type { CallKey } from '../../contract/index.ts';
import { actor, clientOf, fail, jsonOption, printJson, whyOption, withEngine, type Context, type EngineOptions } from '../context.ts';
import type { EngineClient } from '../engine-client.ts';
import { table, type Column } from '../table.ts';
import { shortTime } from '../words.ts';

const STATES: Readonly<Record<CallKey['state'], string>> = { requested: 'à confirmer', active: 'active', revoked: 'révoquée' };
const COLUMNS: readonly Column<CallKey>[] = [
  { title: 'CLÉ', whole: true, value: ({ kid }) => kid },
  { title: 'SITE', value: ({ site }) => site },
  { title: 'ÉTAT', value: ({ state }) => STATES[state] },
  { title: 'DEMANDÉE', value: ({ requestedAt }) => shortTime(requestedAt) },
  { title: 'JUSQUE', value: ({ notAfter }) => (notAfter ? shortTime(notAfter) : '-') },
  { title: 'EMPREINTE', rest: true, value: ({ fingerprint }) => fingerprint },
];

type Flags = EngineOptions & { readonly json?: boolean; readonly site?: string; readonly why?: string; readonly weak?: boolean };

export function addCallKey(call: Command, context: Context): void {
  const key = call.command('key').description('clés des sites / keys of sites');
  const add = <T>(
    command: Command,
    description: string,
    ask: (client: EngineClient, args: readonly string[], flags: Flags) => Promise<T>,
    say: (answer: T) => string,
  ): void => {
    withEngine(command)
      .description(description)
      .addOption(jsonOption())
      .action(async (...given: unknown[]) => {
        const flags = given.at(-2) as Flags;
        try {
          const answer = await ask(await clientOf(flags), given.slice(0, -2) as string[], flags);
          if (flags.json) printJson(context.io, answer);
          else context.io.out(say(answer));
        } catch (error) {
          fail(context, error);
        }
      });
  };
  const one = (answer: CallKey): string => table(context.io, COLUMNS, [answer]);
  add(
    key.command('list').addOption(new Option('--site <finess>', 'd’un site / of one site')),
    'montre les clés / shows the keys',
    async (client, _, { site }) => ({ items: await client.callKeys(site) }),
    ({ items }) => (items.length > 0 ? table(context.io, COLUMNS, items) : 'Aucune clé / no key.\n'),
  );
  add(
    key
      .command('invite')
      .argument('<finess>')
      .addOption(new Option('--weak', 'clé d’un seul poste, sans relais : ne crée rien / of one workstation')),
    "donne un code d'enrôlement au contact d'un site / gives an enrolment code for the contact of a site",
    (client, [site = ''], { weak }) => client.inviteKey({ site, ...(weak && { weak }), ...actor() }),
    ({ code, site, expiresAt }) =>
      `${code}\n  Pour le contact du site ${site}, par un autre canal que le kit ; bon une fois, jusqu'au ${shortTime(expiresAt)}.\n` +
      `  For the contact of the site, by another channel than the kit; good once.\n`,
  );
  add(
    key.command('confirm').argument('<kid>').argument('<fingerprint>', 'lue au téléphone, entre guillemets / read out, in quotes'),
    'confirme une clé demandée / confirms a requested key',
    (client, [kid = '', fingerprint = '']) => client.confirmKey({ kid, fingerprint, ...actor() }),
    one,
  );
  add(
    key.command('revoke').argument('<kid>').addOption(whyOption().makeOptionMandatory()),
    'révoque une clé, sur tous les nœuds en moins d’une minute / revokes a key, on every node within a minute',
    (client, [kid = ''], { why = '' }) => client.revokeKey({ kid, why, ...actor() }),
    one,
  );
  add(
    key.command('rotate-engine'),
    'fait une nouvelle clé de chiffrement du moteur / makes a new encryption key of the engine',
    (client) => client.rotateEngineKey(actor()),
    ({ keys }) => `${keys.map(({ kid }) => kid).join('\n')}\n`,
  );
}
