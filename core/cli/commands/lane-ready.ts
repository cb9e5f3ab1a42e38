/** `passerelle lane withheld|ready|not-ready`: a receiver that becomes capable of what it was not, and what it was not told until then. */
import { Option, type Command } from 'commander';
import { PasserelleError, type WithheldView } from '../../contract/index.ts';
import { actor, clientOf, fail, jsonOption, printJson, whyOption, withEngine, type Context, type EngineOptions } from '../context.ts';
import { parseRate } from '../measures.ts';
import { printable } from '../table.ts';
import { localTime } from '../words.ts';

interface Options extends EngineOptions {
  readonly json?: boolean;
  readonly why?: string;
  readonly rate?: number;
}

const STATES: Readonly<Record<WithheldView['state'], string>> = {
  withholding: "pas prêt : reçoit l'ancien format / not ready",
  releasing: 'libération en cours / being released',
  ready: 'prêt / ready',
};

export function addReady(lane: Command, context: Context): void {
  const add = (name: string, description: string, act: (lane: string, options: Options) => Promise<WithheldView>): Command =>
    withEngine(lane.command(name).argument('<name>', 'nom de la file / lane name'))
      .description(description)
      .addOption(jsonOption())
      .action(async (target: string, options: Options) => {
        try {
          const view = await act(target, options);
          if (options.json) printJson(context.io, view);
          else context.io.out(describe(view));
        } catch (error) {
          fail(context, error);
        }
      });
  add('withheld', "montre ce que le destinataire n'a pas reçu en entier / shows what the receiver was not told in full", async (name, options) =>
    (await clientOf(options)).withheld(name),
  );
  add('ready', 'déclare le destinataire prêt et libère ce qui a été gardé / declares the receiver ready', async (name, options) =>
    (await clientOf(options)).declareReady(name, 'ready', {
      ...actor(),
      why: reasonOf(options),
      ...(options.rate !== undefined && { perMinute: options.rate }),
    }),
  )
    .addOption(new Option('--rate <rate>', 'cadence, ex. 60/min / rate').argParser(parseRate))
    .addOption(whyOption());
  add('not-ready', "arrête la libération et revient à l'ancien format / stops the release", async (name, options) =>
    (await clientOf(options)).declareReady(name, 'not-ready', { ...actor(), why: reasonOf(options) }),
  ).addOption(whyOption());
}

function reasonOf({ why }: Options): string {
  if (!why) throw new PasserelleError('ERR_REASON_MISSING');
  return why;
}

function describe({ lane, capability, state, patients, messages, superseded, oldest, perMinute }: WithheldView): string {
  const rate = perMinute === undefined ? '' : `, ${perMinute}/min, ${Math.ceil(patients / perMinute)} min`;
  const lines = [
    `${lane}, ${capability} : ${STATES[state]}`,
    `  ${patients} patients à mettre à jour, pour ${messages} messages, dont ${superseded} remplacés par un plus récent${rate}`,
    `  ${patients} patients to update, for ${messages} messages, ${superseded} of them superseded; the oldest first`,
    ...(oldest === undefined ? [] : [`  le plus ancien / the oldest: ${localTime(oldest)}`]),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}
