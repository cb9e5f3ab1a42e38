/** A connector that misbehaves on demand: what it does is the text of the message. */
import type { ConnectorContext, ConnectorDefinition, Envelope } from 'passerelle/contract';

export const connector = {
  manifest: { id: 'unruly' },
  decode: (envelope: Envelope, context: ConnectorContext) => {
    if (envelope.text === 'throw') throw new TypeError(`a secret of ${envelope.text}`);
    for (; envelope.text === 'loop';);
    if (envelope.text === 'exit') process.exit(3);
    return { decision: 'accept', events: [], warnings: [{ code: context.newId() }, { code: context.newId() }, { code: context.now }] };
  },
  encode: () => ({ outcome: 'refuse', error: { code: 'ERR_ENCODE_UNSUPPORTED', message: '' } }),
  acknowledge: () => null,
  interpret: () => ({ outcome: 'unreadable' }),
} as unknown as ConnectorDefinition;
