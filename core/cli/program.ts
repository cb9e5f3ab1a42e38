/** The command `passerelle` as a whole: its commands, its exit codes. */
import { Command, CommanderError } from 'commander';
import { addAlerts } from './commands/alerts.ts';
import { addApply } from './commands/apply.ts';
import { addBackup } from './commands/backup.ts';
import { addCall } from './commands/call.ts';
import { addCalls } from './commands/calls.ts';
import { addCheck } from './commands/check.ts';
import { addConnectors } from './commands/connectors.ts';
import { addDeliveries } from './commands/deliveries.ts';
import { addDelivery } from './commands/delivery.ts';
import { addDiscard } from './commands/discard.ts';
import { addDoctor } from './commands/doctor.ts';
import { addDocuments } from './commands/documents.ts';
import { addDocument } from './commands/document.ts';
import { addIdentities } from './commands/identities.ts';
import { addIdentity } from './commands/identity.ts';
import { addKit } from './commands/kit.ts';
import { addLane } from './commands/lane.ts';
import { addLanes } from './commands/lanes.ts';
import { addMessage } from './commands/message.ts';
import { addMessages } from './commands/messages.ts';
import { addMove } from './commands/move.ts';
import { addPlan } from './commands/plan.ts';
import { addRender } from './commands/render.ts';
import { addReplay } from './commands/replay.ts';
import { addRestore } from './commands/restore.ts';
import { addSend } from './commands/send.ts';
import { addStart } from './commands/start.ts';
import { addTranslate } from './commands/translate.ts';
import { addWhere } from './commands/where.ts';
import { fail, type Context } from './context.ts';
import type { Io } from './io.ts';
import type { CliServices } from './services.ts';
import { wrongUsage } from './usage.ts';

/** In the order of the help: run, set up, try, look, decide, keep. */
const COMMANDS = [
  addStart,
  addDoctor,
  addCheck,
  addPlan,
  addApply,
  addSend,
  addTranslate,
  addRender,
  addDocument,
  addAlerts,
  addMessages,
  addMessage,
  addWhere,
  addDocuments,
  addDeliveries,
  addLanes,
  addLane,
  addReplay,
  addDiscard,
  addDelivery,
  addIdentities,
  addIdentity,
  addCall,
  addCalls,
  addConnectors,
  addKit,
  addBackup,
  addRestore,
  addMove,
];

export interface CliParts {
  readonly version: string;
  readonly compose: () => Promise<CliServices>;
  /** Runs an engine, which loads itself what is installed, in the order it needs it. */
  readonly start: Context['start'];
  readonly io: Io;
}

/** Runs one command line (without node and script). Answers its exit code: 0 done, 1 failed, 2 wrong usage or invalid input. */
export async function runCli(args: readonly string[], { version, compose, start, io }: CliParts): Promise<0 | 1 | 2> {
  let composed: Promise<CliServices> | undefined;
  const context: Context = { io, version, start, exitCode: 0, services: () => (composed ??= compose()) };
  const program = new Command('passerelle')
    .description('Moteur d’intégration entre un hôpital et le dossier de cancérologie\nIntegration engine between a hospital and the cancer record')
    .version(version, '-V, --version', 'version')
    .helpOption('-h, --help', 'aide / help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      getOutHelpWidth: () => io.width,
      outputError: (text, write) => write(wrongUsage(text, named(program, args))),
    });
  for (const add of COMMANDS) add(program, context);
  for (const one of groups(program)) one.helpCommand('help [command]', 'aide / help');
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    fail(context, error);
  }
  return context.exitCode;
}

const groups = (command: Command): readonly Command[] => (command.commands.length > 0 ? [command, ...command.commands.flatMap(groups)] : []);

/** The words of a command line that are commands: where its right usage is told. */
function named(program: Command, args: readonly string[]): readonly string[] {
  const words: string[] = [];
  for (let at: Command | undefined = program; (at = at.commands.find((one) => one.name() === args[words.length]));) words.push(at.name());
  return words;
}
