/** `passerelle send`: sends the messages of files to an address and prints each acknowledgement. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { PasserelleError } from '../../contract/index.ts';
import { readAck } from '../acknowledgement.ts';
import { fail, jsonOption, type Context } from '../context.ts';
import type { Sender } from '../services.ts';
import { printable, style } from '../table.ts';
import { errorSentence } from '../words.ts';

const DEFAULT_TIMEOUT_MS = 30_000;

interface Options {
  readonly to: URL;
  readonly timeout: number;
  readonly json?: boolean;
}

export function addSend(program: Command, context: Context): void {
  program
    .command('send')
    .argument('<file...>', 'fichiers ; un fichier peut tenir plusieurs messages / files of one or several messages')
    .description('envoie des messages et imprime chaque accusé / sends messages, prints each acknowledgement')
    .addOption(new Option('--to <address>', 'mllp://HOTE:PORT').makeOptionMandatory().argParser(parseAddress).env('PASSERELLE_TO'))
    .addOption(
      new Option('--timeout <ms>', "attente d'un accusé / wait for each one")
        .argParser(parseTimeout)
        .default(DEFAULT_TIMEOUT_MS)
        .env('PASSERELLE_TIMEOUT'),
    )
    .addOption(jsonOption())
    .action((files: readonly string[], options: Options) => send(files, options, context));
}

async function send(files: readonly string[], options: Options, context: Context): Promise<void> {
  let sender: Sender | undefined;
  try {
    sender = await (await context.services()).sender(options.to);
    for (const file of files) {
      const messages = sender.split(await readInput(file));
      for (const [index, message] of messages.entries())
        await sendOne(sender, message, { file, number: index + 1, of: messages.length }, options, context);
    }
  } catch (error) {
    fail(context, error);
  } finally {
    await sender?.sink.stop();
  }
}

interface Place {
  readonly file: string;
  readonly number: number;
  readonly of: number;
}

/** One bad message among good ones does not keep the others back; a counterparty that is away does. */
async function sendOne(sender: Sender, message: Uint8Array, place: Place, options: Options, context: Context): Promise<void> {
  const { io } = context;
  const name = `${path.basename(place.file)}${place.of > 1 ? ` #${place.number}` : ''}`;
  try {
    const reply = await sender.sink.send(message, { deadlineMs: options.timeout });
    const ack = readAck(reply.bytes);
    if (ack.code !== 'AA') context.exitCode = context.exitCode === 2 ? 2 : 1;
    if (options.json) return io.out(`${JSON.stringify({ file: place.file, number: place.number, ...ack })}\n`);
    const code = style(io, ack.code === 'AA' ? 'green' : 'red', ack.code ?? 'illisible / unreadable');
    io.out(`${code}  ${printable(name)}  ${printable([ack.controlId, ...ack.errors].filter(Boolean).join('  '))}\n`);
  } catch (thrown) {
    const error = PasserelleError.from(thrown);
    if (error.code === 'ERR_CONNECTION_REFUSED') throw error;
    context.exitCode = context.exitCode === 2 ? 2 : 1;
    if (options.json) io.out(`${JSON.stringify({ file: place.file, number: place.number, error: error.toData() })}\n`);
    else io.out(`${style(io, 'red', '--')}  ${printable(name)}  ${printable(errorSentence(error.toData()))}\n`);
  }
}

/** A file, or standard input for `-`. Throws ERR_REQUEST_INVALID naming the file. */
export async function readInput(file: string): Promise<Uint8Array> {
  if (file === '-') {
    const chunks: Uint8Array[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
    return Buffer.concat(chunks);
  }
  return readFile(file).catch((cause: unknown) => {
    throw new PasserelleError('ERR_REQUEST_INVALID', { location: { file }, expected: 'a readable file', cause });
  });
}

function parseAddress(text: string): URL {
  const url = URL.parse(text);
  if (!url || url.hostname === '') throw new InvalidArgumentError('mllp://HOST:PORT');
  return url;
}

function parseTimeout(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('ms');
  return value;
}
