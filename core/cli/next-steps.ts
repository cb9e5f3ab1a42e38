/** The next command to type, by the state of a message and of its deliveries. */
import type { DeliveryState, DeliveryView, MessageView } from '../contract/index.ts';
import { STATE_WORDS } from './words.ts';

export function nextForMessage({ id, state }: MessageView): readonly string[] {
  switch (state) {
    case 'quarantined':
    case 'dead':
      return [`passerelle replay ${id}`, `passerelle discard ${id} --why "..."`];
    case 'received':
      return ['passerelle lanes', 'passerelle doctor'];
    default:
      return [];
  }
}

export function nextForDelivery({ id, state, behind, behindState, message, error }: DeliveryView): readonly string[] {
  if (state === 'held' && error?.code === 'ERR_IDENTITY_CONFLICT') return [`passerelle identity task ${message} --why "..."`];
  if (state === 'queued') return behind ? [`passerelle message ${behind}`, ...decisions(behind, behindState)] : ['passerelle lanes'];
  const [first, ...others] = decisions(id, state);
  return state === 'dead' ? [first!, `passerelle replay ${message}`, ...others] : decisions(id, state);
}

/** What a person may decide of a delivery that does not leave by itself. */
function decisions(id: string, state: DeliveryState | undefined): readonly string[] {
  switch (state) {
    case 'review':
      return [`passerelle delivery confirm ${id} --why "..."`, `passerelle delivery resend ${id}`];
    case 'held':
      return [`passerelle delivery release ${id}`, `passerelle delivery discard ${id} --why "..."`];
    case 'dead':
      return [`passerelle delivery resend ${id}`, `passerelle delivery discard ${id} --why "..."`];
    default:
      return [];
  }
}

/** What a delivery that is queued waits for, in words; empty when nothing stands before it. */
export const behindWords = ({ behind, behindState }: DeliveryView): string =>
  behind ? `derrière ${behind}${behindState ? ` (${STATE_WORDS[behindState]})` : ''}` : '';

/** What a delivery that never arrived leaves in its place, in words; empty when that is nothing. */
export const shownWords = ({ stillShown }: DeliveryView): string =>
  stillShown === undefined ? '' : `le destinataire montre encore / its receiver still shows ${stillShown}`;
