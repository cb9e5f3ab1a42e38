import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { UNCONFIGURED, type ConnectorContext, type DecodeResult } from 'passerelle/contract';
import { deleteDocument, fileDocument } from '../peer/documents.ts';
import { emptyState } from '../peer/state.ts';
import { connector } from '../src/index.ts';

const context: ConnectorContext = { settings: UNCONFIGURED, now: '2026-09-15T09:00:00+02:00', newId: () => 'ID1' };
const FIXTURE = new URL('../../../../connectors/k-process/fixtures/decode/deletion/input.json', import.meta.url);

describe('a deletion by the record', () => {
  const deletion = (document: object): DecodeResult => {
    const message = JSON.parse(readFileSync(FIXTURE, 'utf8')) as { document: object };
    const text = JSON.stringify({ ...message, document: { ...message.document, ...document } });
    return connector.decode({ format: 'json', text, parts: [], charset: 'utf-8', warnings: [] }, context);
  };

  it('B4: is known by its id, and waits for nobody to type it', () => {
    for (const type of [undefined, 'LETTRE']) {
      const { error, events, warnings } = deletion({ type });
      expect([error, events.length]).to.deep.equal([undefined, 1]);
      expect((events[0]!.data as { document: object }).document).to.include({ id: '1.2.250.1.999.20.20.1.7', canonicalType: 'OTHER' });
      expect(warnings.map(({ code }) => code)).to.include('deletion-type-unknown');
    }
    expect(deletion({}).warnings).to.deep.equal([]);
  });

  it('B4: is known by its number where it has no id, and is refused without either', () => {
    const { events } = deletion({ id: undefined, sourceId: 'K1' });
    expect((events[0]!.data as { document: object }).document)
      .to.include({ sourceId: 'K1' })
      .and.not.have.property('id');
    expect(deletion({ id: undefined, sourceId: undefined }).error?.code).to.equal('ERR_JSON_FIELD_MISSING');
  });

  it('B4: by a number, the stand-in withdraws what the same site gave under it, and nothing of another one', () => {
    const state = emptyState();
    const patient = { identifiers: [{ value: '0001', authority: { oid: '1.2.250.1.999.90.1' } }] };
    const at = { messageId: 'M1', type: 'document.published', occurredAt: context.now, patient };
    state.records.push({
      recordId: 'R1',
      site: '990001018',
      identifiers: [...patient.identifiers],
      former: [],
      traits: {},
      documents: {},
      latest: '',
      visits: 0,
    });
    fileDocument({ ...at, site: '990001018', document: { sourceId: 'K1', type: 'LETTER', content: { content: 'JVBERg==' } } }, state);
    const withdraw = (site: string): object => deleteDocument({ ...at, site, document: { sourceId: 'K1' } }, state);
    expect(withdraw('990009995')).to.include({ status: 404, applicationCode: 902 });
    expect(withdraw('990001018')).to.deep.equal({ recordId: 'R1' });
  });
});
