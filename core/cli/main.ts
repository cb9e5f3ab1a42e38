#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --max-semi-space-size=4 --no-parallel-scavenge --initial-old-space-size=80 --v8-pool-size=1
/**
 * The executable. It imports nothing of ours before it knows its Node: an older one could not even read the rest. The first line tells V8 four
 * things, three of them measured together at 6 % less CPU a message than the first alone: a small heap of short-lived objects (a message lives longer
 * than one collection, and V8 would let 70 MB more gather), collected by the thread that fills it (what survives is too little to share out), and no
 * collection of the whole below 80 MB, of which 35 are code that never dies (V8 would mark it all again once a second, on the other core). The fourth is
 * one thread for what V8 does beside: its four took both cores of two for a moment every few seconds, and whoever sent then waited (a hundred messages
 * a second on PostgreSQL, latest of 400: 51 ms with four, 21 with one). It has the C library of Linux share two heaps among
 * all threads, of which each would keep one of its own with what it once held; `env` is then replaced by Node, so that no process stands between the
 * engine and whoever started it.
 */
import { fileURLToPath } from 'node:url';

const MIN_NODE = 24;
/** A command that has said everything does not wait for a connection kept alive. */
const LINGER_MS = 2_000;

if (Number.parseInt(process.versions.node) < MIN_NODE) {
  process.stderr.write(
    `Passerelle demande Node.js ${MIN_NODE} ou plus ; ce Node.js est ${process.versions.node}.\n` +
      `  À faire : installer Node.js ${MIN_NODE}, ou lancer « npx passerelle » dans le dossier du projet.\n` +
      `Passerelle needs Node.js ${MIN_NODE} or later; this one is ${process.versions.node}.\n` +
      `  To do: install Node.js ${MIN_NODE}, or run "npx passerelle" in the folder of the project.\n`,
  );
  process.exitCode = 2;
} else {
  // For this thread alone: each of the others, a connector's host or the journal's, would let as much gather, and they have little that lasts.
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--initial-old-space-size=0');
  // The wrappers by which WebAssembly calls JavaScript are one table for all threads, and V8 dies now and then (`jit_page.has_value()`) when one of them
  // replaces its wrapper by a faster one while another frees the same: without the slow one there is nothing to replace (nodejs/node#64500; threads that
  // parse and end in a loop: five deaths in twenty minutes as V8 has it, none in twelve as here).
  setFlagsFromString('--no-wasm-generic-wrapper');
  // Compiled code is kept beside the packages it was made of, where whoever may write it may change them too: a start takes a fifth less. No
  // harm where that folder cannot be written.
  const { enableCompileCache } = await import('node:module');
  enableCompileCache(fileURLToPath(new URL('../../../node_modules/.cache/passerelle', import.meta.url)));
  const { composeServices, processIo, readVersion, runCli, startNode } = await import('./index.ts');
  const version = await readVersion();
  process.exitCode = await runCli(process.argv.slice(2), {
    version,
    io: processIo(),
    compose: composeServices,
    start: (options) => startNode(version, options),
  });
  setTimeout(() => process.exit(), LINGER_MS).unref();
}
