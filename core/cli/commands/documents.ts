/** `passerelle documents untyped|type|types|forget`: documents that wait because nobody said what their code means (SAFETY B1). */
import { Option, type Command } from 'commander';
import type { LearnedType, UntypedDocument } from '../../contract/index.ts';
import { actor, clientOf, fail, jsonOption, printJson, whyOption, withEngine, type Context, type EngineOptions } from '../context.ts';
import type { EngineClient } from '../engine-client.ts';
import { printable, table, type Column } from '../table.ts';
import { shortTime } from '../words.ts';

const MAX_ITEMS = 100;

const UNTYPED: readonly Column<UntypedDocument>[] = [
  { title: 'MESSAGE', value: ({ message }) => message.id },
  { title: 'REÇU', value: ({ message }) => shortTime(message.receivedAt) },
  { title: 'SITE', value: ({ message }) => message.site },
  { title: 'SYSTÈME', value: ({ system }) => system ?? '-' },
  { title: 'CODE', rest: true, value: ({ code }) => code ?? '-' },
];
const TYPES: readonly Column<LearnedType>[] = [
  { title: 'SITE', value: ({ site }) => site },
  { title: 'SYSTÈME', value: ({ system }) => system },
  { title: 'CODE', value: ({ code }) => code },
  { title: 'TYPE', value: ({ type }) => type },
  { title: 'DEPUIS', value: ({ at }) => shortTime(at) },
  {
    title: 'PAR',
    rest: true,
    value: ({ who, why, revoked }) => `${who}${why ? ` : ${why}` : ''}${revoked ? ` (révoqué par ${revoked.who} : ${revoked.why})` : ''}`,
  },
];

type Flags = EngineOptions & { readonly json?: boolean; readonly why?: string };

export function addDocuments(program: Command, context: Context): void {
  const documents = program.command('documents').description('documents à typer, et types retenus / documents to be typed, types kept');
  const run = <O extends Flags>(work: (client: EngineClient, options: O) => Promise<void>, options: O): Promise<void> =>
    clientOf(options)
      .then((client) => work(client, options))
      .catch((error: unknown) => fail(context, error));
  const { io } = context;
  withEngine(documents.command('untyped'))
    .description('montre les documents que personne n’a typés / shows documents nobody has typed')
    .addOption(jsonOption())
    .action((options: Flags) => run((client) => listUntyped(client, options, context), options));
  withEngine(documents.command('type').argument('<id>', 'message'))
    .description('dit ce qu’est un document et le fait décider de nouveau / says what a document is; it is decided again')
    .addOption(new Option('--as <type>', 'type canonique : FRCP, PPS, OTHER... / canonical type').makeOptionMandatory())
    .addOption(new Option('--remember', 'pour tous les documents de ce code sur ce site / for all of this code at this site'))
    .addOption(whyOption())
    .action((id: string, options: Flags & { as: string; remember?: boolean }) =>
      run(async (client) => {
        const { as, remember, why } = options;
        const ids = await client.typeDocument(id, { type: as, ...actor(), ...(remember && { remember }), ...(why && { why }) });
        for (const each of ids) io.out(`Décidé de nouveau / decided again : ${each}   (passerelle message ${each})\n`);
      }, options),
    );
  withEngine(documents.command('types'))
    .description('montre les types retenus par code / shows the types kept for codes')
    .addOption(jsonOption())
    .action((options: Flags) => run(async (client) => printTypes(await client.learnedTypes(), options, context), options));
  withEngine(documents.command('forget'))
    .description('revient sur un type retenu ; ce qui est décidé le reste / takes back a type; what is decided stays')
    .addOption(new Option('--site <finess>', 'site').makeOptionMandatory())
    .addOption(new Option('--system <system>', 'système / coding system').makeOptionMandatory())
    .addOption(new Option('--code <code>', 'code').makeOptionMandatory())
    .addOption(whyOption().makeOptionMandatory())
    .action((options: Flags & { site: string; system: string; code: string; why: string }) =>
      run(async (client) => {
        const { site, system, code, why } = options;
        printTypes(await client.forgetType({ site, system, code, ...actor(), why }), options, context);
      }, options),
    );
}

async function listUntyped(client: EngineClient, { json }: Flags, { io }: Context): Promise<void> {
  const items: UntypedDocument[] = [];
  let after: string | undefined;
  do {
    const page = await client.untyped({ limit: MAX_ITEMS, ...(after !== undefined && { after }) });
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined && items.length < MAX_ITEMS);
  if (json) return printJson(io, { items });
  if (items.length === 0) return io.out('Aucun document à typer / no document to be typed.\n');
  io.out(table(io, UNTYPED, items));
  io.out(`À faire / to do : passerelle documents type ${printable(items[0]!.message.id)} --as TYPE --remember\n`);
}

function printTypes(items: readonly LearnedType[], { json }: Flags, { io }: Context): void {
  if (json) return printJson(io, { items });
  io.out(items.length > 0 ? table(io, TYPES, items) : 'Aucun type retenu / no type kept.\n');
}
