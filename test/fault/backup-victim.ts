/**
 * A process that makes a backup and comes to harm: `killed` says each batch that it wrote and waits to be killed, `snapshot` and `write` run on a disk
 * that is too small for the copy or for the backup, and say as JSON what became of it.
 */
import { writeBackup } from '../../core/backup/index.ts';
import type { DumpBatch, PasserelleError } from '../../core/contract/index.ts';
import { openSqliteJournal, plugin } from '../../plugins/store-journal-sqlite/index.ts';
import { incoming } from '../contract/journal/samples.ts';

const [mode = '', folder = '', target = ''] = process.argv.slice(2);

async function* telling(batches: AsyncIterable<DumpBatch>): AsyncGenerator<DumpBatch> {
  for await (const batch of batches) {
    yield batch;
    process.stdout.write(`${batch.table}\n`);
  }
}

const failure = async (work: Promise<unknown>): Promise<{ code?: string; file?: string }> =>
  work.then(
    () => ({}),
    (error: PasserelleError) => ({ code: error.code, file: error.detail.location?.file ?? '' }),
  );

if (mode === 'killed') {
  const dump = await (await openSqliteJournal(folder)).snapshot();
  await writeBackup({ engine: '1.0.0', files: [], dump: { ...dump, batches: telling(dump.batches) } }, target);
  process.stdout.write('whole\n', () => process.exit());
} else if (mode === 'snapshot') {
  const journal = await openSqliteJournal(folder);
  const refused = await failure(journal.snapshot());
  const again = await failure(journal.snapshot());
  const stored = await failure(journal.receive([incoming()]));
  await journal.close();
  process.stdout.write(JSON.stringify({ refused, again, stored }));
} else {
  const dump = await plugin.dump(folder);
  const refused = await failure(writeBackup({ engine: '1.0.0', files: [], dump }, target));
  process.stdout.write(JSON.stringify({ refused }));
}
