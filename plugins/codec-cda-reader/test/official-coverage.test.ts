/**
 * Of every official example: it parses to a whole event, what its entries say is read, and what we write of it keeps the rules that it keeps itself.
 * PASSERELLE_PRINT=1 prints the tables.
 */
import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { Document, Element, parseXmlDocument } from 'slimdom';
import type { CdaHeader } from '../../../core/contract/index.ts';
import { recogniseModel, writeN3 } from '../../codec-cda/index.ts';
import { plugin, validate } from '../index.ts';
import { hasShared, needs, readShared, sharedFile } from '../../codec-cda/test/official-files.ts';
import { frcpRequest } from '../../codec-cda/test/synthetic-content.ts';

const SETS = ['specs/cda/testcontenu-2.41/ExemplesCDA', 'specs/cda/testcontenu-3.0/ExemplesCDA'] as const;
const HL7 = 'urn:hl7-org:v3';
const read = (set: string, file: string): CdaHeader => plugin.document!.read(readShared(set, file)).cda!;
const rows: string[][] = [];

const examples = SETS.flatMap((set) => (hasShared(set) ? readdirSync(sharedFile(set)).map((file) => [set, file] as const) : [])).filter(([, file]) =>
  file.endsWith('.xml'),
);

describe('official examples as events (skipped when the folder of specifications is absent)', () => {
  before(function () {
    needs(this, 'specs/cda');
  });

  for (const [set, file] of examples)
    it(`${file} says who, what, when and for whom`, () => {
      const cda = read(set, file);
      const model = recogniseModel(cda);
      const { patient } = cda;
      rows.push([
        file,
        cda.level,
        [model?.name, model?.version].filter(Boolean).join(' ') || 'no model',
        cda.code?.code ?? '',
        `${cda.participants.length + cda.recipients.length} people`,
        Object.entries(cda.content ?? {})
          .map(([kind, value]) => `${kind} ${Object.keys(value as object).length}`)
          .join(' ') ||
          (cda.body?.mediaType ?? 'header'),
      ]);
      expect([patient.birthName, patient.birthDate, patient.sex, patient.birthPlaceCog].every((trait) => trait !== undefined)).to.equal(true);
      // The DMP takes no id with an extension.
      expect([cda.id?.extension, cda.id?.root !== undefined]).to.deep.equal([undefined, true]);
      for (const part of ['setId', 'version', 'code', 'title', 'effectiveTime', 'confidentiality', 'serviceStart', 'custodian'] as const)
        expect(cda[part], part).to.not.equal(undefined);
      expect(model !== undefined || cda.level === 'N1').to.equal(true);
    });

  after(() => {
    if (process.env['PASSERELLE_PRINT']) process.stdout.write(`${rows.map((row) => row.join(' | ')).join('\n')}\n`);
  });
});

const parse = (set: string, file: string): Document =>
  parseXmlDocument(
    readShared(set, file)
      .toString('utf8')
      .replace(/^\uFEFF/, ''),
  );
const isoDay = (value: string): string => [value.slice(0, 4), value.slice(4, 6), value.slice(6, 8)].filter((part) => part !== '').join('-');

/** Codes and times that the entries give as answers; codes of questions, which the model fixes, are none. */
function answersOf(document: Document): string[] {
  const answers: string[] = [];
  for (const entry of document.getElementsByTagNameNS(HL7, 'entry'))
    for (const one of entry.getElementsByTagNameNS(HL7, '*')) {
      const code = one.getAttribute('code');
      const isAnswer =
        one.localName === 'value' ||
        one.localName === 'targetSiteCode' ||
        (one.localName === 'code' && ['procedure', 'encounter', 'assignedEntity'].includes((one.parentNode as Element).localName));
      const isQuestion = one.localName === 'code' && one.getElementsByTagNameNS(HL7, 'qualifier').length > 0;
      if (code !== null && isAnswer && !isQuestion) answers.push(code);
      const time = one.getAttribute('value');
      const inTime = [one, one.parentNode as Element].some(({ localName }) => localName === 'effectiveTime' || localName === 'time');
      if (time !== null && inTime) answers.push(isoDay(time));
    }
  return [...new Set(answers)];
}

