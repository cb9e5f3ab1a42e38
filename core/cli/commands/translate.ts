/** `passerelle translate`: bytes to one JSON object per message, one per line; why one is refused is said on standard error too. Needs no engine. */
import type { Command } from 'commander';
import { PasserelleError } from '../../contract/index.ts';
import { fail, printError, type Context } from '../context.ts';
import { readTranslation, withTranslation, type TranslationFlags } from '../translation-options.ts';
import { readInput } from './send.ts';

export function addTranslate(program: Command, context: Context): void {
  withTranslation(program.command('translate').argument('<file>', 'fichier, ou - / file, or -'))
    .description('traduit des messages reçus en événements / bytes to canonical events, one JSON line per message')
    .action(async (file: string, flags: TranslationFlags) => {
      try {
        const options = await readTranslation(flags, context);
        if (!options) return;
        const services = await context.services();
        for await (const translation of services.translate(await readInput(file), options)) {
          context.io.out(`${JSON.stringify(translation)}\n`);
          if (translation.error) printError(context.io, PasserelleError.fromData(translation.error));
        }
      } catch (error) {
        fail(context, error);
      }
    });
}
