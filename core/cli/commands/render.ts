/** `passerelle render`: a canonical event to the bytes a counterparty would get; needs no engine. */
import { writeFile } from 'node:fs/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { PasserelleError } from '../../contract/index.ts';
import { fail, type Context } from '../context.ts';
import { readTranslation, withTranslation, type TranslationFlags } from '../translation-options.ts';
import { readInput } from './send.ts';

export function addRender(program: Command, context: Context): void {
  withTranslation(
    program.command('render').argument('<event>', 'événement, ou sortie de « translate » ; ou - / event, or what translate printed; or -'),
  )
    .description("écrit un événement dans le dialecte d'un partenaire / canonical event to vendor bytes")
    .addOption(new Option('-o, --output <file>', 'fichier de sortie / output file'))
    .addOption(
      new Option('--part <nom=fichier>', 'contenu d’une partie : p1=lettre.pdf / content of a part').argParser(addPart).default({}, 'aucune / none'),
    )
    .action(async (file: string, flags: TranslationFlags & { output?: string; part: Readonly<Record<string, string>> }) => {
      try {
        const options = await readTranslation(flags, context);
        if (!options) return;
        const events = eventsOf(await readInput(file), file);
        const contents = await Promise.all(Object.entries(flags.part).map(async ([name, path]) => [name, await readInput(path)] as const));
        const services = await context.services();
        const rendered: Uint8Array[] = [];
        for (const event of events) rendered.push(await services.render(event, options, Object.fromEntries(contents)));
        const bytes = Buffer.concat(rendered);
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

/** One event, or the lines of `translate` with the events they hold. Throws ERR_REQUEST_INVALID. */
export function eventsOf(bytes: Uint8Array, file: string): readonly unknown[] {
  const text = Buffer.from(bytes).toString('utf8').trim();
  const values = tryParse(text) ?? text.split('\n').map((line) => tryParse(line)?.[0]);
  const events = values.flatMap((value) => (value as { events?: readonly unknown[] } | null | undefined)?.events ?? [value]);
  if (events.length === 0 || !events.every(isEvent))
    throw new PasserelleError('ERR_REQUEST_INVALID', {
      location: { file },
      expected: 'a canonical event in JSON, as "passerelle translate" prints it',
    });
  return events;
}

/** The parser's own sentence would quote the event. */
function tryParse(text: string): readonly unknown[] | undefined {
  try {
    return [JSON.parse(text)];
  } catch {
    return undefined;
  }
}

const isEvent = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'type' in value && 'data' in value && typeof value.data === 'object' && value.data !== null;
