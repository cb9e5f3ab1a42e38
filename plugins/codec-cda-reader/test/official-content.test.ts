/** What is read of every official example, and what those of FRCP and PPS say field by field (values read from the files by eye). */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { checkEventData, type CareActor, type Pps, type Rcp } from '../../../core/model/index.ts';
import { writeN3 } from '../../codec-cda/index.ts';
import { plugin } from '../index.ts';
import { hasShared, needs, readShared, sharedFile } from '../../codec-cda/test/official-files.ts';
import { frcpRequest } from '../../codec-cda/test/synthetic-content.ts';

const SETS = ['specs/cda/testcontenu-2.41/ExemplesCDA', 'specs/cda/testcontenu-3.0/ExemplesCDA'];
const FRCP = 'CANCER-FRCP_2022.01_Appareil.xml';
const PPS = 'CANCER-PPS_2022.01_feuille-de-style-externe.xml';
const read = (set: string, file: string) => plugin.document!.read(readShared(set, file)).cda!;

const RCP_FIELDS =
  'apparatus appeal caseStatus date examinations facility fileComment fileComplete frame geriatricScore history ids molecular motives nature operations ' +
  'organ otherData paediatric participants pastTreatments pathology patientComment plan problems question quorum setting status synthesis tumour typeComment who';
/** A table per document: level, participants, content read. */
const TABLE: Readonly<Record<string, string>> = {
  'CANCER-FRCP_2021.01_Appareil.xml': `N3 9 rcp: ${RCP_FIELDS}`,
  'BIO-CR-BIO_2021.01_CDA-R2-Niveau-1.xml': 'N1',
  'BIO-CR-BIO_2024.01_CR-2nde-intention-PDF.xml': 'N3',
  'BIO-CR-BIO_2024.01_DEP-CCU-tout-structuré.xml': 'N3',
  'CANCER-CR-GM_2022.01_AnalyseRealisee.xml': 'N3 conclusions: author conclusion findings start title',
  'CANCER-D2LM-FIN_2022.01.xml': 'N3',
  [FRCP]: `N3 9 rcp: ${RCP_FIELDS}`,
  [PPS]:
    'N3 12 pps: contacts handedOver information paediatric paediatricComment patientComment rcpDate reason references status steps stop support tumour',
  'DOC_NON_STRUCTURE_CDA-R2-N1.xml': 'N1',
  'IMG-DA-IMG_2024.01_Mammo-Echo-Seins.xml': 'N3',
  'IMG-DA-IMG_2024.01_Radiographie_IRM_Genou.xml': 'N3',
  'IMG-DA-IMG_2024.01_Radiographie_Scanner_Genou.xml': 'N3',
  'IMG-DA-IMG_2024.01_TEP_Thorax.xml': 'N3',
  'IMG_CR_IMG_2024.01_CDA-R2-Niveau-1.xml': 'N1',
  'LDL-SES_2022.01.xml': 'N3',
  'TLM-DA_2022.01_TCG_anamnèse-non-structurée.xml': 'N3',
  'TLM-DA_2022.01_TE1_anamnèse-non-structurée.xml': 'N3',
};

describe('what is read of the official examples (skipped when the folder of specifications is absent)', () => {
  for (const set of SETS) {
    if (!hasShared(set)) it.skip(`${set} is not there`);
    for (const file of hasShared(set) ? readdirSync(sharedFile(set)).filter((one) => one.endsWith('.xml')) : []) {
      const expected = TABLE[file.normalize('NFC')];
      it(`${path.basename(file, '.xml')}: ${expected}`, () => {
        const cda = read(set, file);
        for (const part of [
          'id',
          'setId',
          'version',
          'code',
          'title',
          'effectiveTime',
          'confidentiality',
          'author',
          'custodian',
          'legalAuthenticator',
          'encounter',
        ] as const)
          expect(cda[part], part).to.not.equal(undefined);
        const [[kind, content] = []] = Object.entries(cda.content ?? {}) as [string, object | readonly object[]][];
        const fields = content && Object.keys(Array.isArray(content) ? (content[0] as object) : content).toSorted();
        const people = kind && kind !== 'conclusions' ? ` ${cda.participants.length}` : '';
        expect(`${cda.level}${people}${kind ? ` ${kind}: ${fields!.join(' ')}` : ''}`).to.equal(expected);
        const document = { canonicalType: 'OTHER', ...cda.content };
        expect(checkEventData('dcc.document.received', { patient: {}, document })).to.equal(undefined);
      });
    }
  }
});

