/** An FRCP and a PPS about nobody, as canonical data, with what the official examples do not have: two tumours, nine propositions, gaps. */
import type { CareActor, Pps, Rcp } from '../../../core/model/index.ts';
import type { N3Request } from '../index.ts';

const TA = '1.2.250.1.213.1.1.4.322';
const NCIT = '2.16.840.1.113883.3.26.1.1';
const SNOMED = '2.16.840.1.113883.6.96';
const ICD10 = '2.16.840.1.113883.6.3';
const ICDO3 = '2.16.840.1.113883.6.43.1';
const TNM = '2.16.840.1.113883.15.6';
const MEDICINE = { code: 'G15_10/SM36', system: '1.2.250.1.213.1.1.4.5', label: 'Médecin - Oncologie, opt médicale (SM)' };

const doctor = (role: string, type: string, family: string, more: Partial<CareActor> = {}): CareActor => ({
  role,
  type,
  ...more,
  specialty: MEDICINE,
  id: '899700700018',
  idSystem: '1.2.250.1.71.4.2.1',
  family,
  given: 'CAMILLE',
  telecoms: ['tel:0500000000'],
  address: '1 rue du Test 33000 BORDEAUX',
});

const step = (order: number, code: string, system: string, label: string): NonNullable<Rcp['plan']>[number] => ({
  kind: 'treatment',
  code,
  system,
  label,
  order,
  status: 'active',
  mood: 'INT',
  start: '2026-10-05',
  end: '2026-12-31',
});

export const RCP: Rcp = {
  date: '2026-10-05T14:00:00+02:00',
  ids: { network: '5201', manager: '520114', rcp: '27011113', session: '12', sessionSystem: '1.2.250.1.999.10.9' },
  setting: { code: 'VR', system: '2.16.840.1.113883.5.4', label: 'Virtuelle' },
  facility: {
    name: 'CHU DE TEST',
    id: '1990001018',
    idSystem: '1.2.250.1.71.4.2.2',
    type: { code: 'SA01', system: '1.2.250.1.71.4.2.4', label: 'Etablissement public de santé' },
    address: '2 rue du Test 33000 BORDEAUX',
  },
  nature: { code: 'ORG-117', system: TA, label: 'RCP Appareil - Organes' },
  apparatus: { code: '76752008', system: SNOMED, label: 'sein', text: 'Sein & aisselle <droite>' },
  appeal: false,
  motives: [
    { code: 'MED-235', system: TA, label: 'Avis diagnostique', asked: true },
    { code: 'ORG-114', system: TA, label: 'Proposition de traitement', asked: false },
  ],
  caseStatus: { code: 'ORG-134', system: TA, label: 'Cas discuté' },
  synthesis: 'Deux lésions.\nBilan négatif.',
  question: 'Place de la radiothérapie ?',
  otherData: 'Allergie à l’iode',
  fileComplete: true,
  quorum: { code: 'ORG-126', system: TA, label: 'Quorum atteint' },
  participants: [
    doctor('coordinator', 'RESP', 'TESTMED', { mention: 'PS Coordonnateur de la RCP' }),
    doctor('quorum', 'PRF', 'TESTDOC', { function: { code: '353', system: '1.2.250.1.213.1.6.1.107', label: "Membre de l'équipe de soins" } }),
    doctor('treating-doctor', 'INF', 'TRAITANT', { function: { code: 'PCP', system: '2.16.840.1.113883.5.88', label: 'Médecin traitant' } }),
  ],
  tumour: {
    name: 'Tumeur primitive',
    icd10: { code: 'C50.2', system: ICD10, label: 'Tumeur maligne du quadrant supéro-interne du sein' },
    morphology: { code: '8500/3', system: ICDO3, label: 'Carcinome canalaire infiltrant, SAI' },
    topography: { code: 'C50.2', system: ICD10, label: 'Tumeur maligne du quadrant supéro-interne du sein' },
    laterality: { code: '24028007', system: SNOMED, label: 'droit' },
    tnm: {
      t: { code: 'T1b', system: TNM },
      n: { code: 'N1', system: TNM },
      m: { code: 'M0', system: TNM },
      stage: { code: 'IB', system: TNM },
      edition: { code: '8', system: TNM, label: 'TNM_UICC 8ème édition' },
      date: '2026-08',
    },
    diagnosisDate: '2026-08',
    discovery: { screening: false },
    phase: { code: 'MED-268', system: TA, label: 'Phase initiale du cancer' },
    progression: { progressing: false, local: false },
  },
  otherTumours: [
    {
      icd10: { code: 'C50.4', system: ICD10, label: 'Tumeur maligne du quadrant supéro-externe du sein' },
      morphology: { code: '8500/3', system: ICDO3 },
      diagnosisDate: '2026',
      comment: 'Sein gauche',
    },
  ],
  who: { score: 1, code: 'MED-264', system: TA, label: 'Stade 1', date: '2026-10-01' },
  painScore: { score: 3 },
  history: 'Appendicite\n1978 | HTA',
  pastTreatments: [
    { ...step(1, 'C15313', NCIT, 'Radiothérapie'), kind: 'treatment', mood: 'EVN', status: 'completed', start: '1998', comment: 'Sein gauche' },
  ],
  pathology: [
    {
      conclusion: 'Carcinome infiltrant\nRE+ RP+',
      start: '2026-08-20',
      performer: { ...doctor('performer', 'PRF', 'PATHO'), type: undefined! },
      otherPerformers: [{ role: 'performer', family: 'PRELEVEUR', start: '2026-08-18' }],
    },
    { conclusion: 'Relecture concordante', comment: 'Deuxième avis' },
  ],
  plan: [
    { kind: 'appeal-rcp', code: 'ORG-120', system: TA, label: 'Passage en RCP recours', text: 'OUI', mood: 'ARQ' },
    {
      kind: 'examination',
      code: 'ORG-064',
      system: TA,
      label: "Demande d'examen ou de suivi",
      text: 'IRM',
      status: 'active',
      mood: 'PRP',
      start: '2026-10-08',
    },
    step(1, '387713003', SNOMED, 'intervention chirurgicale'),
    step(2, 'C15632', NCIT, 'Chimiothérapie conventionnelle'),
    step(3, 'C15313', NCIT, 'Radiothérapie'),
    step(4, 'C93352', NCIT, 'Thérapie ciblée'),
    step(5, 'C547', NCIT, 'Hormonothérapie'),
    step(6, 'C15262', NCIT, 'Immunothérapie'),
    step(7, 'MED-126', TA, 'Greffe'),
  ],
  planComment: 'Selon tolérance',
  frame: { guideline: 'Référentiel régional 2026', guidelineDate: '2026-01', trial: true },
  patientComment: 'Vit seule',
  status: { code: '9571008', system: SNOMED, label: 'approuvé', date: '2026-10-05' },
};
delete (RCP.pathology![0]!.performer as { type?: string }).type;

