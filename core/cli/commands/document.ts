/** `passerelle document read|validate|print FILE`: what a document says, how it stands to the official rules, and pages of a text; needs no engine. */
import { writeFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { PasserelleError } from '../../contract/index.ts';
import { checkEventData, type Patient } from '../../model/index.ts';
import { fail, jsonOption, printJson, type Context } from '../context.ts';
import { eventsOf } from './render.ts';
import { readInput } from './send.ts';

export function addDocument(program: Command, context: Context): void {
  const document = program.command('document').description('lit, vérifie ou imprime un document / reads, checks or prints a document');
  document
    .command('read')
    .argument('<file>', 'CDA, PDF, JPEG ou PNG, ou - / or -')
    .description('en-tête, pages et datamatrix INS, en JSON / header, pages and INS datamatrix, as JSON')
    .addOption(new Option('--patient <event>', 'événement dont le patient doit être le même / event of the same patient'))
    .action((file: string, { patient }: { patient?: string }) => read(file, patient, context));
  document
    .command('print')
    .argument('<event>', "événement d'un document texte, ou - / event of a text document, or -")
    .description('en fait un PDF/A-1b, avec le datamatrix INS / makes a PDF/A-1b of it, with the INS datamatrix')
    .addOption(new Option('--environment <name>', 'de qui le lira / of its reader').choices(['production', 'test']).default('production'))
    .addOption(new Option('-o, --output <file>', 'fichier de sortie / output file'))
    .action((file: string, flags: { environment: 'production' | 'test'; output?: string }) => print(file, flags, context));
  document
    .command('validate')
    .argument('<file>', 'CDA, ou - / CDA, or -')
    .description('vérifie un CDA sur les schémas et schématrons officiels / checks a CDA against the official schemas and schematrons')
    .addOption(
      new Option('--rules <dir>', 'dossier des règles officielles / folder of the official rules').makeOptionMandatory().env('PASSERELLE_CDA_RULES'),
    )
    .addOption(jsonOption())
    .action((file: string, flags: { rules: string; json?: boolean }) => validate(file, flags, context));
}

/** Exit 1 when it, or what it wraps, cannot be read, or names another patient than it should. */
async function read(file: string, event: string | undefined, context: Context): Promise<void> {
  try {
    const patient = event === undefined ? undefined : await patientOf(event);
    const reading = await (await context.services()).readDocument(await readInput(file), patient);
    const isUnreadable = (reading.unreadable ?? reading.wrapped?.unreadable) !== undefined;
    if (isUnreadable || reading.samePatient?.verdict === 'another') context.exitCode = 1;
    printJson(context.io, reading);
  } catch (error) {
    fail(context, error);
  }
}

async function patientOf(file: string): Promise<Patient> {
  const [event] = eventsOf(await readInput(file), file);
  const { type, data } = event as { readonly type: string; readonly data: { readonly patient?: Patient } };
  const problem = checkEventData(type, data);
  if (problem || !data.patient)
    throw new PasserelleError('ERR_REQUEST_INVALID', {
      location: { file, path: `/data${problem?.path ?? '/patient'}` },
      expected: problem?.rule ?? 'a patient',
    });
  return data.patient;
}

async function print(
  file: string,
  { environment, output }: { environment: 'production' | 'test'; output?: string },
  context: Context,
): Promise<void> {
  try {
    const [event, ...others] = eventsOf(await readInput(file), file);
    if (others.length > 0)
      throw new PasserelleError('ERR_REQUEST_INVALID', { location: { file }, expected: 'one event', found: `${others.length + 1}` });
    const pdf = await (await context.services()).printDocument(event, { environment, now: new Date().toISOString() });
    if (output === undefined) context.io.out(pdf);
    else await writeFile(output, pdf);
  } catch (error) {
    fail(context, error);
  }
}

/** Exit 1 when the schema refuses it; what a schematron says is a warning (SAFETY B9). */
async function validate(file: string, { rules, json }: { rules: string; json?: boolean }, context: Context): Promise<void> {
  try {
    const findings = await (await context.services()).validateDocument(await readInput(file), rules);
    if (findings.some(({ severity }) => severity === 'error')) context.exitCode = 1;
    if (json) return printJson(context.io, findings);
    const { io } = context;
    if (findings.length === 0) return io.out('Valide sur les schémas et schématrons / valid against the schemas and schematrons.\n');
    for (const { severity, rules: source, message, line, at } of findings)
      io.out(
        `${severity === 'error' ? 'erreur' : 'avis'}${source ? ` ${source}` : ''}${line ? ` ligne ${line}` : ''} : ${message}${at ? `\n  ${at}` : ''}\n`,
      );
  } catch (error) {
    fail(context, error);
  }
}
