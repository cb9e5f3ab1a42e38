/** `passerelle call key`: the public keys of sites, from the enrolment code to the revocation (SAFETY C8). */
import { Option, type Command } from 'commander';
import { PasserelleError, type CallKey, type CallsFace } from '../../contract/index.ts';
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
  { title: 'EMPREINTE DU SITE', rest: true, value: ({ fingerprint }) => fingerprint },
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
    key
      .command('confirm')
      .argument('<kid>', 'la CLÉ de call key list / of call key list')
      .argument('<empreinte-du-site>', 'lue au téléphone, entre guillemets / fingerprint of the site, read out, in quotes'),
    'confirme une clé demandée / confirms a requested key',
    (client, [kid = '', fingerprint = '']) => client.confirmKey({ kid, fingerprint, ...actor() }),
    one,
  );
  add(
    key
      .command('revoke')
      .argument('[kid]', 'la CLÉ de call key list / of call key list')
      .addOption(new Option('--site <finess>', 'toutes les clés de ce site / every key of this site'))
      .addOption(whyOption().makeOptionMandatory()),
    'révoque une clé et celles qu’elle a signées, sur tous les nœuds en moins d’une minute / revokes a key and those it signed for, on every node within a minute',
    (client, [kid], flags) => revoke(client, kid, flags),
    (answer) => saidOf(answer, table(context.io, COLUMNS, answer.revoked)),
  );
  key.addHelpText(
    'after',
    `
Exemples / examples:
  passerelle call key confirm KID "1A2B 3C4D ..."
  passerelle call key confirm -- -KID "1A2B ..."    (une CLÉ qui commence par - / that begins with -)
  passerelle call key revoke KID --why "poste volé"
  passerelle call key revoke --site 990001018 --why "serveur compromis"`,
  );
  add(
    key.command('rotate-engine'),
    'fait une nouvelle clé de chiffrement du moteur / makes a new encryption key of the engine',
    (client) => client.rotateEngineKey(actor()),
    ({ keys }) => `${keys.map(({ kid }) => kid).join('\n')}\n`,
  );
}

type Answer = Awaited<ReturnType<CallsFace['revokeKey']>>;
interface Revoked {
  readonly revoked: readonly CallKey[];
  readonly alsoRevoked: readonly string[];
  readonly stillActive: readonly CallKey[];
}

/** One key, or all of a site, asked for or active. */
async function revoke(client: EngineClient, kid: string | undefined, { site, why = '' }: Flags): Promise<Revoked> {
  if ((kid === undefined) === (site === undefined)) throw new PasserelleError('ERR_REQUEST_INVALID', { expected: 'a key, or --site FINESS' });
  const kids = kid !== undefined ? [kid] : (await client.callKeys(site)).flatMap((key) => (key.state === 'revoked' ? [] : key.kid));
  if (kids.length === 0) throw new PasserelleError('ERR_NOT_FOUND', { expected: 'a site with keys that are not revoked' });
  const revoked: Answer[] = [];
  for (const one of kids) revoked.push(await client.revokeKey({ kid: one, why, ...actor() }));
  const also = new Set(revoked.flatMap(({ alsoRevoked }) => alsoRevoked));
  return {
    revoked,
    alsoRevoked: [...also].filter((one) => !kids.includes(one)),
    stillActive: revoked.at(-1)?.stillActive ?? [],
  };
}

/** What is over, and what is not: of a server that was taken, every key was. */
function saidOf({ revoked, alsoRevoked, stillActive }: Revoked, shown: string): string {
  const also = alsoRevoked.length > 0 ? `Et celles qu'elle a signées / and those it signed for: ${alsoRevoked.join(', ')}\n` : '';
  if (stillActive.length === 0) return `${shown}${also}`;
  const left = stillActive.map(({ kid, notAfter }) => `    ${kid}${notAfter ? ` (jusqu'au ${shortTime(notAfter)})` : ''}\n`);
  const site = revoked[0]?.site ?? '';
  return (
    `${shown}${also}Attention : le site ${site} a encore ${left.length} clé${left.length > 1 ? 's actives' : ' active'} :\n${left.join('')}` +
    `  Si le serveur est compromis, ${left.length > 1 ? 'les' : 'la'} révoquer aussi : passerelle call key revoke --site ${site} --why "..."\n` +
    `  The site still has ${left.length} active key${left.length > 1 ? 's' : ''}: if its server is compromised, revoke ${left.length > 1 ? 'them' : 'it'} as well.\n`
  );
}
