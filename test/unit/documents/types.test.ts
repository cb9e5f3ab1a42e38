/** SAFETY B1: what a person says of codes of documents, as the decoder of a hospital obeys it. */
import { expect } from 'chai';
import type { DocumentTypeRule } from '../../../core/contract/index.ts';
import { DocumentTypes } from '../../../core/documents/index.ts';
import { decode, SITE } from '../../../plugins/codec-hl7v2-fr/test/messages.ts';
import { index } from './archive.ts';

const PDF = Buffer.from('%PDF-1.4\n1 0 obj\n%%EOF\n').toString('base64');
const message = (...codes: readonly string[]): string[] => [
  'MSH|^~\\&|GAM|CH|DCC|DCC|20261001081500||ORU^R01^ORU_R01|M1|T|2.5|||||FRA|UNICODE UTF-8',
  'PID|1||00012345^^^GAM&1.2.250.1.999.90.1&ISO^PI||X^A^A^^^^L||19600101|F',
  'PV1|1|N',
  ...codes.flatMap((code, i) => [
    `ORC|NW|${i + 1}`,
    `OBR|${i + 1}|${i + 1}||${code}|||20261001090000`,
    `OBX|1|ED|${code}||^application^pdf^Base64^${PDF}||||||F`,
  ]),
];

describe('types that a person gave', () => {
  let types: DocumentTypes;
  const notes = new Map<string, string>();
  beforeEach(async () => {
    notes.clear();
    types = new DocumentTypes({
      index,
      journal: {
        notes: async (kind, keys) => keys.map((key) => notes.get(`${kind} ${key}`)),
        keep: async (kept) => kept.forEach(({ kind, key, value }) => notes.set(`${kind} ${key}`, value)),
      },
    });
    await types.load([SITE.site]);
  });

  /** Types of the documents of a message that waited so often, or the code that it waits for. */
  const typed = async (codes: readonly string[], run = 2): Promise<readonly unknown[] | DocumentTypeRule['code'] | undefined> => {
    const { events, error } = decode(message(...codes), await types.settingsFor(SITE, 'MSG-1', run));
    return error ? error.documentCode?.code : events.map(({ data }) => (data as { document: { canonicalType: string } }).document.canonicalType);
  };

  it('B1: a message with documents of several unknown codes is typed code by code, and each may be said otherwise', async () => {
    const codes = ['X1^CR un^LOC', 'Y1^CR deux^LOC'];
    expect(await typed(codes)).to.equal('X1');
    await types.once('MSG-1', { system: 'LOC', code: 'X1', type: 'FRCP' }, '2026');
    expect(await typed(codes)).to.equal('Y1');
    await types.once('MSG-1', { system: 'LOC', code: 'Y1', type: 'LDL' }, '2026');
    expect(await typed(codes)).to.deep.equal(['FRCP', 'LDL']);
    await types.once('MSG-1', { system: 'LOC', code: 'X1', type: 'OTHER' }, '2026');
    expect(await typed(codes)).to.deep.equal(['OTHER', 'LDL']);
  });

  it('B1: a rule that was kept alone, by the form of before, counts', async () => {
    await types.once('MSG-1', { system: 'LOC', code: 'X1', type: 'FRCP' }, '2026');
    for (const [key, value] of notes) notes.set(key, JSON.stringify((JSON.parse(value) as readonly unknown[])[0]));
    expect(await typed(['X1^CR un^LOC'])).to.deep.equal(['FRCP']);
  });

  it('B1: what was learned of a code that types share stands behind the title of a document', async () => {
    const [plain, titled] = ['18776-5^Plan de traitement^LN', "18776-5^Programme personnalisé de l'après cancer^LN"];
    expect(await typed([titled])).to.deep.equal(['PPAC']);
    await types.learn({ site: SITE.site, system: 'LN', code: '18776-5', type: 'PPS', who: 'camille', at: '2026' });
    expect(await typed([plain])).to.deep.equal(['PPS']);
    expect(await typed([titled])).to.deep.equal(['PPAC']);
  });
});
