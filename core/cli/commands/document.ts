/** `passerelle document read FILE`: what a CDA or PDF says of itself, as JSON; needs no engine. */
import type { Command } from 'commander';
import { fail, printJson, type Context } from '../context.ts';
import { readInput } from './send.ts';

export function addDocument(program: Command, context: Context): void {
  program
    .command('document')
    .description('lit un document / reads a document')
    .command('read')
    .argument('<file>', 'CDA ou PDF, ou - / CDA or PDF, or -')
    .description("imprime l'en-tête du document en JSON / prints the header as JSON")
    .action(async (file: string) => {
      try {
        const reading = await (await context.services()).readDocument(await readInput(file));
        if (reading.unreadable !== undefined) context.exitCode = 1;
        printJson(context.io, reading);
      } catch (error) {
        fail(context, error);
      }
    });
}
