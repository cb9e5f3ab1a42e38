/** A small catalogue for settings tests: one connector of two versions, mllp and https transports. */
import type { ConnectorManifest } from '../../../core/contract/index.ts';
import type { Catalogue } from '../../../core/settings/index.ts';

export const manifest = (id: string, version: string): ConnectorManifest => ({
  id,
  displayName: id,
  vendor: 'Test',
  products: [{ name: id, versions: '*' }],
  version,
  engine: '>=0.1.0',
  since: '2026-01',
  owners: { active: ['test'] },
  formats: { mllp: 'hl7v2', https: 'json' },
  flows: [
    { id: 'documents', direction: 'to-dcc', events: ['dcc.document.received'], formats: ['hl7v2'], transports: ['mllp'], stability: 'development' },
  ],
  identities: ['IPP'],
});

const port = { type: 'integer', minimum: 0, maximum: 65535 };
const host = { type: 'string', default: '127.0.0.1' };
export const catalogue: Catalogue = {
  connectors: [
    {
      manifest: manifest('dxcare', '0.1.0'),
      settingsSchema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $id: 'urn:test:dxcare',
        type: 'object',
        properties: {
          commandLine: { enum: ['legacy', 'stdin'] },
          hmacProfile: { enum: ['refused', 'body'] },
          apiKey: { type: 'string', writeOnly: true },
        },
        additionalProperties: false,
      },
    },
    { manifest: manifest('k-process', '0.1.0') },
  ],
  transports: [
    {
      id: 'mllp',
      settingsSchema: {
        in: {
          type: 'object',
          properties: { host, port, allow: { type: 'array', items: { type: 'string' } }, tls: { type: 'object' } },
          required: ['port'],
          additionalProperties: false,
        },
        out: {
          type: 'object',
          properties: { host, port, connections: { type: 'integer', minimum: 1, default: 1 } },
          required: ['port'],
          additionalProperties: false,
        },
      },
    },
    {
      id: 'https',
      settingsSchema: {
        in: {
          type: 'object',
          properties: {
            path: { type: 'string' },
            host: { type: 'string' },
            port,
            token: { type: 'string', writeOnly: true },
            tls: { type: 'object' },
            allow: { type: 'array', items: { type: 'string' } },
          },
          required: ['path'],
          additionalProperties: false,
        },
        out: {
          type: 'object',
          properties: { url: { type: 'string', format: 'uri' }, token: { type: 'string', writeOnly: true } },
          required: ['url'],
          additionalProperties: false,
        },
      },
    },
  ],
};

export const SITE = `kind: site
site: "990001018"
name: Centre hospitalier fictif
environment: test
connectors:
  - id: dxcare
    version: 0.1.0
    settings: { commandLine: legacy }
    endpoints:
      - { name: dx-in, direction: in, transport: mllp, port: 2575 }
      - { name: dx-out, direction: out, transport: mllp, port: 7001, duplicates: review, sends: [dcc.document.*] }
`;
