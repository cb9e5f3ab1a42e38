/** An engine does not ask at each start whether what it holds settings to is a schema: it is asked here, of everything installed. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { loadConnectors, loadPlugins } from '../../../core/registry/index.ts';
import {
  EngineDocument,
  FlatSiteSettings,
  InboundFields,
  OutboundFields,
  SiteDocument,
  checkDocuments,
  parseDocuments,
} from '../../../core/settings/index.ts';
import { SITE, catalogue } from './catalogue.ts';

const ajv = new Ajv2020({ strict: false });
const faults = (schema: object): unknown => (ajv.validateSchema({ ...schema, $schema: undefined }) ? [] : ajv.errors);

describe('schemas of settings', () => {
  it('the engine’s own are JSON Schemas', () => {
    for (const schema of [EngineDocument, SiteDocument, FlatSiteSettings, InboundFields, OutboundFields]) expect(faults(schema)).to.deep.equal([]);
  });

  it('those of connectors and transports too', async () => {
    const { transports } = await loadPlugins({ only: 'transport-' });
    const connectors = (await loadConnectors()).all.flatMap(({ definition }) => (definition.settingsSchema ? [definition.settingsSchema] : []));
    const all = [...connectors, ...[...transports.values()].flatMap(({ settingsSchema }) => [settingsSchema.in, settingsSchema.out])];
    expect(all.length).to.be.greaterThan(8);
    for (const schema of all) expect(faults(schema)).to.deep.equal([]);
  });

  it('one that is none is the connector’s fault, said as such', () => {
    expect(faults({ type: 'strng' })).to.not.deep.equal([]);
    const connectors = catalogue.connectors.map((connector) => ({ ...connector, settingsSchema: { type: 'strng' } }));
    const { issues } = checkDocuments(parseDocuments([{ file: 's.yaml', text: SITE }]), { ...catalogue, connectors });
    expect(issues.map(({ code }) => code)).to.include('ERR_MANIFEST_INVALID');
  });
});
