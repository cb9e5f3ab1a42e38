/** Expert Santé (Berger-Levrault): hospital record. Its contextual call, a form that the kit of the site takes; messages by the national profile, until its own is known. */
import { defineConnector, PasserelleError, type ConnectorManifest } from 'passerelle/contract';
import { acknowledgeFr, decodeFr, dialect, frenchSettings, interpretFr } from 'passerelle/codec/hl7v2-fr';
import manifest from '../manifest.json' with { type: 'json' };
import settings from '../config.schema.json' with { type: 'json' };
import { decodeCall } from './call.ts';

export { deviations } from './deviations.ts';

const PROFILE = dialect('expert-sante', {});

export const connector = defineConnector({
  manifest: manifest as ConnectorManifest,
  settingsSchema: frenchSettings(settings),
  decode: (envelope, context) => (envelope.format === 'hl7v2' ? decodeFr(envelope, context, PROFILE) : decodeCall(envelope, context)),
  encode: () => ({
    outcome: 'refuse',
    error: new PasserelleError('ERR_ENCODE_UNSUPPORTED', { expected: 'nothing: only calls are made for this product so far' }).toData(),
  }),
  acknowledge: (reception, envelope, context) => (envelope.format === 'hl7v2' ? acknowledgeFr(reception, envelope, context, PROFILE) : null),
  interpret: (reply, sent) => interpretFr(reply, sent, PROFILE),
});
