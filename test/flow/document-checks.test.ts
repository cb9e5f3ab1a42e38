/** B9 and B10 over real sockets: a PDF of the record reaches DxCare as a CDA that passes the schema; a CDA that does not is delivered, and said. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { MessageTimeline } from 'passerelle/contract';
import { packageRoot } from '../../core/registry/index.ts';
import { passerelle } from '../unit/cli/cli-process.ts';
import { TestRegion, TOKEN, until } from './region.ts';

const RULES = path.join(process.env['PASSERELLE_SHARED'] ?? path.resolve(packageRoot, '../shared'), 'specs/cda');
const HOSPITAL = '990001018';
/** The first patient of the simulated hospital. */
const IPP = '0004512001';

describe(`checks of documents in the flow${existsSync(RULES) ? '' : ' (skipped: the folder of specifications is absent)'}`, () => {
  const region = new TestRegion();
  before(async function () {
    if (!existsSync(RULES)) this.skip();
    await region.prepare((yaml) => yaml.replace('commandLine: legacy, ', 'commandLine: legacy, cda: { plain: n1, confidentiality: N }, '));
    await region.start([], { PASSERELLE_DOCUMENTS_RULES: RULES });
    await region.dxcare.act('admission');
  });
  after(() => region.stop());

  async function publish(messageId: string, content: Buffer, mime: string): Promise<MessageTimeline> {
    const identifiers = [{ value: IPP, authority: { oid: '1.2.250.1.999.10.1' }, type: 'PI' }];
    const answer = await fetch(`http://127.0.0.1:${region.ports.public}/entrant/k-process/v1/documents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': messageId, authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({
        contract: '1.0',
        messageId,
        type: 'document.published',
        occurredAt: '2026-10-01T10:00:00+02:00',
        environment: 'test',
        patient: { identifiers },
        document: {
          type: 'FRCP',
          id: { root: `1.2.250.1.999.20.9.${messageId.length}${content.length}` },
          visibility: {
            maskedToProfessionals: false,
            hiddenFromPatient: false,
            hiddenFromLegalRepresentatives: false,
            changesConfidentiality: false,
          },
          content: { mime, encoding: 'base64', content: content.toString('base64') },
        },
        destinations: [HOSPITAL],
      }),
    });
    expect(answer.status).to.equal(201);
    await region.drained();
    const [message] = await region.messages(`controlId=${messageId}&limit=1`);
    return region.timeline(message!.id);
  }

  it('B10: a PDF leaves within a CDA N1, held to the schema before it does', async () => {
    const { deliveries } = await publish('PDF-1', Buffer.from('%PDF-1.4\n% fiche\n%%EOF\n'), 'application/pdf');
    expect(deliveries.map(({ state, error }) => error?.code ?? state)).to.deep.equal(['delivered']);
  });

  it('B9: a CDA that breaks the schema is delivered, and its message says so afterwards', async () => {
    const cda = Buffer.from(
      '<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.250.1.999.20.9.77"/><code code="34794-8" codeSystem="2.16.840.1.113883.6.1"/>' +
        `<recordTarget><patientRole><id root="1.2.250.1.999.10.1" extension="${IPP}"/></patientRole></recordTarget>` +
        '<component><nonXMLBody><text>x</text></nonXMLBody></component></ClinicalDocument>',
    );
    const { message, deliveries } = await publish('CDA-1', cda, 'text/xml');
    expect(deliveries.map(({ state }) => state)).to.deep.equal(['delivered']);
    await until('the document is checked', 60_000, async () => (await region.timeline(message.id)).checks !== undefined);
    const [check] = (await region.timeline(message.id)).checks!;
    expect(check!.errors).to.be.greaterThan(0);
    expect(check!.findings[0]).to.include({ severity: 'error', rules: 'XSD' });
    const { out } = await passerelle(['message', message.id, '--data', region.data]);
    expect(out)
      .to.match(/Document p1, vérifié/)
      .and.match(/erreur XSD/);
  });
});
