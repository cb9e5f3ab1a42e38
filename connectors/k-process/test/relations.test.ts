import { expect } from 'chai';
import { definePeer, UNCONFIGURED, type ConnectorContext, type PeerIncoming, type PeerWorld } from 'passerelle/contract';
import { actions } from '../peer/actions.ts';
import { judge, misanswer, onMessage } from '../peer/api.ts';
import { countsOf, emptyState } from '../peer/state.ts';
import { connector } from '../src/index.ts';

const world = {} as PeerWorld;
const record = definePeer({ id: 'k-process', listens: [], init: emptyState, onMessage, misanswer, judge, actions, counts: countsOf });
const OID = '1.2.250.1.999.10.1';
const patient = (ipp: string) => ({ ipp, ippAuthority: OID, domain: 'estuaire', birthName: 'TESTEUR' });

/** The connector writes, the stand-in of the record takes: what an event does there. */
function taking() {
  const state = record.init();
  let ids = 0;
  const context: ConnectorContext = { settings: UNCONFIGURED, now: '2026-09-15T09:00:00+02:00', newId: () => `M${++ids}` };
  const tell = (type: string, data: unknown): number | undefined => {
    const event = { id: 'e1', type, source: '/x', time: '2026-09-15T10:00:00+02:00', site: '990001018', data };
    const written = connector.encode({ event, parts: [] }, context);
    if (written.outcome !== 'message') throw new Error(written.error.code);
    const message: PeerIncoming = { bytes: Buffer.from(written.envelope.text), ...(written.envelope.http && { http: written.envelope.http }) };
    return record.onMessage(message, state, world).http?.status;
  };
  for (const ipp of ['1', '2']) {
    tell('dcc.visit.opened', { patient: patient(ipp), visit: { id: `V${ipp}` } });
    const file = state.records.find(({ identifiers }) => identifiers[0]?.value === ipp);
    if (file) file.documents[`D${ipp}`] = { type: 'PPS', version: 1, site: '990001018', visitId: `V${ipp}` };
  }
  return { state, tell, filed: () => record.counts(state).filed };
}

describe('what relates two patients, at the record', () => {
  it('merges on a merge only: a link and its end leave two records with their documents', () => {
    const { state, tell, filed } = taking();
    const both = { patients: [patient('1'), patient('2')] };
    expect(tell('dcc.identity.linked', both)).to.equal(201);
    expect(state.links).to.deep.equal(['R1 R2']);
    expect(tell('dcc.identity.unlinked', both)).to.equal(201);
    expect(state.links).to.deep.equal([]);
    expect(filed()).to.deep.equal({ R1: 1, R2: 1 });
    expect(tell('dcc.identity.merged', { surviving: '1', absorbed: '2', authority: OID, domain: 'estuaire' })).to.equal(201);
    expect(filed()).to.deep.equal({ R1: 2 });
  });

  it('takes a stay and its documents from the wrong record, and nothing else', () => {
    const { state, tell, filed } = taking();
    const moved = { patient: patient('1'), from: patient('2'), visit: { id: 'V9' }, formerVisitId: 'V2' };
    expect(tell('dcc.visit.reassigned', moved)).to.equal(201);
    expect(filed()).to.deep.equal({ R1: 2, R2: 0 });
    expect(state.records.map(({ visits }) => visits)).to.deep.equal([2, 0]);
    expect(state.records[0]?.documents['D2']?.visitId).to.equal('V9');
    expect(tell('dcc.visit.reassigned', { ...moved, from: patient('3') })).to.equal(404);
    expect(tell('dcc.visit.reassigned', { ...moved, from: patient('1') })).to.equal(409);
  });
});
