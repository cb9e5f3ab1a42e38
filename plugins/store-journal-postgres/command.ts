/** Commands that change the journal, and how those that wait together are executed in one transaction. */
import { PasserelleError, type LaneLease } from '../../core/contract/index.ts';
import { act } from './act.ts';
import { admit, receive } from './arrive.ts';
import { asRefusal, isOfCommand } from './connection.ts';
import { decide } from './decide.ts';
import { begin, settle } from './deliveries.ts';
import { lease, release } from './leases.ts';
import { fact, forget, keep, order, pause, saveSettings, swap, withdraw } from './small.ts';
import type { Transaction } from './transaction.ts';

/** On batches: those of several commands are executed as one. What is kept by itself comes in its place among what decisions keep. */
const ON_MESSAGES = { receive, admit, decide, keep };
const ON_DELIVERIES = { begin, settle };
const BATCHES = { ...ON_MESSAGES, ...ON_DELIVERIES };
const OTHERS = { act, fact, forget, swap, pause, order, withdraw, saveSettings, release };

export type Writes = typeof BATCHES & typeof OTHERS & { readonly lease: typeof lease };
type Tail<F> = F extends (tx: Transaction, ...args: infer A) => unknown ? A : never;

export interface Command {
  readonly name: keyof Writes;
  readonly args: readonly unknown[];
  readonly lease: LaneLease | undefined;
  /** Items and payload bytes, for cutting groups. */
  readonly items: number;
  readonly bytes: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: PasserelleError) => void;
}

export type ArgumentsOf<K extends keyof Writes> = K extends 'lease' ? [Parameters<typeof lease>[1]] : Tail<Writes[K]>;
export type ResultOf<K extends keyof Writes> = Awaited<ReturnType<Writes[K]>>;

export interface Answer {
  readonly command: Command;
  readonly value?: unknown;
  readonly error?: PasserelleError;
}

/** What is known once the lock is held. */
export interface Entered {
  /** ms of the server's clock. */
  readonly now: number;
  readonly requireLease: (lease: LaneLease) => void;
}

type OnBatch = (tx: Transaction, batch: readonly unknown[]) => Promise<readonly unknown[] | void>;
type OnArguments = (tx: Transaction, ...args: readonly unknown[]) => Promise<unknown>;

async function together(tx: Transaction, commands: readonly Command[]): Promise<Answer[]> {
  const { name } = commands[0]!;
  if (!(name in BATCHES)) throw new PasserelleError('ERR_INVARIANT', { found: name });
  const batches = commands.map(({ args }) => args[0] as readonly unknown[]);
  const values = await (BATCHES[name as keyof typeof BATCHES] as OnBatch)(tx, batches.flat());
  let from = 0;
  return commands.map((command, i) => {
    const end = from + batches[i]!.length;
    const answer = { command, value: values?.slice(from, end) };
    from = end;
    return answer;
  });
}

async function alone(tx: Transaction, command: Command, now: number): Promise<Answer> {
  const { name, args } = command;
  if (name in BATCHES) return (await together(tx, [command]))[0]!;
  if (name === 'lease') return { command, value: await lease(tx, args[0] as Parameters<typeof lease>[1], now) };
  return { command, value: await (OTHERS[name as keyof typeof OTHERS] as OnArguments)(tx, ...args) };
}

/** True when the group can be sent before the lock is held: nothing in it reads the clock or the leases to decide what to write. */
export const isHot = (group: readonly Command[]): boolean => group.every(({ name }) => name in BATCHES);

/**
 * Executes a group as if one after the other, where it can be told. Commands of one kind that follow each other are one batch. What concerns messages
 * and what concerns deliveries goes side by side, since neither can see what the other of the same group does.
 */
export async function executeBare(tx: Transaction, group: readonly Command[], entered: () => Promise<Entered>): Promise<Answer[]> {
  const answers: Answer[] = [];
  let sides: [Command[][], Command[][]] = [[], []];
  const chain = async (runs: readonly Command[][]): Promise<void> => {
    for (const run of runs) answers.push(...(await together(tx, run)));
  };
  const flush = async (): Promise<void> => {
    const running = sides.map(chain);
    sides = [[], []];
    // Both have stopped sending before the transaction is ended.
    for (const done of await Promise.allSettled(running)) if (done.status === 'rejected') throw done.reason;
  };
  for (const command of group) {
    if (command.name in BATCHES) {
      const side = sides[command.name in ON_MESSAGES ? 0 : 1];
      const last = side.at(-1);
      if (last?.[0]?.name === command.name) last.push(command);
      else side.push([command]);
    } else {
      await flush();
      answers.push(await alone(tx, command, (await entered()).now));
    }
  }
  await flush();
  return answers;
}

/** Executes each command in a savepoint of its own: one that is refused leaves nothing and harms no neighbour. */
export async function executeSaved(tx: Transaction, group: readonly Command[], { now, requireLease }: Entered): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const command of group) {
    const names = new Set(tx.fresh.keys());
    await tx.query({ text: 'SAVEPOINT command' });
    try {
      if (command.lease) requireLease(command.lease);
      answers.push(await alone(tx, command, now));
    } catch (error) {
      if (!(error instanceof PasserelleError) && !isOfCommand(error)) throw error;
      await tx.query({ text: 'ROLLBACK TO SAVEPOINT command' });
      tx.forgetNames(names);
      answers.push({ command, error: asRefusal(error) });
    }
    await tx.query({ text: 'RELEASE SAVEPOINT command' });
  }
  return answers;
}
