/** Simulator of DxCare: holds its patients, sends identities, movements and documents, files what the engine brings. */
import { definePeer } from 'passerelle/contract';
import { actions } from './actions.ts';
import { judge, misanswer } from './answers.ts';
import { onMessage } from './filing.ts';
import { onPage } from './pages.ts';
import { countsOf, emptyState, type DxCareState } from './state.ts';

export const peer = definePeer<DxCareState>({
  id: 'dxcare',
  listens: [{ transport: 'mllp', format: 'hl7v2' }],
  init: emptyState,
  onMessage,
  onPage,
  misanswer,
  judge,
  actions,
  counts: countsOf,
});
