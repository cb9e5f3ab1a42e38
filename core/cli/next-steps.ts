/** The next command to type, by the state of a message and of its deliveries. */
import type { DeliveryView, MessageView } from '../contract/index.ts';

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

export function nextForDelivery({ id, state, behind, message, error }: DeliveryView): readonly string[] {
  switch (state) {
    case 'review':
      return [`passerelle delivery confirm ${id} --why "..."`, `passerelle delivery resend ${id}`];
    case 'held':
      if (error?.code === 'ERR_IDENTITY_CONFLICT')
        return ['--accept', '--reject'].map((verdict) => `passerelle identity task ${message} ${verdict} --why "..."`);
      return [`passerelle delivery release ${id}`, `passerelle delivery discard ${id} --why "..."`];
    case 'dead':
      return [`passerelle delivery resend ${id}`, `passerelle replay ${message}`, `passerelle delivery discard ${id} --why "..."`];
    case 'queued':
      return behind ? [`passerelle message ${behind}`] : ['passerelle lanes'];
    default:
      return [];
  }
}
