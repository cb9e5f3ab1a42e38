/** `passerelle document read|validate FILE`: what a CDA or PDF says of itself, and how it stands to the official rules; needs no engine. */
import { Option, type Command } from 'commander';
import { fail, jsonOption, printJson, type Context } from '../context.ts';
import { readInput } from './send.ts';

export function addDocument(program: Command, context: Context): void {
  const document = program.command('document').description('lit ou vérifie un document / reads or checks a document');
  document
    .command('read')
    .argument('<file>', 'CDA ou PDF, ou - / CDA or PDF, or -')
    .description("imprime l'en-tête du document en JSON / prints the header as JSON")
    .action((file: string) => read(file, context));
  document
    .command('validate')
    .argument('<file>', 'CDA, ou - / CDA, or -')
    .description('vérifie un CDA sur les schémas officiels / checks a CDA against the official schemas')
    .addOption(
      new Option('--rules <dir>', 'dossier de CDA_extended.xsd / folder of the official schemas').makeOptionMandatory().env('PASSERELLE_CDA_RULES'),
    )
    .addOption(jsonOption())
    .action((file: string, flags: { rules: string; json?: boolean }) => validate(file, flags, context));
}

async function read(file: string, context: Context): Promise<void> {
  try {
    const reading = await (await context.services()).readDocument(await readInput(file));
    if (reading.unreadable !== undefined) context.exitCode = 1;
    printJson(context.io, reading);
  } catch (error) {
    fail(context, error);
  }
}

/** Exit 0 valid, 1 findings. */
async function validate(file: string, { rules, json }: { rules: string; json?: boolean }, context: Context): Promise<void> {
  try {
    const findings = await (await context.services()).validateDocument(await readInput(file), rules);
    if (findings.some(({ severity }) => severity === 'error')) context.exitCode = 1;
    if (json) return printJson(context.io, findings);
    const { io } = context;
    if (findings.length === 0) return io.out('Valide sur les schémas / valid against the schemas.\n');
    for (const { severity, message, line } of findings)
      io.out(`${severity === 'error' ? 'erreur' : 'avis'}${line ? ` ligne ${line}` : ''} : ${message}\n`);
  } catch (error) {
    fail(context, error);
  }
}
