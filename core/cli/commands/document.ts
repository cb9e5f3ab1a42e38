/** `passerelle document read|validate|write|print FILE`: what a document says, how it stands to the official rules, a CDA of an event, pages of a text; needs no engine. */
import { writeFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { PasserelleError, UNCONFIGURED, inFrench } from '../../contract/index.ts';
import { checkEventData, type Patient } from '../../model/index.ts';
import { loadSiteSettings } from '../../settings/index.ts';
import { fail, jsonOption, printIssues, printJson, type Context } from '../context.ts';
import { eventsOf } from './render.ts';
import { readInput } from './send.ts';

export function addDocument(program: Command, context: Context): void {
  const document = program.command('document').description('lit, vérifie, écrit ou imprime un document / reads, checks, writes or prints a document');
  document
    .command('read')
    .argument('<file>', 'CDA, PDF, JPEG ou PNG, archive IHE_XDM, courriel (.eml), ou - / archive, mail, or -')
    .description(
      'en-tête, pages et datamatrix INS, en JSON ; METADATA.XML comparé au contenu / header, pages, INS datamatrix; metadata held to content',
    )
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
    .command('write')
    .argument('<event>', "événement d'un document, ou - / event of a document, or -")
    .description('en fait un CDA : N3 de son contenu, sinon N1 autour du PDF / makes a CDA of it: N3 of its content, else N1 around the PDF')
    .addOption(new Option('--pdf <file>', 'contenu à envelopper / content to wrap'))
    .addOption(new Option('--model-version <version>', 'version du modèle ; sans elle la plus récente / version of the model; else the newest'))
    .addOption(
      new Option('--settings <file>', 'paramètres du site : « connector.cda » est ce qui est convenu / site settings').env('PASSERELLE_SETTINGS'),
    )
    .addOption(new Option('--now <time>', 'instant, pour reproduire / instant (ISO 8601)').env('PASSERELLE_NOW'))
    .addOption(new Option('-o, --output <file>', 'fichier de sortie / output file'))
    .action((file: string, flags: WriteFlags) => write(file, flags, context));
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

interface WriteFlags {
  readonly pdf?: string;
  readonly settings?: string;
  readonly modelVersion?: string;
  readonly now?: string;
  readonly output?: string;
}

async function write(file: string, { pdf, settings: place, modelVersion, now, output }: WriteFlags, context: Context): Promise<void> {
  try {
    const { issues, settings = UNCONFIGURED } = place === undefined ? { issues: [] } : await loadSiteSettings(place);
    if (issues.length > 0) {
      context.exitCode = 2;
      return printIssues(context.io, issues);
    }
    const [event, ...others] = eventsOf(await readInput(file), file);
    if (others.length > 0)
      throw new PasserelleError('ERR_REQUEST_INVALID', { location: { file }, expected: 'one event', found: `${others.length + 1}` });
    const bytes = await (
      await context.services()
    ).writeDocument(event, {
      now: new Date(now ?? Date.now()).toISOString(),
      timeZone: settings.timeZone,
      agreed: (settings.connector['cda'] ?? {}) as Record<string, unknown>,
      ...(pdf !== undefined && { content: await readInput(pdf) }),
      ...(modelVersion !== undefined && { modelVersion }),
    });
    if (output === undefined) context.io.out(bytes);
    else await writeFile(output, bytes);
  } catch (error) {
    fail(context, error);
  }
}

/** Exit 1 when it, or what it wraps or carries, cannot be read, names another patient than it should, or is not what is said of it. */
async function read(file: string, event: string | undefined, context: Context): Promise<void> {
  try {
    const patient = event === undefined ? undefined : await patientOf(event);
    const reading = await (await context.services()).readDocument(await readInput(file), patient);
    printJson(context.io, reading);
    if ('documents' in reading) return reading.problems.forEach((one) => fail(context, PasserelleError.fromData(one)));
    if (reading.samePatient?.verdict === 'another') context.exitCode = 1;
    const reason = reading.unreadable ?? reading.wrapped?.unreadable;
    if (reason !== undefined) fail(context, new PasserelleError('ERR_DOCUMENT_UNREADABLE', { location: { file }, found: reason }));
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
        `${severity === 'error' ? 'erreur' : 'avis'}${source ? ` ${source}` : ''}${line ? ` ligne ${line}` : ''} : ${inFrench(message)}${at ? `\n  ${at}` : ''}\n`,
      );
  } catch (error) {
    fail(context, error);
  }
}
