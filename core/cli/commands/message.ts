/** `passerelle message ID`: what happened to one message, why, and what to type next. */
import type { Command } from 'commander';
import type { DocumentCheck, ErrorData, MessageTimeline } from '../../contract/index.ts';
import { CATALOGUE, inFrench } from '../../contract/index.ts';
import { clientOf, fail, jsonOption, printJson, withEngine, type Context, type EngineOptions } from '../context.ts';
import type { Io } from '../io.ts';
import { behindWords, nextForDelivery, nextForMessage, shownWords } from '../next-steps.ts';
import { printable, style, wrap } from '../table.ts';
import { STATE_WORDS, doneWord, errorSentence, localTime } from '../words.ts';

export function addMessage(program: Command, context: Context): void {
  withEngine(program.command('message').argument('<id>', 'message ou remise / message or delivery'))
    .description("raconte ce qu'est devenu un message / tells what became of a message")
    .addOption(jsonOption())
    .action(async (id: string, options: EngineOptions & { json?: boolean }) => {
      try {
        const story = await (await clientOf(options)).timeline(id);
        if (options.json) printJson(context.io, story);
        else printStory(context.io, story);
      } catch (error) {
        fail(context, error);
      }
    });
}

const INDENT = ' '.repeat(21);

function printStory(io: Io, { message, deliveries, timeline, checks = [], unchecked }: MessageTimeline): void {
  const { id, type, controlId, site, connector, connectorVersion, lane, peer, bytes, state, ack, retransmissions } = message;
  const say = (text: string): void => io.out(`${printable(text)}\n`);
  io.out(`${style(io, 'bold', printable(['Message', id, type, controlId].filter(Boolean).join('  ')))}\n`);
  say(`site ${site}, ${connector} ${connectorVersion}, file ${lane}, de ${peer}, ${bytes} octets`);
  say(`${STATE_WORDS[state]} (${state})${ack ? `, répondu ${ack}` : ''}${retransmissions > 0 ? `, réémis ${retransmissions} fois` : ''}`);
  io.out('\n');
  for (const { at, what, delivery, detail, error } of timeline) {
    say(`${localTime(at)}  ${doneWord(what)}${delivery ? `  ${delivery}` : ''}${detail ? `  ${detail}` : ''}`);
    // The reason of the message itself is explained below.
    if (error && error.code !== message.error?.code) io.out(`${wrap(printable(errorSentence(error)), io.width, INDENT)}\n`);
  }
  if (message.error) explain(io, sentence(STATE_WORDS[state]), message.error, nextForMessage(message));
  else next(io, nextForMessage(message));
  for (const delivery of deliveries) {
    const steps = nextForDelivery(delivery);
    const shown = shownWords(delivery);
    if (steps.length === 0 && !shown) continue;
    const words = [STATE_WORDS[delivery.state], behindWords(delivery), shown].filter(Boolean).join(', ');
    explain(io, `Remise ${delivery.id} vers ${delivery.lane} : ${words}`, delivery.error, steps);
  }
  for (const check of checks) printCheck(io, check);
  if (unchecked) io.out(`\n${wrap(UNCHECKED[unchecked], io.width)}\n`);
}

const UNCHECKED: Readonly<Record<NonNullable<MessageTimeline['unchecked']>, string>> = {
  waiting: 'Documents : vérification à venir / to be checked.',
  'not-made': 'Documents non vérifiés / not checked. À la main / by hand : passerelle document validate FICHIER',
};

/** What the official rules say of its documents: a diagnosis, nothing to decide. */
function printCheck(io: Io, { part, at, errors, warnings, findings }: DocumentCheck): void {
  const counts = errors + warnings === 0 ? 'conforme / valid' : `${errors} erreur(s) / error(s), ${warnings} avis / warning(s)`;
  io.out(`\n${style(io, 'bold', printable(`Document ${part}, vérifié / checked ${localTime(at)} : ${counts}`))}\n`);
  for (const { severity, rules, message, line } of findings)
    io.out(
      `${wrap(printable(`${severity === 'error' ? 'erreur' : 'avis'} ${rules ?? ''}${line ? ` ligne ${line}` : ''} : ${inFrench(message)}`), io.width, '  ')}\n`,
    );
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

function explain(io: Io, title: string, error: ErrorData | undefined, steps: readonly string[]): void {
  io.out(`\n${style(io, 'bold', printable(title))}\n`);
  const entry = error && CATALOGUE[error.code];
  if (error) io.out(`  Motif / why :\n${wrap(printable(errorSentence(error)), io.width, '    ')}\n`);
  if (entry) io.out(`  À faire / fix :\n${wrap(entry.fix.fr, io.width, '    ')}\n`);
  next(io, steps);
}

function next(io: Io, steps: readonly string[]): void {
  if (steps.length > 0) io.out(`  Ensuite / next :\n${steps.map((step) => `    ${step}\n`).join('')}`);
}
