/**
 * Group commit: commands that wait together are executed in one transaction and share its fsync. A command that is refused
 * leaves nothing and harms no neighbour; when the disk refuses, all of them are refused and none is stored.
 *
 * A group runs bare first, since savepoints cost a copy of every page that two commands touch (measured: 15 % of the worker). When
 * a command of it is refused, the group is rolled back and runs again with each command in a savepoint.
 */
import { PasserelleError, type ErrorData } from '../../core/contract/index.ts';
import type { Answer, Command, OpenOptions, Writes } from './calls.ts';
import { sqliteCode, SQLITE, unavailable } from './database.ts';
import type { Journal } from './journal.ts';

/** Errors of one statement; any other of SQLite is the disk, memory or damage, and takes the transaction with it. */
const STATEMENT_ERRORS: readonly number[] = [SQLITE.ERROR, SQLITE.TOOBIG, SQLITE.CONSTRAINT, SQLITE.MISMATCH, SQLITE.RANGE];

export type Grouped = (group: readonly Command[]) => Answer[];

export function groupCommitter(journal: Journal, writes: Writes, { pageLimit }: OpenOptions): Grouped {
  const { db, names, tally } = journal;
  const [begin, commit, rollback] = ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'].map((sql) => db.prepare(sql)) as [Stmt, Stmt, Stmt];
  const [save, release, undo] = ['SAVEPOINT command', 'RELEASE command', 'ROLLBACK TO command'].map((sql) => db.prepare(sql)) as [Stmt, Stmt, Stmt];

  const call = ({ id, name, args }: Command): Answer => ({
    id,
    value: (writes[name as keyof Writes] as (...args: readonly unknown[]) => unknown)(...args),
  });
  const callInSavepoint = (command: Command): Answer => {
    save.run();
    try {
      const answer = call(command);
      release.run();
      tally.endCommand(true);
      return answer;
    } catch (error) {
      if (isOfDisk(error)) throw error;
      undo.run();
      release.run();
      tally.endCommand(false);
      names.forget();
      return { id: command.id, error: refusal(error) };
    }
  };
  const commitAll = (group: readonly Command[], execute: (command: Command) => Answer): Answer[] => {
    begin.run();
    const answers = group.map(execute);
    tally.endCommand(true);
    tally.write();
    commit.run();
    tally.endGroup(true);
    return answers;
  };
  const rollBack = (): void => {
    // SQLite may have rolled back by itself already.
    if (db.isTransaction) rollback.run();
    tally.endGroup(false);
    names.forget();
  };
  const runBare = (group: readonly Command[]): Answer[] => {
    try {
      return commitAll(group, call);
    } catch (error) {
      if (isOfDisk(error)) throw error;
      rollBack();
      return group.length === 1 ? [{ id: group[0]!.id, error: refusal(error) }] : commitAll(group, callInSavepoint);
    }
  };

  return (group) => {
    try {
      if (pageLimit) db.exec(`PRAGMA max_page_count = ${Atomics.load(pageLimit, 0) || 0xfffffffe}`);
      return runBare(group);
    } catch (error) {
      rollBack();
      const refused = unavailable(error).toData();
      return group.map(({ id }) => ({ id, error: refused }));
    }
  };
}

type Stmt = ReturnType<Journal['db']['prepare']>;

function isOfDisk(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && !STATEMENT_ERRORS.includes(code);
}

/** What a caller may know of an error: ours as it is, the rest without its text, which could quote a value. */
export function refusal(error: unknown): ErrorData {
  if (error instanceof PasserelleError) return error.toData();
  if (isOfDisk(error)) return unavailable(error).toData();
  const code = sqliteCode(error);
  return new PasserelleError('ERR_INVARIANT', { found: code === undefined ? (error as Error).name : `SQLite ${code}` }).toData();
}
