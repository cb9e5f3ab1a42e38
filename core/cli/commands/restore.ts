/** `passerelle restore`: a backup into an empty place, and what a person has to know before the engine starts on it. */
import { Option, type Command } from 'commander';
import { restoreBackup, type JournalPlace, type Restored } from '../../backup/index.ts';
import { dataOption, fail, journalOption, jsonOption, printJson, type Context } from '../context.ts';
import { localTime } from '../words.ts';

interface Options {
  readonly data: string;
  readonly journal?: string;
  readonly hold: boolean;
  readonly json?: boolean;
}

export function addRestore(program: Command, context: Context): void {
  program
    .command('restore')
    .argument('<backup>', 'dossier de la sauvegarde / folder of the backup')
    .description('restaure une sauvegarde dans un endroit vide / restores a backup into an empty place')
    .addOption(dataOption())
    .addOption(journalOption())
    .addOption(new Option('--no-hold', "ne pas suspendre les files d'envoi / do not pause the delivery lanes"))
    .addOption(jsonOption())
    .action(async (backup: string, { data, journal, hold, json }: Options) => {
      try {
        const place = (await context.services()).journalAt(journal ?? data);
        const restored = await restoreBackup({ backup, data, place, hold, at: new Date().toISOString() });
        const waiting = await waitingIn(place);
        if (json) printJson(context.io, { ...restored, waiting });
        else context.io.out(summary(restored, waiting, journal ?? data));
      } catch (error) {
        fail(context, error);
      }
    });
}

type Waiting = Readonly<Record<'received' | 'queued' | 'sending', number>>;

/** What the engine will go on with. */
async function waitingIn({ store, address }: JournalPlace): Promise<Waiting> {
  const journal = await store.open(address);
  const lanes = await journal.lanes().finally(() => journal.close());
  const sum = (state: keyof Waiting): number => lanes.reduce((total, { counts }) => total + (counts[state] ?? 0), 0);
  return { received: sum('received'), queued: sum('queued'), sending: sum('sending') };
}

function summary({ manifest: { tag, point, tables }, paused }: Restored, { received, queued, sending }: Waiting, where: string): string {
  const at = localTime(point.at);
  const held =
    paused.length > 0
      ? [
          `  Files d'envoi suspendues : ${paused.join(', ')}. Démarrer le moteur, vérifier chez les destinataires ce qui leur est déjà parvenu,`,
          '  puis « passerelle lane resume NOM » pour chacune.',
          '  These delivery lanes are paused. Start the engine, check at the receivers what they already have, then "passerelle lane resume NAME" for each.',
        ]
      : [
          "  ATTENTION : aucune file d'envoi n'est suspendue ; au démarrage, ce qui attendait part aussitôt.",
          '  CAUTION: no delivery lane is paused; at start, what waited leaves at once.',
        ];
  return `${[
    `Journal ${tag} restauré / restored: ${where}`,
    `  ${tables['message']?.rows} messages, ${tables['delivery']?.rows} remises / deliveries ; relu et comparé / read back and compared`,
    `  État au / state as of: ${at}`,
    `  1. Rien de ce qui a été reçu après le ${at} n'y est : demander aux émetteurs de renvoyer depuis cette heure. Ce qui y est déjà sera reconnu (30 jours).`,
    `     Nothing received after ${at} is in it: ask the senders to send again from then on. What is already there is recognised (30 days).`,
    `  2. À cette heure ${queued} remises attendaient et ${sending} étaient en cours, ${received} messages n'étaient pas traduits. Elles ont pu être faites depuis, et`,
    '     peuvent donc arriver une deuxième fois ; un destinataire qui reconnaît les identifiants de message (MSH-10) ne les prendra pas deux fois.',
    `     At that time ${queued} deliveries waited, ${sending} were on their way and ${received} messages were not decoded. They may have been made since, and so may arrive`,
    '     a second time; a receiver that recognises message control ids (MSH-10) does not take them twice.',
    ...held,
  ].join('\n')}\n`;
}
