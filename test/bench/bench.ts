/** `npm run bench`: what the engine does per second, beside another one when it is given its port. `README.md` says how to read it. */
import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { freePorts } from '../flow/region.ts';
import { Unavailable, type Store } from './engine.ts';
import { runBeside, type Other } from './load.ts';
import { medianRow, rounded, row, tableHead, tableLine, type Row } from './row.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

const USAGE = `npm run -s bench -- [options]
  --scenario NAME[,NAME]   ${SCENARIOS.map((s) => s.name).join(' ')}
                           (default: ${SCENARIOS.filter((s) => s.short)
                             .map((s) => s.name)
                             .join(' ')})
  --full                   every scenario at the size of the bars; more than an hour
  --store sqlite|postgres|all   (sqlite)
  --messages N             instead of what the scenario says
  --repeat N               each scenario N times, then a row of medians
  --beside HOST:PORT       the loads through the MLLP port of another engine too
  --receiver-port PORT     where that engine delivers (7661)
  --beside-pids PID,PID    its processes and its database's, for their CPU time
  --data DIR               folder of the data (the temporary folder of the system): its disk is what is measured
  --calibrate              only the ceiling of the rig
  --json                   one object per line instead of a table
`;
const CALIBRATION_MESSAGES = { adt: 20_000, mdm: 1000 } as const;
const TMPFS = 0x01021994;
const FSYNCS = 50;

const OPTIONS = {
  scenario: { type: 'string' },
  full: { type: 'boolean', default: false },
  store: { type: 'string', default: 'sqlite' },
  messages: { type: 'string' },
  repeat: { type: 'string', default: '1' },
  beside: { type: 'string' },
  'receiver-port': { type: 'string', default: '7661' },
  'beside-pids': { type: 'string' },
  data: { type: 'string', default: tmpdir() },
  calibrate: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

function wrong(usage: string): never {
  console.error(`${usage}\n\n${USAGE}`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    return wrong((error as Error).message);
  }
}

const options = readOptions();
let broken = false;
const print = (line: Row): void => {
  broken ||= line.verdict === 'broken';
  console.log(options.json ? JSON.stringify(line) : tableLine(line));
};

/** What cannot be measured is said, not left out; what fails is a broken law until it is understood. */
async function attempt(scenario: string, store: string, run: () => Promise<Row>): Promise<Row> {
  try {
    return await run();
  } catch (error) {
    const verdict = error instanceof Unavailable ? 'skipped' : 'broken';
    return row(scenario, store, { verdict, problem: error instanceof Error ? error.message : String(error) });
  }
}

async function repeated(scenario: string, store: string, run: () => Promise<Row>): Promise<void> {
  const rows: Row[] = [];
  for (let i = 0; i < Number(options.repeat); i += 1) {
    const line = await attempt(scenario, store, run);
    print(line);
    if (line.verdict !== 'skipped') rows.push(line);
  }
  if (rows.length > 1) print(medianRow(rows));
}

/** The generator straight to the receiver: an engine cannot be faster than that here. */
async function calibrate({ kind, connections, bytes }: NonNullable<Scenario['shape']>, fsyncMs: number): Promise<Row> {
  const [port = 0] = await freePorts(1);
  const [messages, name] = [CALIBRATION_MESSAGES[kind], `calibrate-${kind}-${connections}`];
  const to = { host: '127.0.0.1', port, receiverPort: port, pids: [], first: 0 };
  const line = await runBeside(name, 'none', { kind, bytes, connections, messages, warmUp: messages / 10 }, messages, to);
  return { ...line, fsync_ms: rounded(fsyncMs), cores: availableParallelism() };
}

/** Median time of a small write and its fsync where the data goes. */
function fsyncMs(folder: string): number {
  const file = path.join(folder, 'fsync');
  const fd = openSync(file, 'w');
  const times = Array.from({ length: FSYNCS }, () => {
    const begun = performance.now();
    writeSync(fd, Buffer.alloc(4096, 1));
    fsyncSync(fd);
    return performance.now() - begun;
  });
  closeSync(fd);
  rmSync(file);
  return times.sort((a, b) => a - b)[FSYNCS / 2]!;
}

function chosen(): readonly Scenario[] {
  if (options.calibrate) return [];
  const names = options.scenario?.split(',');
  const unknown = names?.find((name) => !SCENARIOS.some((s) => s.name === name));
  if (unknown) wrong(`no scenario ${unknown}`);
  return SCENARIOS.filter((s) => (names ? names.includes(s.name) : options.full || s.short));
}

function besides(): Omit<Other, 'first'> | undefined {
  if (!options.beside) return undefined;
  const [host = '', port = ''] = options.beside.split(':');
  return { host, port: Number(port), receiverPort: Number(options['receiver-port']), pids: options['beside-pids']?.split(',').map(Number) ?? [] };
}

async function main(): Promise<void> {
  const scenarios = chosen();
  const stores = (options.store === 'all' ? ['sqlite', 'postgres'] : [options.store]) as Store[];
  if (!stores.every((store) => ['sqlite', 'postgres'].includes(store))) wrong(`no store ${options.store}`);
  const messages = options.messages === undefined ? undefined : Number(options.messages);
  if (messages !== undefined && !(messages > 0)) wrong(`no number of messages: ${options.messages}`);
  mkdirSync(options.data, { recursive: true });
  const folder = mkdtempSync(path.join(options.data, 'passerelle-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  if (statfsSync(folder).type === TMPFS) console.error(`${folder} is in memory: an fsync costs nothing there; choose a disk with --data`);

  if (!options.json) console.log(tableHead());
  const fsync = fsyncMs(folder);
  for (const name of ['adt-8', ...(scenarios.some((s) => s.shape?.kind === 'mdm') ? ['mdm-200k-8'] : [])])
    print(await attempt('calibrate', 'none', () => calibrate(SCENARIOS.find((s) => s.name === name)!.shape!, fsync)));
  const other = besides();
  let first = 0;
  for (const scenario of scenarios) {
    const { name, shape } = scenario;
    for (const store of stores) {
      const context = { store, folder: path.join(folder, 'engine'), full: options.full, ...(messages && { messages }) };
      await repeated(name, store, () => scenario.run(context));
    }
    if (!other || !shape) continue;
    await repeated(name, 'other', async () => {
      if (shape.slowDiskUs) throw new Unavailable('the disk of the other engine is not slowed from here');
      const count = messages ?? shape.messages;
      const line = await runBeside(name, 'other', shape, count, { ...other, first });
      first += 2 * count; // new messages of new patients: the other engine keeps what it had
      return line;
    });
  }
}

if (options.help) console.log(USAGE);
else {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  await main();
  process.exit(broken ? 1 : 0);
}
