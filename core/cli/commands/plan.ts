/** `passerelle plan DIR`: what applying would change; changes nothing. */
import type { Command } from 'commander';
import type { SettingsPlan } from '../../contract/index.ts';
import { clientOf, fail, jsonOption, printIssues, printJson, withEngine, type Context, type EngineOptions } from '../context.ts';
import { readFolder } from '../settings-folder.ts';
import { printable, style } from '../table.ts';

export function addPlan(program: Command, context: Context): void {
  withEngine(program.command('plan').argument('<dir>', 'dossier de paramétrage / settings folder'))
    .description('montre ce que « apply » changerait / shows what apply would change')
    .addOption(jsonOption())
    .action(async (folder: string, options: EngineOptions & { json?: boolean }) => {
      try {
        const plan = await (await clientOf(options)).plan(await readFolder(folder));
        if (plan.issues.length > 0) context.exitCode = 2;
        if (options.json) printJson(context.io, plan);
        else printPlan(context, plan);
      } catch (error) {
        fail(context, error);
      }
    });
}

const MARKS = { add: ['+', 'green'], change: ['~', 'yellow'], remove: ['-', 'red'] } as const;

export function printPlan({ io }: Context, plan: SettingsPlan): void {
  printIssues(io, plan.issues);
  for (const { action, what } of plan.changes) io.out(`${style(io, MARKS[action][1], `${MARKS[action][0]} ${printable(what)}`)}\n`);
  if (plan.issues.length === 0 && plan.changes.length === 0) io.out('Aucun changement / no change.\n');
}
