/** Writes the sections that say the tumours: diagnosis, mode of discovery, phase (FRCP and PPS alike). */
import type { Coded, Tumour } from '../../../core/model/index.ts';
import { element } from '../xml-text.ts';
import { codedElement, codeElement, comment, flagElement, LOINC, related, Rows, SIMPLE, TA, type Writer } from './sections.ts';

const PCC = '1.3.6.1.4.1.19376.1.5.3.1';
const CONCERN = ['2.16.840.1.113883.10.20.1.27', `${PCC}.4.5.1`, `${PCC}.4.5.2`, '1.2.250.1.213.1.1.3.39', '1.2.250.1.213.1.1.3.39.1'];
export const PROBLEM = ['2.16.840.1.113883.10.20.1.28', `${PCC}.4.5`, '1.2.250.1.213.1.1.3.37'];
const TUMOUR = [...PROBLEM, '1.3.6.1.4.1.19376.1.7.3.1.4.14.1', '1.2.250.1.213.1.1.3.113'];
const TNM = '1.3.6.1.4.1.19376.1.7.3.1.4.14.2';

export function tumourSections(writer: Writer, tumours: readonly Tumour[], titles: { readonly diagnosis: string }): string[] {
  const [first = {}] = tumours;
  return [discovery(writer, first), diagnosis(writer, tumours.length > 0 ? tumours : [{}], titles.diagnosis), progress(writer, first)];
}

function diagnosis(writer: Writer, tumours: readonly Tumour[], title: string): string {
  const rows = new Rows(writer, 'Tumeur');
  const entries = tumours.map((tumour, i) => {
    if (i > 0) rows.next(`Tumeur ${i + 1}`);
    return tumourEntry(writer, rows, tumour);
  });
  return writer.section('diagnosis', title, rows.toString(), entries);
}

function tumourEntry(writer: Writer, rows: Rows, tumour: Tumour): string {
  rows.row('Date du diagnostic', tumour.diagnosisDate);
  const [topography, laterality, morphology] = [
    rows.of('Topographie', tumour.topography),
    rows.of('Latéralité', tumour.laterality),
    rows.of('Morphologie', tumour.morphology),
  ];
  const side =
    tumour.laterality &&
    element('qualifier', {}, codeElement('name', ['20228-3', LOINC, 'Latéralité']), codedElement('value', tumour.laterality, laterality, false));
  const time = writer.time(tumour.diagnosisDate, undefined, true);
  const observation = writer.statement({
    attributes: { negationInd: String(tumour.negated === true) },
    templates: TUMOUR,
    code: codeElement('code', writer.model.tumourCode!),
    row: tumour.name === undefined ? morphology : rows.row('Tumeur', tumour.name),
    time,
    value: codedElement('value', tumour.morphology, morphology),
    // Required by the model: a place that is not known is said so.
    site: codedElement('targetSiteCode', tumour.topography, topography, false, side),
    related: [
      related('SUBJ', tnm(writer, rows, tumour), false),
      tumour.otherStage && related('SUBJ', otherStage(writer, rows, tumour.otherStage), false),
      comment(writer, rows, tumour.comment),
    ],
  });
  return writer.statement({
    name: 'act',
    templates: CONCERN,
    code: element('code', { nullFlavor: 'NA' }),
    status: 'active',
    time,
    related: [related('SUBJ', observation, false)],
  });
}