describe('the official FRCP, field by field (skipped when the folder of specifications is absent)', () => {
  let rcp: Rcp;
  before(function () {
    needs(this, SETS[1]!);
    rcp = read(SETS[1]!, FRCP).content!['rcp'] as Rcp;
  });

  it('names the meeting, its kind, its motives and the state of the case', () => {
    expect([rcp.date, rcp.ids]).to.deep.equal([
      '2019-02-18T17:11:00+01:00',
      {
        network: '5201',
        manager: '520114',
        rcp: '27011113',
        session: '234567890',
        sessionSystem: '1.2.250.1.213.1.1.9',
        local: [{ root: '1.2.3.4.567.8.9.10', extension: '54678' }],
      },
    ]);
    expect([rcp.setting?.code, rcp.facility?.name, rcp.nature?.code, rcp.apparatus?.code, rcp.organ?.code]).to.deep.equal([
      'VR',
      "Centre Hospitalier d'Angers",
      'ORG-117',
      '76752008',
      '76752008',
    ]);
    // Its narrative says the contrary of its entry about paediatrics: the entry counts.
    expect([rcp.appeal, rcp.paediatric, rcp.fileComplete, rcp.quorum?.code, rcp.caseStatus?.code]).to.deep.equal([
      false,
      true,
      true,
      'ORG-126',
      'ORG-128',
    ]);
    expect(rcp.motives!.map(({ code, asked }) => `${code} ${asked}`)).to.deep.equal([
      'MED-235 true',
      'ORG-114 true',
      'ORG-115 false',
      'ORG-116 false',
    ]);
    expect([rcp.question, rcp.synthesis, rcp.otherData]).to.deep.equal(['(Texte libre)', '(Texte libre)', '(Texte libre)']);
  });

  it('names everybody by role', () => {
    expect(rcp.participants!.map(({ role, family, specialty }) => `${role} ${family} ${specialty?.code}`)).to.deep.equal([
      'coordinator MULLER G15_10/SM36',
      'requester PRENT G15_10/SM45',
      'presenter PRENT G15_10/SM45',
      'treating-doctor MAGNE G15_10/SM26',
      'quorum PRENT G15_10/SM45',
      'quorum DECOURT G15_10/SM45',
      'outside-quorum MANON G15_10/SM21',
      'outside-quorum LILOU undefined',
      'correspondent FABRE G15_10/SM21',
    ]);
  });

  it('B10: of its participants nothing is left when they are written again', () => {
    const [{ organization }, ...others] = rcp.participants! as [CareActor, ...CareActor[]];
    expect([organization?.telecoms, organization?.sector?.code, others.every((one) => one.telecoms ?? one.organization?.telecoms)]).to.deep.equal([
      ['tel:0242515100'],
      'ETABLISSEMENT',
      true,
    ]);
    expect(read(SETS[1]!, FRCP).content!['unread']).to.not.include('participant');
    const again = writeN3(frcpRequest({ ids: rcp.ids!, participants: rcp.participants! })).pieces[0];
    expect((plugin.document!.read(Buffer.from(again)).cda!.content!['rcp'] as Rcp).participants).to.deep.equal(rcp.participants);
  });

  it('describes the tumour', () => {
    const { icd10, morphology, topography, laterality, tnm, diagnosisDate, discovery, phase, progression } = rcp.tumour!;
    expect([icd10?.code, morphology?.code, topography?.code, laterality?.code, diagnosisDate]).to.deep.equal([
      'C50.2',
      '8000/3',
      'C50.2',
      '24028007',
      '2019-01-29',
    ]);
    expect([tnm?.t?.code, tnm?.n?.code, tnm?.m?.code, tnm?.stage?.code, tnm?.edition?.code]).to.deep.equal(['T1b', 'N1', 'M0', 'IB', '7']);
    expect([discovery, phase?.code, phase?.date]).to.deep.equal([{ screening: true, date: '2019-02-15' }, 'MED-244', '2019-02-15']);
    expect(progression).to.deep.equal({ progressing: true, local: true, regional: true, distant: false, date: '2019-02-15' });
  });

  it('says the state of the patient, the past, and the conclusions of reports', () => {
    expect([rcp.who?.score, rcp.who?.date, rcp.geriatricScore?.score, rcp.painScore]).to.deep.equal([0, '2019-02-15', 2, undefined]);
    expect(rcp.history).to.include('1978 | Mastectomie');
    expect(rcp.problems).to.include('Diabète sucré').and.include('Epilepsie');
    expect(rcp.examinations).to.include('Créatinine normale').and.include('classé ACR5');
    expect(rcp.pastTreatments!.map(({ code, start, end, status }) => [code, start, end, status])).to.deep.equal([
      ['MED-227', '2018-10-02', '2019-02-15', 'active'],
      ['GEN-092.03.01', '2019-02-10', '2019-02-15', 'completed'],
    ]);
    expect([rcp.operations![0]!.conclusion, rcp.pathology![0]!.conclusion]).to.deep.equal([
      'Texte de la conclusion du CRO',
      'Texte de la conclusion du CR-ACP',
    ]);
    expect([rcp.operations![0]!.performer?.family, rcp.pathology![0]!.performer?.family]).to.deep.equal(['ZENBERGER', 'LEGRAND']);
    // The entry refers to nothing that is there: the section says it.
    expect(rcp.molecular![0]!.conclusion).to.include("Titre de l'examen");
  });

  it('gives the propositions in their order, the frame and the state of the document', () => {
    expect(rcp.plan!.map(({ kind, code, order, start, end }) => [kind, code, order, start, end])).to.deep.equal([
      ['appeal-rcp', 'ORG-120', undefined, undefined, undefined],
      ['examination', 'ORG-064', undefined, '2019-02-18', '2019-02-28'],
      ['examination', 'ORG-064', undefined, '2019-02-18', '2019-02-28'],
      ['examination', 'ORG-064', undefined, '2019-02-18', '2019-02-28'],
      ['surveillance', 'MED-226', undefined, undefined, undefined],
      ['treatment', 'C15313', 1, '2019-02-20', '2019-08-20'],
      ['treatment', 'GEN-092.03.01', 2, '2019-02-20', '2019-08-20'],
      ['treatment', 'C15632', 3, '2019-02-20', '2019-08-20'],
    ]);
    expect([rcp.frame?.guideline, rcp.frame?.guidelineDate, rcp.frame?.trial]).to.deep.equal(['(Texte libre)', '2018-01-01', false]);
    expect(rcp.status?.code).to.equal('385651009');
  });
});

