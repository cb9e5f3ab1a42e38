/** `passerelle doctor`: what stands in the way, each with its fix. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { examine, type Finding } from '../examine.ts';
import { fail, jsonOption, printJson, withEngine, type Context, type EngineOptions } from '../context.ts';
import { printable, style } from '../table.ts';

export function addDoctor(program: Command, context: Context): void {
  withEngine(program.command('doctor'))
    .description('examine cette machine et le moteur / examines this machine and the engine')
    .addOption(new Option('--config <dir>', 'paramétrage à vérifier aussi / settings to check as well').env('PASSERELLE_CONFIG'))
    .addOption(jsonOption())
    .action(async (options: EngineOptions & { config?: string; json?: boolean }) => {
      try {
        const findings = await examine(options, context);
        if (findings.some(({ verdict }) => verdict === 'problem')) context.exitCode = 1;
        if (options.json) printJson(context.io, { items: findings });
        else for (const finding of findings) print(context, finding);
      } catch (error) {
        fail(context, error);
      }
    });
}

const WORDS = { ok: ['ok       ', 'green'], attention: ['attention', 'yellow'], problem: ['problème ', 'red'] } as const;

function print({ io }: Context, { what, verdict, fr, en, fix }: Finding): void {
  const [word, colour] = WORDS[verdict];
  io.out(`${style(io, colour, word)}  ${what} : ${printable(fr)} / ${printable(en)}\n`);
  if (fix) io.out(`           À faire : ${fix.fr}\n           To do: ${fix.en}\n`);
}
