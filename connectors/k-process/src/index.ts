/** Connector of K-Process, the cancer record of Nouvelle-Aquitaine: the HTTP contract we propose (openapi.yaml). */
import { defineConnector, type ConnectorManifest } from 'passerelle/contract';
import manifest from '../manifest.json' with { type: 'json' };
import settingsSchema from '../config.schema.json' with { type: 'json' };
import { acknowledge } from './acknowledge.ts';
import { decode } from './decode.ts';
import { encode } from './encode.ts';
import { interpret } from './interpret.ts';

export const connector = defineConnector({ manifest: manifest as ConnectorManifest, settingsSchema, decode, encode, acknowledge, interpret });