describe('the official PPS, field by field (skipped when the folder of specifications is absent)', () => {
  let pps: Pps;
  before(function () {
    needs(this, SETS[1]!);
    pps = read(SETS[1]!, PPS).content!['pps'] as Pps;
  });

  it('says why and when it was made and handed over, and what it refers to', () => {
    expect([pps.reason?.code, pps.rcpDate, pps.handedOver?.date, pps.handedOver?.by?.family, pps.status?.code]).to.deep.equal([
      'MED-560',
      '2021-01-10',
      '2021-01-13',
      'MULLER',
      '9571008',
    ]);
    expect(pps.references!.map(({ root, extension }) => `${root} ${extension}`)).to.deep.equal([
      '1.2.3.4.567.8.9.10 FRCP-2021-00001-1',
      '1.2.250.1.213.1.1.9 CRGM-2021-00002_1',
      '1.2.250.1.213.1.1.10 PPS-2020-0099_1',
    ]);
    expect(pps.information).to.include('registres des cancers');
  });

  it('lists the steps with their dates, rhythm, mode and side effects', () => {
    expect(pps.steps!.map(({ kind, treatment, mood, dates, planned }) => [kind, treatment?.code, mood, dates?.start, planned?.start])).to.deep.equal([
      ['treatment', 'C15313', 'EVN', '2019-05-01', '2019-09-01'],
      ['treatment', '387713003', 'INT', undefined, '2019-09-01'],
      ['treatment', 'C15632', 'INT', undefined, '2019-09-01'],
      ['treatment', 'GEN-092.03.01', 'INT', '2019-10-01', '2019-10-01'],
      ['prevention', 'C20427', 'INT', undefined, '2019-10-11'],
      ['measure', 'ORG-007', 'INT', undefined, undefined],
      ['measure', 'GEN-092.04.11', 'INT', undefined, undefined],
      ['follow-up', '11429006', 'INT', '2019-11-10', '2019-10-10'],
    ]);
    const [, , chemotherapy, other] = pps.steps!;
    expect(chemotherapy!.sideEffects).to.include('toxicité hématologique');
    expect([other!.rhythm?.text, other!.mode?.code, other!.sideEffects]).to.deep.equal([
      '1 fois par jour le matin après le petit déjeuner.',
      '20062000',
      'Aucun effet secondaire connu.',
    ]);
    expect(pps.stop).to.deep.include({ stopped: true, date: '2021-01-12' });
  });

  it('lists the supportive care and the contacts', () => {
    expect(pps.support!.map(({ kind, treatment }) => `${kind} ${treatment?.code}`)).to.deep.equal([
      'supportive-care ORG-176',
      'supportive-care ORG-036',
      'supportive-care MED-562',
      'social-support PAT-024',
      'social-support GEN-092.04.08',
    ]);
    expect(pps.support![1]!.findings![0]).to.deep.include({ code: '29463-7', value: '70', unit: 'kg' });
    expect(pps.contacts!.map(({ role }) => role)).to.deep.equal([
      'reference-hospital',
      'reference-hospital',
      'reference-hospital',
      'reference-hospital',
      'coordination-centre',
      'proximity',
      'health-mediator',
      'treating-doctor',
      'city-hospital-link',
      'regional-network',
      'social-organisation',
      'support-organisation',
    ]);
  });
});
