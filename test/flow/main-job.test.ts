/** The main job over real sockets: engine in its own process, DxCare over MLLP, K-Process over HTTP. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { TestRegion, until } from './region.ts';

describe('the main job', () => {
  const region = new TestRegion();
  before(async () => {
    await region.prepare();
    await region.start();
  });
  after(() => region.stop());

  it('files identities, visits and documents of the hospital in the record', async () => {
    for (const action of ['admission', 'identity-change', 'merge', 'letter', 'cda', 'replacement'])
      for (const sent of await region.dxcare.act(action)) expect(sent, action).to.include({ verdict: 'taken', ack: 'AA' });
    await region.drained();
    const counts = await region.record.counts();
    expect(counts).to.include({ duplicates: 0, refused: 0 });
    expect(Object.values(counts.outOfOrder)).to.deep.equal([]);
    expect((await region.deliveries('lane=dcc-out&limit=100')).every((d) => d.state === 'delivered')).to.equal(true);
  });

  it('files an FRCP of the record in the DPI of the establishment it names', async () => {
    const [sent] = await region.record.act('frcp');
    expect(sent?.verdict).to.equal('taken');
    await region.drained();
    const counts = await region.dxcare.counts();
    expect(Object.values(counts.filed).reduce((a, b) => a + b, 0)).to.equal(1);
  });

  it('A8: refuses a document that names another patient inside, and keeps a copy', async () => {
    const [sent] = await region.dxcare.act('refused');
    expect(sent).to.include({ verdict: 'refused', ack: 'AE 207/904' });
    const [message] = await region.messages('state=rejected&limit=1');
    expect(message?.error?.code).to.equal('ERR_PATIENT_MISMATCH');
  });

  it('quarantines an unmapped document code, and a corrected setting and a replay let it through', async () => {
    await region.dxcare.act('quarantined');
    const [message] = await region.messages('state=quarantined&limit=1');
    expect(message?.error).to.include({ code: 'ERR_DOCUMENT_TYPE_UNKNOWN' });
    const [, code, system] = /code (\S+) of system (\S+)/.exec(message?.error?.found ?? '') ?? [];
    const documents = readdirSync(region.config).map((file) => ({ file, text: readFileSync(path.join(region.config, file), 'utf8') }));
    const mapped = documents.map(({ file, text }) => ({
      file,
      text: text.replace('documentTypes:\n', `documentTypes:\n  - { system: ${system}, code: ${code}, type: OTHER }\n`),
    }));
    const { revision } = await region.post<{ revision: number }>('settings/apply', { documents: mapped, why: 'local code of this site' });
    expect(revision).to.equal(2);
    await region.post(`messages/${message?.id}:replay`, { why: 'mapped' });
    await region.drained();
    const { message: now, deliveries } = await region.timeline(message?.id ?? '');
    expect(now).to.include({ state: 'decoded', run: 2 });
    expect(deliveries.map((d) => d.state)).to.deep.equal(['delivered']);
  });

  it('marks as dead what the DPI refuses, with its words, and sends it again when a person says so', async () => {
    await region.dxcare.misbehave({ how: 'refuse' });
    await region.record.act('frcp');
    await region.drained();
    const [dead] = await region.deliveries('state=dead&limit=10');
    expect(dead).to.include({ lane: 'estuaire-dxcare-out', attempts: 1 });
    expect(dead?.error?.code).to.equal('ERR_ACK_REFUSED');
    await region.post(`deliveries/${dead?.id}:resend`, { why: 'corrected over there' });
    await region.drained();
    expect((await region.deliveries('state=dead&limit=10')).length).to.equal(0);
  });

  it('shows the doubt when the answer to a document is lost, and resends the same bytes when a person says so', async () => {
    await region.dxcare.misbehave({ how: 'cut' });
    await region.record.act('frcp');
    await until('the delivery is in review', 10_000, async () => (await region.deliveries('state=review&limit=10')).length === 1);
    const [doubt] = await region.deliveries('state=review&limit=10');
    const before = await region.dxcare.counts();
    await region.post(`deliveries/${doubt?.id}:resend`, { why: 'looked at the DPI' });
    await region.drained();
    const after = await region.dxcare.counts();
    expect(after.distinct, 'not a new message').to.equal(before.distinct);
    expect(after.duplicates).to.equal(before.duplicates + 1);
    expect((await region.deliveries(`lane=estuaire-dxcare-out&limit=100`)).find((d) => d.id === doubt?.id)?.state).to.equal('delivered');
  });

  it('keeps the journal over a restart and listens again', async () => {
    const before = (await region.messages()).length;
    await region.kill('SIGTERM');
    await region.start();
    expect((await region.messages()).length).to.equal(before);
    expect((await region.dxcare.act('admission')).every((s) => s.verdict === 'taken')).to.equal(true);
  });
});
