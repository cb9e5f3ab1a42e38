/**
 * What reaches which establishment (SAFETY A4, B6, B7), over real sockets: two establishments that know the same patient, and documents
 * of the record that name one of them.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Hl7Message } from '../../plugins/codec-hl7v2/index.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import { TestRegion, TOKEN, until } from './region.ts';

const CLINIC = '990003014';
const HOSPITAL = '990001018';
const INS = { value: '237063399100156', oid: '1.2.250.1.213.1.4.10' };
const AT_HOSPITAL = { value: 'H77', authority: { oid: '1.2.250.1.999.10.1' }, type: 'PI' };
const AT_CLINIC = { value: 'C88', authority: { oid: '1.2.250.1.999.30.1' }, type: 'PI' };

const clinicSettings = (port: number): string => `
kind: site
site: '${CLINIC}'
name: Clinique fictive
role: establishment
environment: test
timeZone: Europe/Paris
identityAuthorities:
  - { namespace: HMTEST, oid: 1.2.250.1.999.30.1, type: PI, domain: hm, use: IPP }
senders: []
documentTypes: []
charsetFallback: windows-1252
connectors:
  - id: dxcare
    version: 0.1.0
    settings: { ppacCode: none }
    endpoints:
      - { name: clinique-out, direction: out, transport: mllp, host: 127.0.0.1, port: ${port}, connections: 1, duplicates: review, sends: [dcc.document.received] }
`;

describe('where a document of the record goes', () => {
  const region = new TestRegion();
  let clinic: Receiver;
  let count = 0;

  before(async () => {
    clinic = await startReceiver();
    const known = '  - { namespace: DXCARE, oid: 1.2.250.1.999.10.1, domain: estuaire, use: IPP }\n';
    await region.prepare((yaml) => yaml.replace(known, `${known}  - { namespace: HMTEST, oid: 1.2.250.1.999.30.1, domain: hm, use: IPP }\n`));
    writeFileSync(path.join(region.config, 'clinique.yaml'), clinicSettings(clinic.port));
    await region.start();
  });
  after(async () => {
    await region.stop();
    await clinic.stop();
  });

  async function publish(patient: object, destinations: readonly string[], visibility?: object): Promise<Record<string, unknown>> {
    const messageId = `B6-${(count += 1)}`;
    const id = { root: `1.2.250.1.999.20.6.${count}` };
    const pdf = Buffer.from(`%PDF-1.4\n% ${count}\n%%EOF\n`).toString('base64');
    const content = { mime: 'application/pdf', encoding: 'base64', content: pdf };
    const document = {
      type: 'FRCP',
      id,
      code: { code: '34794-8', system: 'LN' },
      status: 'final',
      action: 'new',
      ...(visibility && { visibility }),
      content,
    };
    const traits = {
      birthName: 'VALMORÉE',
      firstGivenName: 'ÉLISE',
      birthGivenNames: 'ÉLISE',
      sex: 'F',
      birthDate: '1937-06-12',
      birthPlaceCog: '33991',
    };
    const body = { contract: '1.0', type: 'document.published', occurredAt: '2026-10-01T09:00:00+02:00', environment: 'test', site: '990009995' };
    const response = await fetch(`http://127.0.0.1:${region.ports.public}/entrant/k-process/v1/documents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, 'idempotency-key': messageId },
      body: JSON.stringify({ ...body, messageId, patient: { ...patient, traits }, document, destinations }),
    });
    return (await response.json()) as Record<string, unknown>;
  }
  const filedAtHospital = async (): Promise<number> => Object.values((await region.dxcare.counts()).filed).reduce((a, b) => a + b, 0);
  const numbers = (message: Hl7Message | undefined): string[] => (message?.first('PID')?.reps(3) ?? []).map((one) => one.get(1));

  it('reaches the establishment it names and no other that knows the patient, with the number of that one', async () => {
    const before = await filedAtHospital();
    await publish({ identifiers: [AT_HOSPITAL, AT_CLINIC], ins: INS, identityStatus: 'QUAL' }, [CLINIC]);
    await region.drained();
    expect(clinic.received.map(numbers)).to.deep.equal([['C88', INS.value]]);
    expect(await filedAtHospital()).to.equal(before);
  });

  it('carries no INS that is not qualified', async () => {
    await publish({ identifiers: [AT_CLINIC], ins: INS, identityStatus: 'PROV' }, [CLINIC]);
    await region.drained();
    expect(numbers(clinic.received.at(-1))).to.deep.equal(['C88']);
    expect(clinic.received.at(-1)?.toString()).to.not.include(INS.value);
  });

  it('is held where the patient is unknown, and never goes under the number of another establishment', async () => {
    const [before, received] = [await filedAtHospital(), clinic.received.length];
    await publish({ identifiers: [AT_HOSPITAL], ins: INS, identityStatus: 'QUAL' }, [CLINIC]);
    await region.drained();
    const [held] = await region.deliveries('state=held&limit=10');
    expect(held?.error?.code).to.equal('ERR_DESTINATION_UNKNOWN_PATIENT');
    expect(clinic.received.length).to.equal(received);
    expect(await filedAtHospital()).to.equal(before);
  });

  it('waits for a person when no establishment it names is connected', async () => {
    expect(await publish({ identifiers: [AT_HOSPITAL] }, ['990003030'])).to.include({ status: 'quarantined' });
    const [message] = await region.messages('state=quarantined&limit=1');
    expect(message?.error?.code).to.equal('ERR_NO_DESTINATION');
  });

  it('says of visibility what is known and never N for the rest', async () => {
    const received = clinic.received.length;
    await publish({ identifiers: [AT_CLINIC] }, [CLINIC], { hiddenFromPatient: true });
    await until('it arrived', 10_000, () => clinic.received.length > received);
    const flags =
      clinic.received
        .at(-1)
        ?.all('OBX')
        .filter((obx) => obx.get('3.3') === 'MetaDMPMSS') ?? [];
    expect(flags.map((obx) => `${obx.get('3.1')}=${obx.get('5.1')}`)).to.deep.equal(['INVISIBLE_PATIENT=Y']);
  });

  it('reaches both of two establishments that it names, each with its own number', async () => {
    const before = await filedAtHospital();
    const received = clinic.received.length;
    await publish({ identifiers: [AT_HOSPITAL, AT_CLINIC] }, [CLINIC, HOSPITAL]);
    await region.drained();
    expect(clinic.received.slice(received).map(numbers)).to.deep.equal([['C88']]);
    const lanes = (await region.deliveries('limit=20')).filter(({ lane }) => lane === 'estuaire-dxcare-out');
    expect(lanes.length, 'a delivery to the hospital').to.equal(1);
    expect(await filedAtHospital()).to.be.within(before, before + 1);
  });
});
