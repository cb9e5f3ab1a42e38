/** The thread of the checks (entry): one order after the other; what the schemas say goes ahead of the rest. */
import { parentPort } from 'node:worker_threads';
import { PasserelleError, type DocumentFinding, type ErrorData } from '../../../core/contract/index.ts';
import { checkDocument, type Order } from './check.ts';

export type Answer =
  | { readonly schema: readonly DocumentFinding[] }
  | { readonly findings: readonly DocumentFinding[] }
  | { readonly error: ErrorData };

// What a library prints could be a document: it goes nowhere (SAFETY D11).
process.stdout.write = () => true;
process.stderr.write = () => true;

const answer = (message: Answer): void => parentPort?.postMessage(message);

parentPort?.on('message', (order: Order) => {
  checkDocument(order, (schema) => answer({ schema })).then(
    (findings) => answer({ findings }),
    (error: unknown) => answer({ error: PasserelleError.from(error).toData() }),
  );
});
