/** Mediboard (OpenXtrem): hospital record. The way back into it from the cancer record; messages by the national profile, until its own is known. */
import { defineConnector, type ConnectorManifest } from 'passerelle/contract';
import { acknowledgeFr, decodeFr, dialect, frenchSettings, interpretFr } from 'passerelle/codec/hl7v2-fr';
import manifest from '../manifest.json' with { type: 'json' };
import settings from '../config.schema.json' with { type: 'json' };
import { decodeReturn, encode } from './return.ts';

export { deviations } from './deviations.ts';

const PROFILE = dialect('mediboard', {});

export const connector = defineConnector({
  manifest: manifest as ConnectorManifest,
  settingsSchema: frenchSettings(settings),
  decode: (envelope, context) => (envelope.format === 'hl7v2' ? decodeFr(envelope, context, PROFILE) : decodeReturn(envelope, context)),
  encode,
  acknowledge: (reception, envelope, context) => (envelope.format === 'hl7v2' ? acknowledgeFr(reception, envelope, context, PROFILE) : null),
  // The way back is answered to the browser, with a redirect.
  interpret: (reply, sent) => interpretFr(reply, sent, PROFILE),
});
