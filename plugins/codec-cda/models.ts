/**
 * Which document a CDA is (specs FACTS G1, SAFETY B1 and B10): models by OID and version, national type codes, the PPAC by its
 * title. Data, not judgement: what none of the tables names has no type here, and waits for a person or a site's map.
 */
import type { CdaHeader } from '../../core/contract/index.ts';
import type { DocumentType } from '../../core/model/index.ts';

/** A content model of CI-SIS or IHE. Its versions are live at once; one we have not met is recognised and said to be unknown. */
export interface DocumentModel {
  readonly name: string;
  readonly oid: string;
  /** Absent: the model is known and has no place among the canonical types (a request for imaging). */
  readonly type?: DocumentType;
  readonly loinc: string;
  readonly versions: readonly string[];
}

const CI_SIS = '1.2.250.1.213.1.1.1';

/** National content models, specs FACTS G1. */
export const MODELS: readonly DocumentModel[] = [
  { name: 'CANCER-FRCP', oid: `${CI_SIS}.8`, type: 'FRCP', loinc: '34794-8', versions: ['2021.01', '2022.01'] },
  { name: 'CANCER-PPS', oid: `${CI_SIS}.26`, type: 'PPS', loinc: '18776-5', versions: ['2022.01', '2025.01'] },
  { name: 'CR-ACP', oid: `${CI_SIS}.57`, type: 'CR-ACP', loinc: '60568-3', versions: [] },
  { name: 'CANCER-CR-GM', oid: `${CI_SIS}.32`, type: 'CR-GM', loinc: '51969-4', versions: ['2022.01'] },
  { name: 'CANCER-D2LM-FIN', oid: `${CI_SIS}.27`, type: 'CR-IMG', loinc: '18748-4', versions: ['2022.01'] },
  { name: 'CANCER-D2LM-FIDD', oid: `${CI_SIS}.28`, type: 'CR-IMG', loinc: '18748-4', versions: ['2022.01'] },
  { name: 'LDL-SES', oid: `${CI_SIS}.29`, type: 'LDL', loinc: '11490-0', versions: ['2022.01'] },
  { name: 'LDL-EES', oid: `${CI_SIS}.21`, type: 'LDL', loinc: '18761-7', versions: ['2022.01'] },
  { name: 'TLM-DA', oid: `${CI_SIS}.38`, type: 'TLM-DA', loinc: '75496-0', versions: ['2022.01'] },
  { name: 'IMG-CR-IMG', oid: `${CI_SIS}.45`, type: 'CR-IMG', loinc: '18748-4', versions: ['2024.01'] },
  { name: 'IMG-DA-IMG', oid: `${CI_SIS}.47`, loinc: '55115-0', versions: ['2024.01'] },
  { name: 'BIO-CR-BIO', oid: `${CI_SIS}.55`, type: 'CR-BIO', loinc: '11502-2', versions: ['2021.01', '2023.01', '2024.01'] },
];

/** Models of IHE, met without the national one beside them: they speak only when no national model does. */
const IHE_MODELS: readonly DocumentModel[] = [
  { name: 'XD-LAB', oid: '1.3.6.1.4.1.19376.1.3.3', type: 'CR-BIO', loinc: '11502-2', versions: ['2021.01'] },
];
/** CR-ACP 2021.01 declares an organ template below this OID (specs FACTS G4). */
const APSR_ORGANS = '1.3.6.1.4.1.19376.1.8.1.1';

export interface RecognisedModel {
  readonly name: string;
  readonly oid: string;
  /** `templateId/@extension`, as sent; absent when the document does not say. */
  readonly version?: string;
  /** False when the version is one we have not met: read it, and warn. */
  readonly versionKnown: boolean;
  readonly type?: DocumentType;
  readonly loinc: string;
}

/** The model a document declares; `undefined` when it declares none, or models that contradict each other (never guessed). */
export function recogniseModel(header: Pick<CdaHeader, 'templateIds'>): RecognisedModel | undefined {
  const found = header.templateIds.flatMap(({ root, extension }) => {
    const model = MODELS.find(({ oid }) => oid === root);
    return model ? [recognised(model, extension)] : [];
  });
  if (found.length > 0) return new Set(found.map(({ oid }) => oid)).size === 1 ? found[0] : undefined;
  for (const { root, extension } of header.templateIds) {
    const model = IHE_MODELS.find(({ oid }) => oid === root);
    if (model) return recognised(model, extension);
    if (root.startsWith(`${APSR_ORGANS}.`)) {
      return recognised({ name: 'APSR-ORGAN', oid: root, type: 'CR-ACP', loinc: '60568-3', versions: ['2021.01'] }, extension);
    }
  }
  return undefined;
}

