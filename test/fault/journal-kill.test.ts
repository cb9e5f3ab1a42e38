/** What was acknowledged is there after `kill -9`, and the journal is whole: the law of states holds, nothing is half written. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import type { JournalStore } from '../../core/contract/index.ts';
import { describeJournals, openJournal, type TestJournal } from './journals.ts';
import { chance, SEED, trials } from './random.ts';

const KILLS = trials(8);

interface Said {
  readonly received: Map<number, string>;
  readonly decided: Map<number, number>;
  readonly delivered: Set<number>;
}

/** Runs the load until it has said so many lines, kills it, and adds what it said. */
async function load(journal: TestJournal, folder: string, round: number, lines: number, said: Said): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'journal-load.js'), JSON.stringify(journal), folder, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let count = 0;
  for await (const line of createInterface(child.stdout)) {
    const [what, id, detail] = line.split(' ') as [string, string, string];
    if (what === 'received') said.received.set(Number(id), detail);
    else if (what === 'decided') said.decided.set(Number(detail), Number(id));
    else if (what === 'delivered') said.delivered.add(Number(id));
    if (++count === lines) child.kill('SIGKILL');
  }
  await ended;
  expect(count, 'the load worked until it was killed').to.be.at.least(lines);
}

async function pages<T>(read: (after: string | undefined) => Promise<{ items: readonly T[]; next?: string }>): Promise<T[]> {
  const found: T[] = [];
  for (let after: string | undefined; ;) {
    const page = await read(after);
    found.push(...page.items);
    if (page.next === undefined) return found;
    after = page.next;
  }
}

async function check(store: JournalStore, said: Said): Promise<void> {
  const messages = await pages((after) => store.messages({}, { limit: 1000, ...(after !== undefined && { after }) }));
  const deliveries = await pages((after) => store.deliveries({}, { limit: 1000, ...(after !== undefined && { after }) }));
  const events = await pages((after) => store.events({ limit: 1000, ...(after !== undefined && { after }) }));
  const controlIds = new Map(messages.map((m) => [m.message, m.controlId]));
  for (const [id, controlId] of said.received) expect(controlIds.get(id), `message ${id}`).to.equal(controlId);
  const states = new Map(deliveries.map((d) => [d.delivery, d.state]));
  for (const [delivery, message] of said.decided) expect(deliveries.find((d) => d.delivery === delivery)?.message).to.equal(message);
  for (const delivery of said.delivered) expect(states.get(delivery)).to.equal('delivered');
  // One event and one delivery for each decoded message, none for the others.
  const decoded = messages.filter((m) => m.state === 'decoded').map((m) => m.message);
  expect(deliveries.map((d) => d.message).sort((a, b) => a - b)).to.deep.equal(decoded.sort((a, b) => a - b));
  expect(events.map((e) => e.message).sort((a, b) => a - b)).to.deep.equal(decoded);
  for (const { message, controlId, bytes } of messages.slice(0, 200))
    expect(Buffer.compare(await store.raw(message), Buffer.alloc(bytes, controlId)), `raw ${message}`).to.equal(0);
  const sum = (await store.lanes()).flatMap(({ counts }) => Object.values(counts)).reduce((a, b) => a + b, 0);
  expect(sum).to.equal(messages.length + deliveries.length);
}

describeJournals(`a journal whose engine is killed under load: ${KILLS} kills, seed ${SEED}`, (journal) => {
  it('has everything that was acknowledged, and is whole', async function () {
    this.timeout(60_000 + KILLS * 30_000);
    const folder = await mkdtemp(join(tmpdir(), 'passerelle-kill-'));
    const said: Said = { received: new Map(), decided: new Map(), delivered: new Set() };
    const random = chance(SEED);
    for (let round = 0; round < KILLS; round++) {
      await load(journal, folder, round, random.between(1, 900), said);
      const store = await openJournal(journal, folder);
      await check(store, said);
      await store.close();
    }
    expect(said.received.size).to.be.above(100);
    await rm(folder, { recursive: true });
  });
});
