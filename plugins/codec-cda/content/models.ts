/**
 * Models whose content is read and written, as data (SAFETY B10): sections by template and by version. What differs between versions is
 * here and nowhere else. 30954-2, 18776-5 and 55112-7 are the code of several sections: a template says which, a code never does.
 */
import type { CdaId } from '../../../core/contract/index.ts';

export type SectionName =
  | 'reason'
  | 'discovery'
  | 'diagnosis'
  | 'history'
  | 'problems'
  | 'functional'
  | 'pain'
  | 'who'
  | 'geriatric'
  | 'examinations'
  | 'progress'
  | 'treatments'
  | 'operation'
  | 'pathology'
  | 'molecular'
  | 'synthesis'
  | 'file'
  | 'plan'
  | 'frame'
  | 'comment'
  | 'status'
  | 'references'
  | 'conclusion';

export interface SectionModel {
  /** All are written; any one of them makes the section known. */
  readonly templates: readonly string[];
  readonly code: string;
  readonly label: string;
}
type Sections = Partial<Record<SectionName, SectionModel>>;

export interface ContentModel {
  readonly oid: string;
  readonly version: string;
  readonly kind: 'rcp' | 'pps' | 'conclusions';
  readonly sections: Sections;
  /** Codes of the observation that is the tumour, and of the problem that a section of reason must have. */
  readonly tumourCode?: ModelCode;
  readonly problemCode?: ModelCode;
}
type ModelCode = readonly [code: string, system: string, label: string];

const CI_SIS = '1.2.250.1.213.1.1.2';
const PCC = '1.3.6.1.4.1.19376.1.5.3.1';
const section = (code: string, label: string, ...templates: readonly string[]): SectionModel => ({ code, label, templates });

const CANCER: Sections = {
  reason: section('42349-1', 'Raison de la recommandation', `${PCC}.3.1`, `${PCC}.3.2`, `${CI_SIS}.128`),
  discovery: section('42545-4', 'Evènements observés', `${PCC}.1.21.2.9`, '1.3.6.1.4.1.19376.1.7.3.1.1.13.7', `${CI_SIS}.163`),
  diagnosis: section(
    '72135-7',
    'Diagnostic du cancer',
    '2.16.840.1.113883.10.20.1.11',
    `${PCC}.3.6`,
    '1.3.6.1.4.1.19376.1.7.3.1.3.14.1',
    `${CI_SIS}.27`,
  ),
  progress: section('18733-6', 'Note de progression', `${PCC}.1.13.2.7`, `${CI_SIS}.25`),
  plan: section('18776-5', 'Plan de soins', '2.16.840.1.113883.10.20.1.10', `${PCC}.3.36`, `${CI_SIS}.158`),
  comment: section('55112-7', 'Commentaire', '2.16.840.1.113883.10.12.201', '1.3.6.1.4.1.19376.1.4.1.2.16', `${CI_SIS}.73`),
  status: section('33557-0', "Etat d'achèvement", `${CI_SIS}.35`),
};

const FRCP_2022: Sections = {
  ...CANCER,
  history: section('11348-0', 'Antécédents médicaux', `${CI_SIS}.2`),
  problems: section('11450-4', 'Liste des problèmes actifs', `${CI_SIS}.176`),
  functional: section(
    '47420-5',
    'Évaluation du statut fonctionnel',
    '2.16.840.1.113883.10.20.1.5',
    `${PCC}.3.17`,
    `${PCC}.1.12.2.1`,
    `${CI_SIS}.111`,
  ),
  pain: section('38208-5', 'Sévérité de la douleur', `${PCC}.1.12.2.2`, `${CI_SIS}.112`),
  who: section('46006-3', 'Problèmes physiques fonctionnels et structurels', `${PCC}.1.12.2.5`, `${CI_SIS}.115`),
  geriatric: section('48542-5', 'Évaluation de la dépression gériatrique', `${PCC}.1.12.2.4`, `${CI_SIS}.114`),
  examinations: section('30954-2', "Résultats d'examens", `${PCC}.3.27`, `${CI_SIS}.150`),
  treatments: section('29554-3', 'Actes', `${PCC}.1.13.2.11`, `${CI_SIS}.118`),
  operation: section('10218-6', 'Note postopératoire', `${CI_SIS}.26`),
  pathology: section('30954-2', "Résultats d'examens", `${CI_SIS}.34`),
  molecular: section('50397-9', 'Génétique moléculaire - Interprétation', `${CI_SIS}.67`),
  synthesis: section('10164-2', 'Histoire de la maladie', `${PCC}.3.4`, `${CI_SIS}.130`),
  file: section('21874-3', 'Statut du dossier présenté en RCP', `${CI_SIS}.33`),
  frame: section('35510-7', 'Essais cliniques - Informations générales', `${CI_SIS}.175`),
};
const FRCP_2021: Sections = { ...FRCP_2022, frame: section('35510-7', 'Essais cliniques - Informations générales', `${CI_SIS}.45`) };
const PPS: Sections = { ...CANCER, references: section('55107-7', 'Documents référencés', `${CI_SIS}.55`) };

