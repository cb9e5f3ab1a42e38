/** DxCare (Dedalus): hospital record. Identities and documents towards the cancer record, documents of the record back into it. */
import { defineConnector, type ConnectorManifest } from 'passerelle/contract';
import { acknowledgeFr, decodeFr, encodeFr, frenchSettings, interpretFr } from 'passerelle/codec/hl7v2-fr';
import manifest from '../manifest.json' with { type: 'json' };
import settings from '../config.schema.json' with { type: 'json' };
import { decodeCall, isCall } from './call.ts';
import { DXCARE } from './profile.ts';

export { deviations } from './deviations.ts';

export const connector = defineConnector({
  manifest: manifest as ConnectorManifest,
  settingsSchema: frenchSettings(settings),
  decode: (envelope, context) => (isCall(envelope) ? decodeCall(envelope, context) : decodeFr(envelope, context, DXCARE)),
  encode: (input, context) => encodeFr(input, context, DXCARE),
  acknowledge: (reception, envelope, context) => acknowledgeFr(reception, envelope, context, DXCARE),
  interpret: (reply, sent) => interpretFr(reply, sent, DXCARE),
});
