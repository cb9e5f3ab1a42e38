/** Runs the command line: the real executable in a process of its own, or in this process with given services. */
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { runCli, type CliServices, type Io } from '../../../core/cli/index.ts';

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const dist = path.resolve(import.meta.dirname, '../../..');
export const MAIN = path.join(dist, 'core/cli/main.js');

/** Environment without the settings of whoever runs the tests. */
const cleanEnv = (): NodeJS.ProcessEnv => Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PASSERELLE_')));

export function startProcess(
  args: readonly string[],
  env: Record<string, string> = {},
  cwd?: string,
): { readonly child: ChildProcess; readonly outcome: Promise<Outcome>; readonly out: () => string } {
  const child = spawn(process.execPath, args, { env: { ...cleanEnv(), ...env }, stdio: ['ignore', 'pipe', 'pipe'], ...(cwd && { cwd }) });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
  return { child, outcome, out: () => out };
}

/** The real executable. */
export const passerelle = (args: readonly string[], env: Record<string, string> = {}, cwd?: string): Promise<Outcome> =>
  startProcess([MAIN, ...args], env, cwd).outcome;

/** The same commands with services of ours. */
export async function withServices(services: Partial<CliServices>, args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = {
    out: (text) => void out.push(Buffer.from(text as string).toString()),
    err: (text) => void err.push(text),
    color: false,
    width: 100,
    env,
  };
  const code = await runCli(args, {
    version: '0.1.0',
    io,
    compose: async () => services as CliServices,
    start: () => Promise.reject(new Error('no engine here')),
  });
  return { code, out: out.join(''), err: err.join('') };
}
