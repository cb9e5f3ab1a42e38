/** `passerelle backup`: everything needed to start again elsewhere, from a running engine or from a stopped journal. */
import { stat } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { fromWire, keptFiles, recordBackup, writeBackup, type BackupSource, type Manifest } from '../../backup/index.ts';
import { PasserelleError } from '../../contract/index.ts';
import { deliveryId, messageId } from '../../journal/index.ts';
import { actor, clientOf, fail, journalOption, jsonOption, printJson, whyOption, withEngine, type Context, type EngineOptions } from '../context.ts';
import { localTime } from '../words.ts';

interface Options extends EngineOptions {
  readonly output: string;
  readonly journal?: string;
  readonly why?: string;
  readonly json?: boolean;
}

export function addBackup(program: Command, context: Context): void {
  withEngine(program.command('backup'))
    .description('sauvegarde le journal et sa clé / backs up the journal and its key')
    .addOption(new Option('-o, --output <dir>', 'dossier à créer / folder to make').makeOptionMandatory())
    .addOption(journalOption())
    .addOption(whyOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      try {
        const { source, isRunning } = await sourceOf(options, context);
        const manifest = await writeBackup(source, options.output);
        // With --url the engine may be another machine's: what is recorded is what this data directory is asked by `doctor`.
        if (await stat(options.data).catch(() => undefined)) await recordBackup(options.data, { at: manifest.point.at, folder: options.output });
        if (options.json) printJson(context.io, manifest);
        else context.io.out(summary(manifest, options.output, isRunning));
      } catch (error) {
        fail(context, error);
      }
    });
}

/** The running engine when there is one; else the journal itself, which refuses when an engine has it after all. */
async function sourceOf(options: Options, context: Context): Promise<{ source: BackupSource; isRunning: boolean }> {
  try {
    const client = await clientOf(options);
    return { source: await fromWire(await client.backup({ why: options.why ?? 'backup', ...actor() })), isRunning: true };
  } catch (error) {
    if (options.url !== undefined || !(error instanceof PasserelleError) || error.code !== 'ERR_ENGINE_UNREACHABLE') throw error;
  }
  const { store, address } = (await context.services()).journalAt(options.journal ?? options.data);
  const dump = await store.dump(address);
  return { source: { engine: context.version, dump, files: keptFiles(options.data) }, isRunning: false };
}

function summary({ tag, store, point, tables, files }: Manifest, folder: string, isRunning: boolean): string {
  const rows = (table: string): number => tables[table]?.rows ?? 0;
  const [message, delivery] = [messageId(tag, point.message), deliveryId(tag, point.delivery)];
  const key = files['index.key']
    ? [
        "  Contient les clés du moteur (index.key, appels, kits) et des données de santé : à garder aussi protégée que le moteur. Sans jeton d'accès ni secret du paramétrage.",
        '  It holds the keys of the engine (index.key, calls, kits) and health data: keep it as protected as the engine. No access token and no secret of the settings is in it.',
      ]
    : [
        "  ATTENTION : index.key n'a pas été trouvée. Sans elle, les patients et leur ordre ne se retrouvent pas.",
        '  CAUTION: index.key was not found. Without it, patients and their order are not found again.',
      ];
  return `${[
    `Sauvegarde faite / backup made: ${folder}`,
    `  journal ${tag} (${store}), ${isRunning ? 'moteur en marche / running engine' : 'moteur arrêté / stopped engine'}`,
    `  point de cohérence / point of consistency: ${localTime(point.at)} (${message}, ${delivery}, paramétrage / settings ${point.revision})`,
    `  ${rows('message')} messages, ${rows('event')} événements / events, ${rows('delivery')} remises / deliveries`,
    "  Tout ce qui a été enregistré avant ce point y est, rien de ce qui l'a été après.",
    '  All that was stored before this point is in it, nothing that was stored after.',
    ...key,
  ].join('\n')}\n`;
}