function recognised({ name, oid, type, loinc, versions }: DocumentModel, version: string | undefined): RecognisedModel {
  const versionKnown = version === undefined || versions.length === 0 || versions.includes(version);
  return { name, oid, ...(version !== undefined && { version }), versionKnown, ...(type && { type }), loinc };
}

export const LOINC_OID = '2.16.840.1.113883.6.1';
/** Codes of JDV_J07 that LOINC does not have. */
export const TRE_A05_OID = '1.2.250.1.213.1.1.4.12';

/** What a national code says alone. */
export interface NationalType {
  readonly code: string;
  /** Label of JDV_J07. */
  readonly label: string;
  /** Absent when the code is shared by several types and decides nothing. */
  readonly type?: DocumentType;
  /** Set for a legacy code: the one to send onward, and a reason to warn. */
  readonly nationalCode?: string;
}

/** Codes of JDV_J07 that name one canonical type; every other code of the list is for the site's map to place (SAFETY B1). */
const NATIONAL_TYPES: readonly NationalType[] = [
  { code: '34794-8', type: 'FRCP', label: 'CR de réunion de concertation pluridisciplinaire' },
  // Every personal care plan has this code, PPAC proposals included: model OID, site map or title decide.
  { code: '18776-5', label: 'Plan personnalisé de soins' },
  { code: '60568-3', type: 'CR-ACP', label: "CR d'anatomie et de cytologie pathologiques" },
  { code: '11526-1', type: 'CR-ACP', label: "CR d'anatomie et de cytologie pathologiques", nationalCode: '60568-3' },
  { code: '51969-4', type: 'CR-GM', label: 'CR de génétique moléculaire' },
  { code: '11490-0', type: 'LDL', label: "Lettre de liaison à la sortie d'un établissement de soins" },
  { code: '18761-7', type: 'LDL', label: "Note de transfert (dont lettre de liaison à l'entrée en établissement de soins)" },
  { code: '18748-4', type: 'CR-IMG', label: "CR d'imagerie médicale" },
  { code: '11502-2', type: 'CR-BIO', label: "CR d'examens biologiques" },
  { code: '34874-8', type: 'CR-OPERATOIRE', label: 'CR opératoire' },
  { code: '75496-0', type: 'TLM-DA', label: "Demande d'acte de télémédecine" },
  { code: '85208-7', type: 'TLM-CR', label: 'CR de télémédecine' },
];

/** `undefined`: not a code that the DCC types; without `type`: a shared code. */
export const nationalTypeOf = (code: string): NationalType | undefined => NATIONAL_TYPES.find((entry) => entry.code === code);

export interface TypeCode {
  readonly code: string;
  readonly system: string;
  readonly label: string;
}

/**
 * Code and label of JDV_J07 to send for a type. `undefined` where the list has none (PPAC, OTHER, CR-CONCERTATION) or more than
 * one (LDL: entry or exit): the site agrees one with the receiver.
 */
export function nationalCodeOf(type: DocumentType): TypeCode | undefined {
  const entries = type === 'PPS' ? [nationalTypeOf('18776-5')!] : NATIONAL_TYPES.filter((entry) => entry.type === type && !entry.nationalCode);
  const [entry] = entries;
  return entry && entries.length === 1 ? { code: entry.code, system: LOINC_OID, label: entry.label } : undefined;
}

/**
 * Whether a title is that of a PPAC (*programme personnalisé de l'après-cancer*), the only way to know one: it has neither model
 * nor code. Folded for case, accents and punctuation; only at the beginning, so that a letter about a PPAC is not one.
 */
export function isPpacTitle(title: string): boolean {
  const folded = title
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
  return /^(ppac|(programme|plan) personnalise (de |d )?(l )?apres (le |un )?cancer)( |$)/.test(folded);
}
