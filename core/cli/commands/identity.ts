/** `passerelle identity ...`: shows one identity with its sources, decides a task, undoes a merge. Every look has a reason, which is audited. */
import { Option, type Command } from 'commander';
import { NEVER_ACCEPTED, PasserelleError, type IdentityStatement, type IdentityTaskDetail, type IdentityView } from '../../contract/index.ts';
import { actor, clientOf, fail, jsonOption, printJson, whyOption, withEngine, type Context, type EngineOptions } from '../context.ts';
import type { Io } from '../io.ts';
import { printable, style, table, type Column } from '../table.ts';
import { localTime } from '../words.ts';
import { TASK_FIXES, TASK_WORDS } from './identities.ts';

interface Options extends EngineOptions {
  readonly json?: boolean;
  readonly why?: string;
  readonly accept?: boolean;
  readonly reject?: boolean;
  readonly question?: string;
}

/** Commander hands options that stand before the name of a subcommand to the command above it. */
const optionsOf = (command: Command): Options => command.optsWithGlobals();

export function addIdentity(program: Command, context: Context): void {
  const run =
    (act: (command: Command, ...names: string[]) => Promise<void>) =>
    async (...given: unknown[]): Promise<void> => {
      try {
        await act(given.at(-1) as Command, ...(given.slice(0, -2) as string[]));
      } catch (error) {
        fail(context, error);
      }
    };
  const identity = program.command('identity').description('identités : voir, décider, défaire / identities: look, decide, undo');
  withEngine(identity.command('show', { isDefault: true }).argument('<domain>', "domaine d'identité / identity domain").argument('<ipp>', 'IPP'))
    .description("montre l'identité connue et qui l'a dite / shows the identity on file and who said it")
    .addOption(whyOption())
    .addOption(jsonOption())
    .action(
      run(async (command, domain = '', ipp = '') => {
        const options = optionsOf(command);
        const view = await (await clientOf(options)).identity({ domain, ipp, reason: reasonOf(options), ...actor() });
        if (options.json) printJson(context.io, view);
        else printView(context.io, view);
      }),
    );
  withEngine(identity.command('task').argument('<id>', 'message qui attend / message that waits'))
    .description('montre une tâche, ou la décide / shows a task, or decides it')
    .addOption(new Option('--accept', 'ce que dit le message compte / what the message says counts').conflicts('reject'))
    .addOption(new Option('--question <code>', 'avec --accept : la question lue dans la tâche / with --accept: the question read in the task'))
    .addOption(new Option('--reject', 'le message est écarté, rien ne change / the message is discarded, nothing changes'))
    .addOption(whyOption())
    .addOption(jsonOption())
    .action(
      run(async (command, id = '') => {
        const options = optionsOf(command);
        const client = await clientOf(options);
        const why = reasonOf(options);
        const verb = options.accept ? 'accept' : options.reject ? 'reject' : undefined;
        const question = verb === 'accept' && options.question !== undefined ? { question: options.question } : {};
        const task = verb ? await client.answerIdentityTask(id, verb, { ...question, why, ...actor() }) : await client.identityTask(id, why);
        if (options.json) printJson(context.io, task);
        else if (verb === undefined) printTask(context.io, task as IdentityTaskDetail);
        else
          context.io.out(
            verb === 'accept'
              ? `${id} accepté, décidé de nouveau / accepted, decided again.\n`
              : `${id} rejeté et écarté / rejected and discarded.\n`,
          );
      }),
    );
  withEngine(
    identity.command('undo').argument('<domain>', "domaine d'identité / identity domain").argument('<ipp>', 'numéro fusionné / absorbed number'),
  )
    .description('défait une fusion / undoes a merge')
    .addOption(whyOption())
    .action(
      run(async (command, domain = '', ipp = '') => {
        const options = optionsOf(command);
        const { discarded, told, tasks, alsoMerged } = await (await clientOf(options)).unmerge({ domain, ipp, why: reasonOf(options), ...actor() });
        context.io.out('Fusion défaite.\nMerge undone.\n');
        for (const number of alsoMerged) {
          const other = printable(`${number.domain} ${number.ipp}`);
          context.io.out(
            `Le même message a aussi fusionné ${other}, et cette fusion demeure : la défaire elle aussi (passerelle identity undo ${other}), si ce sont deux personnes.\nThe same message merged ${other} too, and that merge stands: undo it as well, if these are two people.\n`,
          );
        }
        if (discarded.length > 0) context.io.out(`Ne part plus : ${discarded.join(', ')}.\nDoes not leave any more: ${discarded.join(', ')}.\n`);
        if (told.length > 0)
          context.io.out(
            `Déjà annoncée à ${told.join(', ')} : appeler ces destinataires, aucun message ne défait une fusion, puis répondre à ${tasks.join(', ')}. D’ici là, ce qui nomme ce numéro ne leur part pas.\nTold to ${told.join(', ')} already: call those receivers, no message undoes a merge, then answer ${tasks.join(', ')}. Until then what names the number does not leave for them.\n`,
          );
      }),
    );
}

