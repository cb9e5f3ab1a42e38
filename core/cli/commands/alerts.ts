/** `passerelle alerts`: what needs a person now, since when, and what to do. */
import type { Command } from 'commander';
import type { AlertView } from '../../contract/index.ts';
import { clientOf, fail, jsonOption, printJson, withEngine, type Context, type EngineOptions } from '../context.ts';
import { printable, table, type Column } from '../table.ts';
import { shortTime } from '../words.ts';

const COLUMNS: readonly Column<AlertView>[] = [
  { title: 'GRAVITÉ', value: ({ severity }) => (severity === 'problem' ? 'problème' : 'attention') },
  { title: 'ALERTE', value: ({ code }) => code },
  { title: 'FILE', value: ({ lane }) => lane ?? '-' },
  { title: 'DEPUIS', value: ({ since }) => shortTime(since) },
  { title: 'NOMBRE', right: true, value: ({ count }) => (count === undefined ? '-' : String(count)) },
];

/** Its row, then the reason and what to do below it, on lines that can be copied. */
function withFix(row: string, { fr, en, error, expires, fix }: AlertView): string {
  const tail = [error, expires && `expire le / expires ${shortTime(expires)}`].filter(Boolean).join(', ');
  const lines = [`${fr}${tail && ` (${tail})`}`, en, `À faire : ${fix.fr}`, ...(fix.en === fix.fr ? [] : [`To do: ${fix.en}`])];
  return `${row}\n${lines.map((line) => `    ${printable(line)}\n`).join('')}`;
}

export function addAlerts(program: Command, context: Context): void {
  withEngine(program.command('alerts'))
    .description('montre ce qui demande une personne / shows what needs a person')
    .addOption(jsonOption())
    .action(async (options: EngineOptions & { json?: boolean }) => {
      try {
        const { io } = context;
        const { items, elsewhere } = await (await clientOf(options)).alerts();
        if (options.json) return printJson(io, { items, elsewhere });
        const [head = '', ...rows] = table(io, COLUMNS, items).split('\n');
        io.out(items.length > 0 ? `${head}\n${items.map((alert, i) => withFix(rows[i] ?? '', alert)).join('')}` : 'Aucune alerte / no alert.\n');
        if (elsewhere) io.out('Un autre nœud tient les files et donne leurs alertes / another node works the lanes and tells their alerts.\n');
      } catch (error) {
        fail(context, error);
      }
    });
}
