/** What people make the record do. */
import { PeerNotYet, type PeerDefinition, type PeerWorld, type SyntheticPerson } from 'passerelle/contract';
import type { CancerRecord, RecordState } from './state.ts';

/** FINESS and name of the record's keeper; invented. */
const KEEPER = { finess: '990009995', name: 'DOSSIER DE CANCEROLOGIE FICTIF' } as const;
const DOCUMENT_ROOT = '1.2.250.1.999.20.20';
const FRCP = { code: '34794-8', title: 'CR de réunion de concertation pluridisciplinaire' } as const;

function chosen(args: Readonly<Record<string, unknown>>, state: RecordState): CancerRecord {
  const { record: wanted } = args;
  const found = state.records.findLast(({ recordId, identifiers }) => (typeof wanted === 'string' ? recordId === wanted : identifiers.length > 0));
  if (!found) throw new PeerNotYet('no such record: an identity must come first');
  return found;
}

function frcp(
  record: CancerRecord,
  { number, asPdf }: { number: number; asPdf: boolean },
  world: PeerWorld,
): { document: object; bytes: Uint8Array } {
  const id = `${DOCUMENT_ROOT}.${record.recordId.slice(1)}.${number}`;
  const pdf = world.pdf(['FICHE RCP', `Dossier ${record.recordId}`, 'Proposition : surveillance. Document de demonstration, sans valeur medicale.']);
  const traits = record.traits as Partial<SyntheticPerson>;
  const bytes =
    asPdf || !record.ins
      ? pdf
      : world.cda({
          person: {
            ins: record.ins.value,
            insOid: record.ins.oid,
            birthName: traits.birthName ?? '',
            usedName: traits.usedName ?? traits.birthName ?? '',
            givenNames: (record.traits['birthGivenNames'] as string | undefined) ?? traits.firstGivenName ?? '',
            firstGivenName: traits.firstGivenName ?? '',
            sex: traits.sex ?? 'F',
            birthDate: traits.birthDate ?? '',
            birthPlaceCog: traits.birthPlaceCog ?? '',
          },
          patientIds: record.identifiers.flatMap(({ value, authority }) => (authority?.oid ? [{ root: authority.oid, extension: value }] : [])),
          id,
          setId: `${id}.1`,
          version: 1,
          ...FRCP,
          at: world.now(),
          custodian: KEEPER,
          body: { mime: 'application/pdf', bytes: pdf },
        });
  const document = {
    type: 'FRCP',
    id: { root: id },
    setId: `${id}.1`,
    version: 1,
    code: { code: FRCP.code, system: 'LN', label: FRCP.title },
    title: FRCP.title,
    action: 'new',
    status: 'final',
    date: world.now(),
    createdAt: world.now(),
    confidentiality: 'N',
    author: { rpps: '99700700018' },
    custodian: { name: KEEPER.name, finess: KEEPER.finess },
    visibility: { maskedToProfessionals: false, hiddenFromPatient: false, hiddenFromLegalRepresentatives: false, changesConfidentiality: false },
    content: {
      mime: bytes === pdf ? 'application/pdf' : 'text/xml',
      encoding: 'base64',
      bytes: bytes.length,
      content: Buffer.from(bytes).toString('base64'),
    },
  };
  return { document, bytes };
}

export const actions: PeerDefinition<RecordState>['actions'] = {
  /** The sheet of a multidisciplinary meeting for the establishment that follows the patient: CDA N1, or PDF with `format: pdf`. */
  frcp: (args, state, world) => {
    const record = chosen(args, state);
    const { document } = frcp(record, { number: state.next++, asPdf: args['format'] === 'pdf' }, world);
    const messageId = world.newId();
    const body = {
      contract: '1.0',
      messageId,
      type: 'document.published',
      occurredAt: world.now(),
      environment: 'test',
      site: KEEPER.finess,
      patient: { identifiers: record.identifiers, ...(record.ins && { ins: record.ins }), traits: record.traits },
      document,
      destinations: [record.site],
    };
    const headers = { 'content-type': 'application/json', 'idempotency-key': messageId };
    return [
      {
        controlId: messageId,
        type: 'document.published',
        bytes: Buffer.from(JSON.stringify(body)),
        http: { method: 'POST', path: '/v1/documents', headers },
      },
    ];
  },
};
