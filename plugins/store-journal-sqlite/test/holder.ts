/** A second process: opens the journal of the folder it is given, says so (or why not), and holds it until it is ended. */
import { openSqliteJournal } from '../index.ts';

try {
  await openSqliteJournal(process.argv[2]!);
  process.stdout.write('open\n');
} catch (error) {
  process.stdout.write(`${(error as { code: string }).code}\n`);
}