function tnm(writer: Writer, rows: Rows, { tnm: stage }: Tumour): string {
  const part = (code: string, name: string, value: Coded | undefined): string => {
    const row = rows.of(`TNM (${name})`, value);
    const edition = stage?.edition?.code;
    const coded =
      value?.code !== undefined &&
      element('value', { 'xsi:type': 'CD', code: value.code, codeSystem: value.system, codeSystemVersion: edition, displayName: value.label });
    const observation = writer.observation([code, LOINC, `TNM Clinique ${name}`], row, coded || codedElement('value', value, row), undefined);
    return related('COMP', observation);
  };
  const row = rows.of('Stade clinique', stage?.stage);
  const edition = rows.of('Version de la classification', stage?.edition);
  const qualifier = (code: string, label: string, value: Coded | undefined, words: string): string | undefined =>
    value && element('qualifier', {}, codeElement('name', [code, LOINC, label]), codedElement('value', value, words));
  const qualifiers = [
    qualifier('21909-7', 'Stade clinique', stage?.stage, row),
    qualifier('21917-0', 'Version TNM Classification', stage?.edition, edition),
  ].join('');
  return writer.statement({
    attributes: { negationInd: 'false' },
    templates: [TNM],
    code: codeElement('code', ['75620-5', LOINC, 'Stade TNM Clinique']),
    row,
    withoutId: true,
    time: writer.time(stage?.date, undefined, true),
    value: element('value', { 'xsi:type': 'CD', ...(qualifiers === '' && { nullFlavor: 'NI' }) }, qualifiers),
    related: [part('21905-5', 'T', stage?.t), part('21906-3', 'N', stage?.n), part('21907-1', 'M', stage?.m)],
  });
}

function otherStage(writer: Writer, rows: Rows, stage: NonNullable<Tumour['otherStage']>): string {
  const words = (code: string, label: string, text: string | undefined): string | undefined => {
    if (text === undefined) return undefined;
    const row = rows.row(label, text);
    return related('COMP', writer.observation([code, TA, label], row, codedElement('value', { text }, row), undefined));
  };
  const row = rows.row('Autre stade', stage.text);
  return writer.statement({
    templates: SIMPLE,
    code: codeElement('code', ['21918-8', LOINC, 'Autre classification du stade']),
    row,
    time: writer.time(undefined),
    value: codedElement('value', stage.text === undefined ? undefined : { text: stage.text }, row),
    related: [words('GEN-101', 'Nom de la classification', stage.name), words('GEN-102', 'Version de la classification', stage.version)],
  });
}

function discovery(writer: Writer, { discovery: found }: Tumour): string {
  const rows = new Rows(writer, 'Mode de découverte du cancer');
  const row =
    found?.text === undefined ? rows.flag('Patient issu du dépistage', found?.screening) : rows.row('Patient issu du dépistage', found.text);
  const entry = writer.observation(
    ['63921-1', LOINC, 'Dépistage du cancer'],
    row,
    flagElement(found?.screening),
    writer.time(found?.date, undefined, true),
  );
  return writer.section('discovery', 'MODE DE DÉCOUVERTE DU CANCER', rows.toString(), [entry]);
}

function progress(writer: Writer, { phase, progression }: Tumour): string {
  const rows = new Rows(writer, 'Phase et progression du cancer');
  const row = rows.of('Phase', phase);
  const phaseEntry = writer.observation(
    ['MED-243', TA, 'Phase du cancer'],
    row,
    codedElement('value', phase && codeOnly(phase), row),
    writer.time(phase?.date),
    [comment(writer, rows, phase?.comment)],
  );
  const part = (code: string, label: string, value: boolean | undefined): string | undefined =>
    value === undefined ? undefined : related('COMP', writer.observation([code, TA, label], rows.flag(label, value), flagElement(value), undefined));
  const progressEntry =
    progression &&
    writer.observation(
      ['MED-245', TA, 'Progression du cancer'],
      rows.flag('Progression', progression.progressing),
      flagElement(progression.progressing),
      writer.time(progression.date),
      [
        part('MED-246', 'Progression locale du cancer', progression.local),
        part('MED-247', 'Progression régionale du cancer', progression.regional),
        part('MED-248', 'Progression à distance du cancer', progression.distant),
      ],
    );
  return writer.section('progress', 'PHASE CLINIQUE DE LA MALADIE', rows.toString(), [phaseEntry, progressEntry]);
}

/** The coded part of something that is more. */
export const codeOnly = ({ code, system, label, text }: Coded): Coded => ({
  ...(code !== undefined && { code }),
  ...(system !== undefined && { system }),
  ...(label !== undefined && { label }),
  ...(text !== undefined && { text }),
});
