/** Step of the build: for each product whose calls the kit reads, its dialect as one file, `dist/connectors/<id>/kit/dialecte.mjs`. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import type { ConnectorManifest } from '../contract/index.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const dist = path.join(root, 'dist');

/** Our modules do nothing when they are imported but define things: what a dialect does not use is left out. */
const tree = {
  name: 'tree',
  setup: (api: Parameters<NonNullable<Parameters<typeof build>[0]['plugins']>[number]['setup']>[0]): void => {
    api.onResolve({ filter: /.*/ }, async ({ path: target, kind, importer, resolveDir, pluginData }) => {
      if (pluginData === 'seen') return undefined;
      const found = await api.resolve(target, { kind, importer, resolveDir, pluginData: 'seen' });
      return found.errors.length > 0 ? found : { ...found, sideEffects: false };
    });
  },
};

for (const id of readdirSync(path.join(root, 'connectors'))) {
  const file = path.join(root, 'connectors', id, 'manifest.json');
  const { call } = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ConnectorManifest) : {};
  if (call?.reads !== 'kit') continue;
  const at = (module: string): string => JSON.stringify(path.join(dist, module));
  await build({
    stdin: {
      contents: `import { openDialect as open } from ${at('core/kit/dialect.js')};
import { plugin } from ${at(`plugins/codec-${call.format}/index.js`)};
import { decodeCall } from ${at(`connectors/${id}/src/call.js`)};
export const openDialect = (folder) => open(folder, { call: ${JSON.stringify(call)}, codec: plugin.message, decode: decodeCall });`,
      resolveDir: root,
    },
    outfile: path.join(dist, 'connectors', id, 'kit', 'dialecte.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    charset: 'utf8',
    legalComments: 'none',
    plugins: [tree],
    banner: { js: `/* Passerelle : lecture de l'appel de ${id}. Fichier produit, ne pas modifier. */` },
    logLevel: 'warning',
  });
}
