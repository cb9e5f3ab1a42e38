/** Step of the build: the relay and the enrolment program, each as one file without dependencies, beside the pages that the kit takes with them. */
import path from 'node:path';
import { build } from 'esbuild';

const call = path.resolve(import.meta.dirname, '..');

for (const [program, file] of [
  ['relay', 'relais.mjs'],
  ['enrolment', 'enrolement.mjs'],
] as const)
  await build({
    entryPoints: [path.join(call, program, 'main.js')],
    outfile: path.join(call, 'kit', program, file),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    charset: 'utf8',
    legalComments: 'none',
    banner: { js: `/* Passerelle : ${program}. Fichier produit, ne pas modifier. */` },
    logLevel: 'warning',
  });
