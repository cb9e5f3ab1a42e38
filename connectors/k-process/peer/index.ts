/** Stand-in of the record: the HTTP contract of openapi.yaml, with records, their identities and their documents, and the pages of a record that a contextual call opens. */
import { definePeer } from 'passerelle/contract';
import { actions } from './actions.ts';
import { judge, misanswer, onMessage } from './api.ts';
import { onPage } from './pages.ts';
import { countsOf, emptyState, type RecordState } from './state.ts';

export const peer = definePeer<RecordState>({
  id: 'k-process',
  listens: [{ transport: 'https', format: 'json' }],
  init: emptyState,
  onMessage,
  onPage,
  misanswer,
  judge,
  actions,
  counts: countsOf,
});