function reasonOf({ why }: Options): string {
  if (!why) throw new PasserelleError('ERR_REASON_MISSING');
  return why;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : value === null ? '(absent)' : JSON.stringify(value));
const origin = ({ source, at }: IdentityStatement): string => [source, at && localTime(at)].filter(Boolean).join(', ') || '-';

type Row = readonly [string, IdentityStatement];
const ATTRIBUTES: readonly Column<Row>[] = [
  { title: 'ATTRIBUT', value: ([name]) => name },
  { title: 'DIT PAR', value: ([, statement]) => origin(statement) },
  { title: 'VALEUR', rest: true, value: ([, { value }]) => text(value) },
];
const DIFFERENCES: readonly Column<IdentityTaskDetail['differences'][number]>[] = [
  { title: 'ATTRIBUT', value: ({ attribute }) => attribute },
  { title: 'CONNU', value: ({ onFile }) => text(onFile.value) },
  { title: 'DE', value: ({ onFile }) => origin(onFile) },
  { title: 'REÇU', value: ({ received }) => text(received.value) },
  { title: 'DE', value: ({ received }) => origin(received) },
];

function printView(io: Io, view: IdentityView): void {
  const say = (line: string): void => io.out(`${printable(line)}\n`);
  io.out(`${style(io, 'bold', printable(`${view.domain}  ${view.ipp}`))}\n`);
  if (view.into) {
    const { kind, ipp, message, accepted: by } = view.into;
    say(
      `${kind === 'change-id' ? 'changé pour / changed for' : 'fusionné dans / absorbed by'} ${ipp} (${message})${by ? `, acceptée par / accepted by ${by.who}, ${localTime(by.at)} : ${by.why}` : ''}`,
    );
  }
  if (view.absorbed.length > 0) say(`a absorbé / absorbed ${view.absorbed.map(({ ipp }) => ipp).join(', ')}`);
  for (const { ipp, who, why, undoneAt } of view.undone) say(`fusion dans ${ipp} défaite par ${who}, ${localTime(undoneAt)} : ${why}`);
  if (view.links.length > 0) say(`rapproché de / linked to ${view.links.map(({ domain, ipp }) => `${domain} ${ipp}`).join(', ')}`);
  if (view.ins)
    say(`INS ${view.ins.standing === 'contract' ? 'qualifiée, sous contrat' : 'affirmée par son émetteur / claimed'} (${view.ins.source})`);
  if (view.tasks.length > 0) say(`à décider / to decide: ${view.tasks.join(', ')}`);
  io.out(table(io, ATTRIBUTES, Object.entries(view.attributes)));
}

function printTask(io: Io, task: IdentityTaskDetail): void {
  io.out(`${style(io, 'bold', printable(`${task.id}  ${TASK_WORDS[task.kind]}`))}\n`);
  for (const { domain, ipp, as, patient } of task.candidates) {
    const ins = patient['ins'] ? `, INS ${text(patient['ins'])} (${text(patient['insStatus'] ?? '-')})` : '';
    io.out(`${printable(`${as === 'on file' ? 'connu / on file' : 'reçu / received'}: ${domain} ${ipp}${ins}`)}\n`);
  }
  io.out(table(io, DIFFERENCES, task.differences));
  const { length } = task.alike;
  if (length > 0)
    io.out(
      `${printable(`Autres messages qui demandent la même chose : ${length}. Une réponse vaut pour tous. / Other messages that ask the same: ${length}. One answer is for all.`)}\n`,
    );
  const fix = TASK_FIXES[task.kind];
  if (task.state === 'open' && fix) io.out(`${printable(fix.fr)}\n${printable(fix.en)}\n`);
  const accept = NEVER_ACCEPTED.has(task.kind)
    ? `passerelle replay ${task.id}`
    : `passerelle identity task ${task.id} --accept${task.question ? ` --question ${task.question}` : ''} --why "..."`;
  if (task.state === 'open') io.out(`  Ensuite / next:\n    ${accept}\n    passerelle identity task ${task.id} --reject --why "..."\n`);
}
