/** `passerelle connectors`: those of the running engine, else those installed here. */
import type { Command } from 'commander';
import { PasserelleError, type ConnectorManifest } from '../../contract/index.ts';
import { clientOf, fail, jsonOption, printJson, withEngine, type Context, type EngineOptions } from '../context.ts';
import { table, type Column } from '../table.ts';

export function addConnectors(program: Command, context: Context): void {
  withEngine(program.command('connectors'))
    .description('liste les connecteurs / lists connectors')
    .addOption(jsonOption())
    .action(async (options: EngineOptions & { json?: boolean }) => {
      try {
        const manifests = await running(options, context);
        if (options.json) printJson(context.io, { items: manifests });
        else context.io.out(manifests.length > 0 ? table(context.io, COLUMNS, manifests) : 'Aucun connecteur / no connector.\n');
      } catch (error) {
        fail(context, error);
      }
    });
}

async function running(options: EngineOptions, context: Context): Promise<readonly ConnectorManifest[]> {
  try {
    return await (await clientOf(options)).connectors();
  } catch (error) {
    if (!(error instanceof PasserelleError) || error.code !== 'ERR_ENGINE_UNREACHABLE' || options.url) throw error;
    const { connectors } = await (await context.services()).catalogue();
    return connectors.map(({ manifest }) => manifest);
  }
}

const COLUMNS: readonly Column<ConnectorManifest>[] = [
  { title: 'CONNECTEUR', value: (m) => m.id },
  { title: 'VERSION', value: (m) => m.version },
  { title: 'ÉDITEUR', value: (m) => m.vendor },
  { title: 'TRANSPORTS', value: (m) => Object.keys(m.formats).join(' ') },
  {
    title: 'FLUX (MATURITÉ)',
    rest: true,
    value: (m) => m.flows.map(({ id, direction, stability }) => `${direction === 'to-dcc' ? '→' : '←'}${id} (${stability})`).join(', '),
  },
];
