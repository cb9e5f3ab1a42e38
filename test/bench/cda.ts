/**
 * Reading and validation times per official document: `node dist/test/bench/cda.js [--profiles]`. CPU of this process and its threads, so that other
 * work on the machine counts less. The first validation of a model compiles its rules and is told apart. Baseline: the size of the document.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { recogniseModel, writeN3 } from '../../plugins/codec-cda/index.ts';
import { plugin, validate } from '../../plugins/codec-cda-reader/index.ts';
import { frcpRequest, ppsRequest } from '../../plugins/codec-cda/test/synthetic-content.ts';
import { sharedFile, sharedFolder } from '../../plugins/codec-cda/test/official-files.ts';

const RULES = sharedFile('specs/cda');
const SETS = ['testcontenu-2.41', 'testcontenu-3.0'].map((set) => path.join(RULES, set, 'ExemplesCDA'));
const profiles = process.argv.includes('--profiles');

/** CPU milliseconds of one run, and its result. */
async function cpu<T>(work: () => T | Promise<T>): Promise<readonly [number, T]> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return [(user + system) / 1000, result];
}

const row = (...cells: readonly (string | number)[]): void =>
  void process.stdout.write(`${cells.map((cell, i) => (i === 0 ? String(cell).padEnd(52) : String(cell).padStart(9))).join(' ')}\n`);

async function measure(name: string, content: Uint8Array): Promise<void> {
  const read = plugin.document!.read;
  const [, reading] = await cpu(() => read(content));
  const [warm] = await cpu(() => read(content));
  const [schema] = await cpu(() => validate(content, RULES, { schemaOnly: true }));
  const [first] = await cpu(() => validate(content, RULES, { profiles }));
  const [next, findings] = await cpu(() => validate(content, RULES, { profiles }));
  const model = reading.cda && recogniseModel(reading.cda);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const ms = (value: number): string => value.toFixed(1);
  row(
    name.slice(0, 52),
    Math.round(content.length / 1024),
    model?.version ?? '',
    ms(warm),
    ms(schema),
    ms(first),
    ms(next),
    errors,
    findings.length - errors,
  );
}

try {
  const files = SETS.flatMap((folder) => readdirSync(folder).map((file) => path.join(folder, file))).filter((file) => file.endsWith('.xml'));
  row('document', 'KB', 'version', 'read ms', 'XSD ms', 'first ms', 'then ms', 'errors', 'warnings');
  for (const file of files) await measure(path.basename(file), readFileSync(file));
  await measure('an FRCP of ours', Buffer.from(writeN3(frcpRequest()).pieces[0]));
  await measure('a PPS of ours', Buffer.from(writeN3(ppsRequest()).pieces[0]));
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  process.stderr.write(`official documents are expected in ${sharedFolder}\n`);
  process.exitCode = 1;
}