/** What the narratives say under a name that an entry refers to. */
function namedTexts(document: Document): string[] {
  const named = new Set(document.getElementsByTagNameNS(HL7, 'reference').map((one) => one.getAttribute('value')));
  return document
    .getElementsByTagNameNS(HL7, 'content')
    .filter((one) => named.has(`#${one.getAttribute('ID')}`) && one.getElementsByTagNameNS(HL7, '*').length === 0)
    .flatMap((one) => one.textContent?.replaceAll(/\s+/g, ' ').trim() || []);
}

/** By document: answers that are not in the event, each with why. */
const LEFT: Readonly<Record<string, readonly string[]>> = {
  // When somebody answered "no" to "RCP de recours" and the like: the meeting has its own date.
  'CANCER-FRCP_2021.01_Appareil.xml': ['2019-03-01'],
  'CANCER-FRCP_2022.01_Appareil.xml': ['2019-03-01'],
  // The guide wants a problem in the section of reason; the official example fills it with the code of that section.
  'CANCER-PPS_2022.01_feuille-de-style-externe.xml': ['42349-1'],
};

/** Words of the questions: an entry refers to them, its value is the answer. */
const QUESTIONS = ['Locale', 'Régionale', 'A distance'];

describe('coverage of FRCP and PPS (skipped when the folder of specifications is absent)', () => {
  before(function () {
    needs(this, 'specs/cda');
  });

  for (const [set, file] of examples.filter(([, one]) => LEFT[one])) {
    it(`${file}: every answer of its entries is in the event`, () => {
      const json = JSON.stringify(read(set, file).content);
      const answers = answersOf(parse(set, file));
      const left = answers.filter((answer) => !json.includes(`"${answer}"`) && !json.includes(`"${answer}T`));
      if (process.env['PASSERELLE_PRINT'])
        process.stdout.write(`${file}: ${answers.length - left.length} of ${answers.length} coded answers and times\n`);
      expect(answers.length).to.be.greaterThan(35);
      expect(left).to.deep.equal(LEFT[file]);
    });

    it(`${file}: every text that an entry refers to is in the event, or says what a code or a truth says`, () => {
      const json = JSON.stringify(read(set, file).content).toLowerCase();
      const said = namedTexts(parse(set, file));
      const left = said.filter((text) => !json.includes(JSON.stringify(text).slice(1, -1).toLowerCase()));
      if (process.env['PASSERELLE_PRINT'])
        process.stdout.write(`${file}: ${said.length - left.length} of ${said.length} texts; not: ${left.join(' · ')}\n`);
      const isSaidOtherwise = (text: string): boolean => /^(oui|non|\d\d\/\d\d\/\d{4})$/i.test(text);
      expect(left.filter((text) => !isSaidOtherwise(text) && !QUESTIONS.includes(text))).to.deep.equal([]);
    });

    it(`${file}: written again it is equal in canonical form, valid, and breaks no rule that it keeps itself`, async function () {
      this.timeout(120_000);
      const { unread, ...content } = read(set, file).content as { unread?: string[] };
      // Each of them says more than is read: none is written again for anybody.
      expect(unread).to.include.members(['reference', `narrative ${file.includes('PPS') ? '18776-5' : '72135-7'}`]);
      const { rcp: _rcp, ...document } = frcpRequest().document;
      const canonicalType = file.includes('PPS') ? 'PPS' : 'FRCP';
      const modelVersion = /_(\d{4}\.\d\d)_/.exec(file)![1]!;
      const written = Buffer.from(writeN3({ ...frcpRequest(), document: { ...document, canonicalType, ...content }, modelVersion }).pieces[0]);
      const { unread: _unread, ...again } = plugin.document!.read(written).cda!.content!;
      expect(again).to.deep.equal(content);
      const rules = sharedFile('specs/cda');
      const official = await validate(readShared(set, file), rules, { profiles: true });
      const known = new Set(official.map((one) => `${one.rules} ${one.message}`));
      const own = await validate(written, rules, { profiles: true });
      expect(own.filter((one) => one.severity === 'error' || !known.has(`${one.rules} ${one.message}`))).to.deep.equal([]);
    });
  }
});
