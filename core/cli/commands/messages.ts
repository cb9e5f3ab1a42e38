/** `passerelle messages`: lists messages, newest first as the engine gives them. */
import type { Command } from 'commander';
import type { MessageView } from '../../contract/index.ts';
import { clientOf, fail, jsonOption, printJson, withEngine, type Context, type EngineOptions } from '../context.ts';
import { queryOf, withFilters, type FilterFlags } from '../message-filters.ts';
import { table, type Column } from '../table.ts';
import { shortTime } from '../words.ts';

export function addMessages(program: Command, context: Context): void {
  withFilters(withEngine(program.command('messages')))
    .description('liste les messages reçus / lists received messages')
    .option('--after <cursor>', 'page suivante / next page')
    .addOption(jsonOption())
    .action(async (options: EngineOptions & FilterFlags & { after?: string; json?: boolean }) => {
      try {
        const page = await (await clientOf(options)).messages({ ...queryOf(options), ...(options.after && { after: options.after }) });
        if (options.json) return printJson(context.io, page);
        const { io } = context;
        if (page.items.length === 0) return io.out('Aucun message / no message.\n');
        io.out(table(io, MESSAGES, page.items));
        if (page.next) io.out(`\nSuite / more : --after ${page.next}\n`);
        io.out('Détail / detail : passerelle message ID\n');
      } catch (error) {
        fail(context, error);
      }
    });
}

export const MESSAGES: readonly Column<MessageView>[] = [
  { title: 'REÇU', value: (m) => shortTime(m.receivedAt) },
  { title: 'ID', value: (m) => m.id },
  { title: 'FILE', value: (m) => m.lane },
  { title: 'TYPE', value: (m) => m.type ?? '?' },
  { title: 'ÉTAT', value: (m) => m.state },
  { title: 'ACK', value: (m) => m.ack ?? '-' },
  { title: 'MOTIF', rest: true, value: reason },
];

function reason(m: MessageView): string {
  if (m.error) return `${m.error.code} ${m.error.fr ?? ''}`;
  return [m.retransmissions > 0 && `réémis ${m.retransmissions} fois`, ...m.warnings.map(({ code, detail }) => (detail ? `${code}:${detail}` : code))]
    .filter(Boolean)
    .join(' ');
}
