/** Joins the command line to the rest of the engine: the only file of `core/cli` that may load plugins and connectors, through the registry. */
import { PasserelleError } from '../contract/index.ts';
import type { CliServices } from './services.ts';

/** Loads what is installed; called at most once, and only by the commands that need it. */
export async function composeServices(version: string): Promise<CliServices> {
  const missing = (what: string) => async (): Promise<never> => {
    throw new PasserelleError('ERR_INVARIANT', { expected: what, found: 'nothing joined' });
  };
  return {
    version,
    catalogue: async () => ({ connectors: [], transports: [] }),
    start: missing('start'),
    translate: () => {
      throw new PasserelleError('ERR_INVARIANT', { expected: 'translate', found: 'nothing joined' });
    },
    render: missing('render'),
    readDocument: missing('readDocument'),
    sender: missing('sender'),
    tryJournal: missing('tryJournal'),
  };
}
