/** `passerelle render`: a canonical event to the bytes a counterparty would get; needs no engine. */
import { writeFile } from 'node:fs/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { PasserelleError } from '../../contract/index.ts';
import { fail, type Context } from '../context.ts';
import { readTranslation, withTranslation, type TranslationFlags } from '../translation-options.ts';
import { readInput } from './send.ts';

export function addRender(program: Command, context: Context): void {
  withTranslation(program.command('render').argument('<event>', 'événement JSON, ou - / JSON event, or -'))
    .description("écrit un événement dans le dialecte d'un partenaire / canonical event to vendor bytes")
    .addOption(new Option('-o, --output <file>', 'fichier de sortie / output file'))
    .addOption(
      new Option('--part <nom=fichier>', 'contenu d’une partie : p1=lettre.pdf / content of a part').argParser(addPart).default({}, 'aucune / none'),
    )
    .action(async (file: string, flags: TranslationFlags & { output?: string; part: Readonly<Record<string, string>> }) => {
      try {
        const options = await readTranslation(flags, context);
        if (!options) return;
        const event = parseEvent(await readInput(file), file);
        const contents = await Promise.all(Object.entries(flags.part).map(async ([name, path]) => [name, await readInput(path)] as const));
        const bytes = await (await context.services()).render(event, options, Object.fromEntries(contents));
        if (flags.output === undefined) context.io.out(bytes);
        else await writeFile(flags.output, bytes);
      } catch (error) {
        fail(context, error);
      }
    });
}

function addPart(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [name = '', ...rest] = text.split('=');
  if (name === '' || rest.length === 0) throw new InvalidArgumentError('p1=FILE');
  return { ...before, [name]: rest.join('=') };
}

function parseEvent(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
  } catch {
    // The parser's sentence quotes the event.
    throw new PasserelleError('ERR_REQUEST_INVALID', { location: { file }, expected: 'JSON' });
  }
}
