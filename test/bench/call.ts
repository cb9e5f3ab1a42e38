/**
 * `node dist/test/bench/call.js`: a contextual call from its token to its link, over a real journal, keys of 3072 bits on both sides. First at 100 calls a
 * second whatever the answers take, then as many as go through. Bars: p99 below 50 ms, 200 a second.
 */
import { cpus } from 'node:os';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { Ground, posted, privateKey, settingsOf } from '../call/ground.ts';

const PER_SECOND = 100;
const SECONDS = Number(process.env['PASSERELLE_SECONDS'] ?? 15);
const CONCURRENCY = 16;
const BITS = 3072;

const percentile = (sorted: readonly number[], p: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN;
const round = (value: number): number => Math.round(value * 10) / 10;

const ground = new Ground();
await ground.open(BITS);
const calls = await ground.node();
await calls.use({ ...settingsOf(), perAddressPerMinute: 1e9, perSitePerMinute: 1e9 });
const key = privateKey(`site-${BITS}`, BITS);
const count = PER_SECOND * SECONDS;
const make = (n: number): Promise<string[]> => Promise.all(Array.from({ length: n }, () => ground.token({}, { key })));

async function measured(name: string, tokens: readonly string[], run: (call: (token: string) => Promise<void>) => Promise<void>): Promise<void> {
  const took: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const cpu = process.cpuUsage();
  const begun = performance.now();
  delay.enable();
  await run(async (token) => {
    const at = performance.now();
    await calls.face.receive(posted(token));
    took.push(performance.now() - at);
  });
  const seconds = (performance.now() - begun) / 1000;
  const used = process.cpuUsage(cpu);
  const sorted = took.toSorted((a, b) => a - b);
  const figures = {
    bench: name,
    calls: took.length,
    links_per_s: round(took.length / seconds),
    p50_ms: round(percentile(sorted, 0.5)),
    p99_ms: round(percentile(sorted, 0.99)),
    cpu_ms_per_call: round((used.user + used.system) / 1000 / took.length),
    ingress_thread_blocked_p99_ms: round(delay.percentile(99) / 1e6),
    cores: cpus().length,
    lost: tokens.length - took.length,
  };
  console.log(JSON.stringify(figures));
}

const warm = await make(50);
for (const token of warm) await calls.face.receive(posted(token));
const steady = await make(count);
await measured(`${PER_SECOND} calls a second`, steady, async (call) => {
  const begun = performance.now();
  const running: Promise<void>[] = [];
  for (const [n, token] of steady.entries()) {
    const due = begun + (n * 1000) / PER_SECOND - performance.now();
    if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
    running.push(call(token));
  }
  await Promise.all(running);
});
const burst = await make(count);
await measured(`${CONCURRENCY} at once`, burst, async (call) => {
  const waiting = burst.values();
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (const token of waiting) await call(token);
    }),
  );
});
calls.stop();
await ground.close();
