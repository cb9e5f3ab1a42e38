/**
 * One lane's connector spends a second in a CPU loop; how late do acknowledgements of another lane come? The engine is started with `cpu-loop.js`
 * preloaded: it blocks the thread of the ci-sis connector just before it decodes a message whose control id begins with LOOP. Everything else is as it
 * is in service. The senders that are timed speak dxcare, on a listener of their own: a hundred messages a second in all.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';
import { packageRoot } from '../../core/registry/index.ts';
import { BenchEngine } from './engine.ts';
import { Generator, Receiver } from './ends.ts';
import { loadPlan } from './load.ts';
import { verdict } from './measure.ts';
import { row, type Row } from './row.ts';
import type { Context } from './scenarios.ts';

const SENDERS = { kind: 'adt', bytes: 1000, connections: 10, messages: 0, warmUp: 0 } as const;
const RATE = 100;
/** Until V8 has made its best of the code, as in an engine that has run for a minute; before that its own work shows. */
const WARM_UP = 4000;
/** At the same rate before any loop: what the machine itself delays. */
const QUIET = 400;
const LOOPS = 3;
const LOOP_EVERY_MS = 2000;
/** Of the loop; less means that it did not happen. */
export const LOOP_MS = 1000;

export async function stall({ store, folder }: Context): Promise<Row> {
  const config = settings();
  const preload = pathToFileURL(path.join(import.meta.dirname, 'cpu-loop.js')).href;
  try {
    const engine = await BenchEngine.start({ store, folder, config, preload, endpoints: ['stall-in'] });
    const receiver = await Receiver.start(engine.ports.get('bench-out')!);
    const senders = new Generator(loadPlan(SENDERS, 1000, engine.ports.get('stall-in')!));
    const looping = new Generator(
      loadPlan({ ...SENDERS, connections: 1 }, 1, engine.ports.get('bench-in')!, { firstPatient: 500_000, firstNumber: 100_000, prefix: 'LOOP' }),
    );
    try {
      const warm = await senders.load({ messages: WARM_UP });
      const quiet = await senders.load({ messages: QUIET, rate: RATE });
      const loops = [];
      const timed = senders.load({ messages: (RATE * LOOP_EVERY_MS * (LOOPS + 1)) / 1000, rate: RATE });
      for (let i = 0; i < LOOPS; i += 1) {
        await new Promise((resolve) => setTimeout(resolve, i === 0 ? LOOP_EVERY_MS / 2 : LOOP_EVERY_MS - LOOP_MS));
        loops.push(await looping.load({ messages: 1 }));
      }
      const load = await timed;
      const law = await verdict(receiver, [warm, quiet, load, ...loops]);
      const loopMs = Math.min(...loops.map((l) => l.maxMs ?? 0));
      const happened = loopMs >= LOOP_MS ? {} : ({ verdict: 'broken', problem: 'the connector did not loop' } as const);
      return row('stall', store, {
        connections: SENDERS.connections,
        ack_p50_ms: load.p50Ms,
        ack_p99_ms: load.p99Ms,
        rss_mb: engine.peakRssMb(),
        messages: load.generated,
        stall_ms: load.maxMs,
        quiet_ms: quiet.maxMs,
        loop_ms: loopMs,
        ...law,
        ...happened,
      });
    } finally {
      senders.stop();
      looping.stop();
      receiver.stop();
      await engine.stop();
    }
  } finally {
    rmSync(config, { recursive: true, force: true });
  }
}

/** The bench site with a second connector in the establishment. */
function settings(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'passerelle-stall-'));
  const text = readFileSync(path.join(packageRoot, 'test/bench/region/bench.yaml'), 'utf8');
  const documents = parseAllDocuments(text).map((d) => d.toJS() as { readonly role: string; readonly connectors: object[] });
  const endpoints = [{ name: 'stall-in', direction: 'in', transport: 'mllp', port: 6662, reply: 'decoded' }];
  documents.find((d) => d.role === 'establishment')?.connectors.push({ id: 'dxcare', version: '0.1.0', endpoints });
  writeFileSync(path.join(folder, 'bench.yaml'), documents.map((d) => stringify(d)).join('---\n'));
  return folder;
}
