/**
 * A process whose files may not grow past a limit (`ulimit -f`): writes until the disk refuses a commit, has the limit raised, and
 * writes again. Says as JSON which messages were acknowledged and which refused, by control id.
 */
import { execFileSync } from 'node:child_process';
import { openSqliteJournal } from '../../plugins/store-journal-sqlite/index.ts';
import { hashed, incoming } from '../contract/journal/samples.ts';

const journal = await openSqliteJournal(process.argv[2] ?? '');
const acknowledged: string[] = [];
const refused: Record<string, string> = {};

async function send(controlId: string): Promise<void> {
  try {
    await journal.receive([incoming({ controlId, fingerprint: hashed(controlId), raw: Buffer.alloc(20_000, controlId) })]);
    acknowledged.push(controlId);
  } catch (error) {
    refused[controlId] = (error as { code: string }).code;
  }
}

for (let round = 0; Object.keys(refused).length === 0 && round < 1000; round++)
  await Promise.all(Array.from({ length: 8 }, (_, n) => send(`before-${round}-${n}`)));
execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited:unlimited']);
await Promise.all(Array.from({ length: 8 }, (_, n) => send(`after-${n}`)));
process.stdout.write(JSON.stringify({ acknowledged, refused }));
process.kill(process.pid, 'SIGKILL');