const SNOMED = {
  tumourCode: ['282291009', '2.16.840.1.113883.6.96', 'interprétation diagnostique'],
  problemCode: ['55607006', '2.16.840.1.113883.6.96', 'problème'],
} as const;
/** Before the models went over to SNOMED CT. */
const SNOMED_3_5 = {
  tumourCode: ['G-1009', '1.2.250.1.213.2.12', 'Diagnostic'],
  problemCode: ['F-01000', '1.2.250.1.213.2.12', 'Problème'],
} as const;
/** Conclusion of the structured reports of pathology (APSR) and of those made after them, molecular genetics. */
const APSR: Sections = { conclusion: section('22637-3', 'Conclusion - Diagnostic', '1.3.6.1.4.1.19376.1.8.1.2.5', `${CI_SIS}.169`) };

const DOCUMENTS = '1.2.250.1.213.1.1.1';
/** Oldest first: a version that is not here is read as the newest. */
export const CONTENT_MODELS: readonly ContentModel[] = [
  { oid: `${DOCUMENTS}.8`, version: '2021.01', kind: 'rcp', sections: FRCP_2021, ...SNOMED_3_5 },
  { oid: `${DOCUMENTS}.8`, version: '2022.01', kind: 'rcp', sections: FRCP_2022, ...SNOMED },
  { oid: `${DOCUMENTS}.26`, version: '2022.01', kind: 'pps', sections: PPS, ...SNOMED },
  { oid: `${DOCUMENTS}.57`, version: '', kind: 'conclusions', sections: APSR },
  { oid: `${DOCUMENTS}.32`, version: '2022.01', kind: 'conclusions', sections: APSR },
];
/** Organ templates of CR-ACP 2021.01 stand below this (specs FACTS G4). */
const APSR_ORGANS = '1.3.6.1.4.1.19376.1.8.1.1.';

/** Model to read with, the exact one if it is there; `exact` false when the version is one that nobody has met. */
export function contentModelOf(templateIds: readonly CdaId[]): { readonly model: ContentModel; readonly exact: boolean } | undefined {
  for (const { root, extension } of templateIds) {
    const versions = CONTENT_MODELS.filter(({ oid }) => oid === root);
    const model = versions.find(({ version }) => version === extension) ?? versions.at(-1);
    if (model) return { model, exact: extension === undefined || model.version === '' || model.version === extension };
  }
  const organ = templateIds.find(({ root }) => root.startsWith(APSR_ORGANS));
  return organ && { model: { oid: organ.root, version: organ.extension ?? '', kind: 'conclusions', sections: APSR }, exact: true };
}

/** Templates by section, those of the other versions of the model included: a section is known by any name it ever had. */
export function sectionNames({ oid, sections }: ContentModel): ReadonlyMap<string, SectionName> {
  const names = new Map<string, SectionName>();
  for (const table of [...CONTENT_MODELS.filter((other) => other.oid === oid).map((other) => other.sections), sections])
    for (const [name, { templates }] of Object.entries(table)) for (const template of templates) names.set(template, name as SectionName);
  return names;
}
