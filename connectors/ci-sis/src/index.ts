/** The national reference: PAM France and HL7v2-CDA with no deviation. What a vendor without a connector of its own is tested with. */
import { defineConnector, type ConnectorManifest } from 'passerelle/contract';
import { acknowledgeFr, decodeFr, encodeFr, frenchSettings, interpretFr, NATIONAL_PROFILE } from 'passerelle/codec/hl7v2-fr';
import manifest from '../manifest.json' with { type: 'json' };

export const connector = defineConnector({
  manifest: manifest as ConnectorManifest,
  settingsSchema: frenchSettings({ title: 'Paramètres du connecteur ci-sis' }),
  decode: (envelope, context) => decodeFr(envelope, context, NATIONAL_PROFILE),
  encode: (input, context) => encodeFr(input, context, NATIONAL_PROFILE),
  acknowledge: (reception, envelope, context) => acknowledgeFr(reception, envelope, context, NATIONAL_PROFILE),
  interpret: (reply, sent) => interpretFr(reply, sent, NATIONAL_PROFILE),
});
