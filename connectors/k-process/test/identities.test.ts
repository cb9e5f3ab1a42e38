import { expect } from 'chai';
import { UNCONFIGURED, type ConnectorContext, type SiteSettings } from 'passerelle/contract';
import type { EventData } from 'passerelle/model';
import { connector } from '../src/index.ts';

const STAYS = '1.2.250.1.999.10.2';
const settings: SiteSettings = {
  ...UNCONFIGURED,
  site: '990009995',
  environment: 'test',
  identityAuthorities: [
    { oid: '1.2.250.1.999.10.1', domain: 'estuaire', use: 'IPP' },
    { oid: STAYS, domain: 'estuaire', use: 'IEP' },
  ],
};
const body = {
  contract: '1.0',
  messageId: 'm1',
  type: 'document.published',
  occurredAt: '2026-10-01T08:00:00Z',
  environment: 'test',
  destinations: ['990001018'],
  patient: {
    identifiers: [{ value: '4711', authority: { oid: STAYS }, type: 'AN' }],
    ins: { value: '279035121518989', oid: '1.2.250.1.213.1.4.10' },
    identityStatus: 'QUAL',
    traits: { birthName: 'TESTEUR', firstGivenName: 'ELISE', sex: 'F', birthDate: '1937-06-12' },
  },
  document: { type: 'FRCP', title: 'x', content: { encoding: 'text', content: 'bonjour', mime: 'text/plain' } },
};

describe('who the record says a patient is', () => {
  it('A7: the number of a stay is no number of the patient, whatever its domain is called', () => {
    const context: ConnectorContext = { settings, now: '2026-10-01T08:00:00Z', newId: () => 'i' };
    const { events } = connector.decode({ format: 'json', text: JSON.stringify(body), charset: 'utf-8', parts: [], warnings: [] }, context);
    const { patient } = events[0]!.data as EventData<'dcc.document.received'>;
    expect(patient).to.not.have.property('ipp');
    expect(patient.otherIds).to.deep.equal([{ type: 'AN', value: '4711', authority: STAYS }]);
  });

  it('A1, A7: a number under a name that two hospitals bear is of neither, and the message waits; its OID tells', () => {
    const oids = ['1.2.250.1.999.91.1', '1.2.250.1.999.91.2'] as const;
    const identityAuthorities = oids.map((oid, i) => ({ namespace: 'IPP', oid, domain: `chu-${i}`, use: 'IPP' as const }));
    const context: ConnectorContext = { settings: { ...settings, identityAuthorities }, now: '2026-10-01T08:00:00Z', newId: () => 'i' };
    const read = (authority: object): ReturnType<typeof connector.decode> => {
      const patient = { ...body.patient, identifiers: [{ value: '42', authority, type: 'PI' }] };
      return connector.decode({ format: 'json', text: JSON.stringify({ ...body, patient }), charset: 'utf-8', parts: [], warnings: [] }, context);
    };
    expect(read({ namespace: 'IPP' })).to.deep.nested.include({ decision: 'quarantine', 'error.code': 'ERR_PATIENT_AMBIGUOUS', events: [] });
    expect(read({ namespace: 'IPP', oid: oids[1] }).events[0]?.keys).to.deep.equal([{ domain: 'chu-1', value: '42' }]);
  });
});
