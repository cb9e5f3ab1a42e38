import { expect } from 'chai';
import { PasserelleError, UNCONFIGURED, type ConnectorContext, type Envelope, type Reception } from 'passerelle/contract';
import { connector } from '../src/index.ts';

const context: ConnectorContext = { settings: UNCONFIGURED, now: '2026-09-15T09:00:00+02:00', newId: () => 'ID1' };
const received: Envelope = { format: 'json', text: '{"messageId":"KP1"}', parts: [], charset: 'utf-8', warnings: [] };

describe('the answer of k-process to a received message', () => {
  const answer = (reception: Partial<Reception>, envelope: Envelope = received) => {
    const made = connector.acknowledge({ decision: 'accept', ack: 'AA', warnings: [], messageId: 'abcd-1', ...reception }, envelope, context)!;
    return { status: made.http?.status, type: made.http?.headers?.['content-type'], body: JSON.parse(made.text) as Record<string, unknown> };
  };

  it('names the message of the sender and ours, with a status for each way of taking it', () => {
    expect(answer({})).to.deep.equal({
      status: 201,
      type: 'application/json',
      body: { messageId: 'KP1', receipt: 'abcd-1', status: 'accepted', warnings: [] },
    });
    expect(answer({ decision: 'stored' })).to.deep.include({ status: 202 });
    expect(answer({ decision: 'duplicate' })).to.deep.include({ status: 200 });
    const warned = answer({ decision: 'accept-with-warning', warnings: [{ code: 'flag-missing', detail: 'MASQUE_PS' }] });
    expect(warned.body['warnings']).to.deep.equal(['flag-missing:MASQUE_PS']);
    const error = new PasserelleError('ERR_DOCUMENT_TYPE_UNKNOWN', { location: { path: '/document/type' } }).toData();
    expect(answer({ decision: 'quarantine', error })).to.deep.include({ status: 202 });
  });

  it('is a problem with code, place, application code and remedy when refused', () => {
    const error = new PasserelleError('ERR_PATIENT_MISMATCH', { location: { path: '/document/content/content' }, applicationCode: 904 }).toData();
    const refused = answer({ decision: 'reject', ack: 'AE', error });
    expect(refused).to.include({ status: 422, type: 'application/problem+json' });
    expect(refused.body).to.include({ code: 'ERR_PATIENT_MISMATCH', applicationCode: 904, location: '/document/content/content', messageId: 'KP1' });
  });

  it('asks to come back when nothing could be stored', () => {
    const error = new PasserelleError('ERR_JOURNAL_UNAVAILABLE').toData();
    expect(answer({ decision: 'reject', ack: 'AR', error })).to.include({ status: 503 });
  });

  it('falls back on the header when the body cannot be read', () => {
    const http = { method: 'POST', path: '/v1/documents', headers: { 'idempotency-key': 'KP9' } };
    expect(answer({ ack: 'AE', decision: 'reject' }, { ...received, text: '{', http }).body['messageId']).to.equal('KP9');
  });
});

describe('what an answer of the record means to k-process', () => {
  const meaning = (status: number, body: unknown = {}, type = 'dcc.document.received') =>
    connector.interpret(
      { ...received, text: typeof body === 'string' ? body : JSON.stringify(body), http: { method: '', path: '', status } },
      { controlId: 'M1', type },
    );

  it('is delivered for any 2xx that names our message, and for no other', () => {
    for (const status of [200, 201, 202]) expect(meaning(status, { messageId: 'M1' })).to.include({ outcome: 'delivered', ack: `HTTP ${status}` });
    for (const body of [{ messageId: 'M2' }, {}, '<html>OK</html>', '', '[]', 'null']) expect(meaning(200, body).outcome).to.equal('unreadable');
  });

  it('is unknown-there for a document whose patient is unknown, which an identity never is', () => {
    const body = { title: 'unknown', status: 404, applicationCode: 902 };
    expect(meaning(404, body)).to.include({ outcome: 'unknown-there', applicationCode: 902 });
    expect(meaning(404, body, 'dcc.identity.merged')).to.include({ outcome: 'refused', applicationCode: 902 });
  });

  it('is refused for what will never pass', () => {
    for (const status of [400, 409, 410, 413, 415, 422]) expect(meaning(status, { title: 'no' }).outcome, `${status}`).to.equal('refused');
    expect(meaning(409, { applicationCode: 904 })).to.include({ outcome: 'refused', applicationCode: 904 });
    expect(meaning(422, { applicationCode: 12345 })).to.not.have.property('applicationCode');
  });

  it('is later when nothing was taken: busy, or a wrong door', () => {
    for (const status of [301, 302, 401, 403, 404, 405, 408, 429, 503])
      expect(meaning(status, '<html>').outcome, `${status}`).to.equal('unavailable');
  });

  it('is ambiguous when it may have been taken', () => {
    for (const status of [0, 500, 502, 504]) expect(meaning(status, '<html>').outcome, `${status}`).to.equal('unreadable');
  });

  it('says nothing of the content of the answer', () => {
    expect(JSON.stringify(meaning(422, { title: 'Mme QUINTARD refused', detail: 'QUINTARD' }))).to.not.contain('QUINTARD');
  });
});

describe('HL7 of the first pilots through k-process', () => {
  const hl7 = (text: string): Envelope => ({ ...received, format: 'hl7v2', text });
  const ack =
    'MSH|^~\\&|DXCARE|CHX|KPROCESS|DCC|20261008110002||ACK^T02^ACK|DX9911|T|2.6|||||FRA|UNICODE UTF-8\rMSA|AE|KP-OUT-1\rERR|||207^Application error^HL70357|E|904^INS^HL70533\r';

  it('is decoded, acknowledged and interpreted in the national profile', () => {
    const [event] = connector.decode(hl7(ack), context).events;
    expect(event).to.include({ type: 'dcc.document.refused' });
    expect(connector.acknowledge({ decision: 'accept', ack: 'AA', warnings: [] }, hl7(ack), context)).to.equal(null);
    expect(connector.interpret(hl7(ack), { controlId: 'KP-OUT-1', type: 'dcc.document.received' })).to.include({
      outcome: 'refused',
      applicationCode: 904,
    });
  });

  it('is written for an endpoint that takes HL7, and only for one', () => {
    const settings = { ...UNCONFIGURED, identityAuthorities: [{ oid: '1.2.250.1.999.10.1', domain: 'estuaire', use: 'IPP' as const }] };
    const patient = { ipp: '0004512001', ippAuthority: '1.2.250.1.999.10.1', domain: 'estuaire', birthName: 'TESTEUR', sex: 'F' };
    const event = { id: 'e1', type: 'dcc.identity.updated', source: '/x', time: '2026-09-15T10:00:00+02:00', site: '990001018', data: { patient } };
    const write = (format?: string) => connector.encode({ event, parts: [], ...(format && { format }) }, { ...context, settings });
    const hl7 = write('hl7v2');
    expect(hl7.outcome === 'message' && hl7.envelope.text).to.match(/^MSH\|\^~\\&\|PASSERELLE\|[^|]*\|KPROCESS\|.*ADT\^A31/);
    for (const format of ['json', undefined]) {
      const json = write(format);
      expect(json.outcome === 'message' && json.envelope.format).to.equal('json');
    }
  });
});