const contact = (role: string, code: string, label: string): CareActor => ({
  role,
  type: 'PRF',
  function: { code: 'CORRE', system: '1.2.250.1.213.1.1.4.2.280', label: 'Correspondant' },
  contact: { code, system: TA, label },
  organization: { name: `${label} de test`, id: '1990001018', idSystem: '1.2.250.1.71.4.2.2' },
  start: '2026-10-05',
});

export const PPS: Pps = {
  patientComment: 'Parle peu français',
  paediatric: false,
  tumour: { morphology: { code: '8500/3', system: ICDO3 }, diagnosisDate: '2026-08' },
  steps: [
    {
      kind: 'treatment',
      treatment: { code: 'C15632', system: NCIT, label: 'Chimiothérapie conventionnelle', text: 'EC100' },
      status: 'active',
      mood: 'INT',
      planned: { start: '2026-10-20', end: '2026-12-20' },
      rhythm: { regular: true, text: 'tous les 21 jours' },
      mode: { code: 'IVINJ', system: '2.16.840.1.113883.5.112', label: 'injection intraveineuse' },
      sideEffects: 'Nausées\nChute des cheveux',
      comment: 'À jeun',
      findings: [{ code: '29463-7', system: '2.16.840.1.113883.6.1', label: 'Poids', value: '70', unit: 'kg', date: '2026-10-01' }],
    },
    { kind: 'follow-up', treatment: { code: '11429006', system: SNOMED, label: 'consultation' }, status: 'active', mood: 'INT' },
  ],
  stop: { stopped: false, comment: 'Poursuite' },
  support: [
    { kind: 'supportive-care', treatment: { code: 'ORG-036', system: TA, label: 'Prise en charge diététique' }, status: 'active', mood: 'INT' },
  ],
  reason: { code: 'MED-560', system: TA, label: 'Réajustement du programme thérapeutique et de suivi', date: '2026-10-06' },
  rcpDate: '2026-10-05',
  handedOver: { date: '2026-10-08', text: 'En main propre' },
  status: { code: '9571008', system: SNOMED, label: 'approuvé' },
  references: [{ root: '1.2.250.1.999.20.9', extension: 'FRCP-1', text: 'FRCP du 5 octobre' }, { root: '1.2.250.1.999.20.8' }],
  contacts: [
    contact('reference-hospital', 'ORG-177', 'Etablissement de santé de référence'),
    contact('coordination-centre', 'ORG-190', 'Centre de coordination'),
    contact('proximity', 'ORG-178', 'Proximité'),
  ],
  information: 'Vos données...',
};

const request = (document: Partial<N3Request['document']>): N3Request => ({
  patient: {
    ins: '258033399990170',
    insOid: '1.2.250.1.213.1.4.10',
    insStatus: 'VALI',
    birthName: 'FAUXVILLE',
    birthGivenNames: 'ÉLODIE MARIE',
    firstGivenName: 'ÉLODIE',
    sex: 'F',
    birthDate: '1958-03-14',
    birthPlaceCog: '33999',
  },
  document: {
    canonicalType: 'FRCP',
    id: '1.2.250.1.999.20.2',
    setId: '1.2.250.1.999.20.1',
    version: 1,
    date: '2026-10-05T14:00:00+02:00',
    createdAt: '2026-10-05T15:00:00+02:00',
    confidentiality: 'N',
    participants: [
      { role: 'author', rpps: '99700700018', family: 'TESTMED', given: 'CAMILLE', organization: { name: 'CHU DE TEST', finess: '990001018' } },
    ],
    custodian: { name: 'CHU DE TEST', finess: '990001018' },
    ...document,
  },
  now: '2026-10-05T15:00:00+02:00',
  timeZone: 'Europe/Paris',
  legalAuthenticator: { rpps: '99700700018', family: 'TESTMED', given: 'CAMILLE' },
  facilityType: { code: 'SA07', system: '1.2.250.1.71.4.2.4', label: 'Cabinet individuel' },
  practiceSetting: { code: 'ETABLISSEMENT', system: '1.2.250.1.213.1.1.4.9', label: 'Etablissement de santé' },
});

export const frcpRequest = (rcp: Rcp = RCP): N3Request => request({ rcp });
export const ppsRequest = (pps: Pps = PPS): N3Request => request({ canonicalType: 'PPS', pps });
