/** Writes the body of a PPS, sections in the order of the official example (specs FACTS G3). */
import type { CareStep, Finding, Pps } from '../../../core/model/index.ts';
import { STEP_KINDS } from '../content/index.ts';
import { element } from '../xml-text.ts';
import { performer } from './actors.ts';
import { problem, statusSection, textSection, tumoursOf } from './rcp.ts';
import { codedElement, codeElement, comment, flagElement, paragraph, period, reference, related, Rows, SIMPLE, TA, type Writer } from './sections.ts';
import { codeOnly, tumourSections } from './tumour.ts';

const PCC = '1.3.6.1.4.1.19376.1.5.3.1';
const PROCEDURE = ['1.2.250.1.213.1.1.3.62'];
const LABELS: Readonly<Record<string, string>> = {
  'MED-568': 'Traitement',
  'MED-569': 'Action de prévention et de gestion médicamenteuse des effets secondaires',
  'MED-570': 'Mesure associée',
  'MED-571': 'Suivi',
  'MED-572': 'Soin oncologique de support',
  'MED-573': 'Accompagnement social ou socioprofessionnel',
};

export function ppsBody(writer: Writer, pps: Pps): string {
  const tumours = tumoursOf(pps);
  const [discovery = '', diagnosis = '', progress = ''] = tumours.length > 0 ? tumourSections(writer, tumours, { diagnosis: 'DIAGNOSTIC' }) : [];
  const commentOn = (text: string | undefined, title: string, code: string, label: string): string =>
    text === undefined ? '' : writer.section('comment', title, paragraph(text), [], [], [code, TA, label]);
  return [
    commentOn(pps.patientComment, 'COMMENTAIRE SUR LE PATIENT', 'GEN-293', 'Commentaire sur le patient'),
    paediatrics(writer, pps),
    diagnosis,
    discovery,
    progress,
    care(writer, 'PROGRAMME THÉRAPEUTIQUE ET DE SUIVI', ['MED-566', 'Programme thérapeutique et de suivi'], pps.steps, pps.stop),
    care(
      writer,
      'SOINS ONCOLOGIQUES DE SUPPORT, ACCOMPAGNEMENT SOCIAL ET SOCIOPROFESSIONNEL',
      ['MED-567', 'Soins oncologiques de support, accompagnement social et socioprofessionnel'],
      pps.support,
    ),
    status(writer, pps),
    references(writer, pps),
    commentOn(pps.information, 'INFORMATION SUR LES DONNÉES PERSONNELLES VOUS CONCERNANT', 'GEN-294', 'Information pour le patient'),
  ].join('');
}

function paediatrics(writer: Writer, { paediatric, paediatricComment }: Pps): string {
  if (paediatric === undefined && paediatricComment === undefined) return textSection(writer, 'reason', '', undefined);
  const rows = new Rows(writer, 'Pédiatrie');
  const row = rows.flag('Pédiatrie', paediatric);
  const entry = writer.observation(['ORG-116', TA, 'Pédiatrie'], row, flagElement(paediatric), undefined, [comment(writer, rows, paediatricComment)]);
  return writer.section('reason', 'PÉDIATRIE', rows.toString(), [entry, problem(writer, row)]);
}

function care(
  writer: Writer,
  title: string,
  [code, label]: readonly [string, string],
  steps: readonly CareStep[] | undefined,
  stop?: Pps['stop'],
): string {
  if (!steps && !stop) return '';
  const rows = new Rows(writer, title);
  const entries = (steps ?? []).map((step) => careEntry(writer, rows, step));
  if (stop) {
    const row = rows.row('Arrêt des traitements', stop.comment);
    entries.push(writer.observation(['MED-052', TA, 'Arrêt de tous les traitements actifs'], row, flagElement(stop.stopped), writer.time(stop.date)));
  }
  return writer.section('plan', title, rows.toString(), entries, [], [code, TA, label]);
}

function careEntry(writer: Writer, rows: Rows, step: CareStep): string {
  const { mood = 'INT', treatment, dates, planned, rhythm, mode, sideEffects } = step;
  const kind = Object.keys(STEP_KINDS).find((code) => STEP_KINDS[code] === step.kind);
  const [from, end] = [dates?.start === undefined ? planned : dates, dates?.end ?? planned?.end];
  const when = period({ ...from, ...(end !== undefined && { end }) });
  const label = kind === undefined ? step.kind : LABELS[kind]!;
  const named = treatment && (treatment.text ?? treatment.label ?? treatment.code);
  const row = step.row === undefined ? rows.row(when === '' ? label : `${label} · ${when}`, named) : rows.asItWas(step.row, named);
  const part = (statement: string | undefined): string | undefined => statement && related('COMP', statement, false);
  const words = (code: string, name: string, value: (row: string) => string, text: string | undefined): string => {
    const own = rows.row(name, text);
    return writer.observation([code, TA, name], own, value(own), undefined);
  };
  return writer.statement({
    name: 'procedure',
    mood,
    attributes: { negationInd: String(step.negated === true) },
    templates: [`${PCC}.4.19`, mood === 'EVN' ? '2.16.840.1.113883.10.20.1.29' : '2.16.840.1.113883.10.20.1.25', ...PROCEDURE],
    code:
      kind === undefined
        ? codedElement('code', treatment, row, false)
        : codeElement('code', [kind, TA, label], treatment && element('qualifier', {}, codedElement('value', treatment, row, false))),
    row,
    status: step.status ?? 'unknown',
    time: writer.time(dates?.start, dates?.end, dates?.openEnded),
    people: performer(writer, step.performer),
    related: [
      part(
        planned &&
          writer.observation(
            ['GEN-177', TA, 'Date(s) prévisionnelle(s)'],
            undefined,
            codedElement('value', undefined, undefined),
            writer.time(planned.start, planned.end, planned.openEnded),
          ),
      ),
      part(rhythm && words('ORG-004', 'Rythme', () => flagElement(rhythm.regular), rhythm.text)),
      part(mode && words('ORG-006', 'Mode', (own) => codedElement('value', mode, own), mode.text ?? mode.label ?? mode.code)),
      part(
        sideEffects === undefined
          ? undefined
          : words('MED-565', 'Effets secondaires', (own) => codedElement('value', { text: sideEffects }, own), sideEffects),
      ),
      comment(writer, rows, step.comment),
      ...(step.findings ?? []).map((one) => related('RSON', finding(writer, rows, one), false)),
    ],
  });
}

function finding(writer: Writer, rows: Rows, one: Finding): string {
  const row = rows.row(one.label ?? one.code ?? '', one.text ?? one.label ?? one.code);
  return writer.statement({
    ...(one.negated && { attributes: { negationInd: 'true' } }),
    templates: SIMPLE,
    code: codedElement('code', { ...codeOnly(one) }, undefined, false),
    row,
    time: writer.time(one.date),
    value: valueOf(one),
  });
}

function valueOf({ value, unit, valueSystem, valueLabel }: Finding): string {
  if (value === undefined) return element('value', { 'xsi:type': 'CD', nullFlavor: 'NI' });
  if (valueSystem !== undefined || valueLabel !== undefined)
    return element('value', { 'xsi:type': 'CD', code: value, codeSystem: valueSystem, displayName: valueLabel });
  if (value === 'true' || value === 'false') return flagElement(value === 'true');
  const isNumber = /^-?\d+(\.\d+)?$/.test(value);
  const type = unit !== undefined ? 'PQ' : value.includes('.') ? 'REAL' : 'INT';
  if (isNumber) return element('value', { 'xsi:type': type, value, unit });
  return element('value', { 'xsi:type': 'ST' }, codeText(value));
}

const codeText = (text: string): string => paragraph(text).replace(/^<paragraph>|<\/paragraph>$/g, '');

function status(writer: Writer, pps: Pps): string {
  const { reason, rcpDate, handedOver } = pps;
  return statusSection(writer, pps.status, [
    (rows) => {
      if (!reason) return undefined;
      const row = rows.of('Motif de mise à jour', reason);
      return writer.observation(
        ['GEN-037', TA, 'Motif de mise à jour'],
        row,
        codedElement('value', codeOnly(reason), row),
        writer.time(reason.date),
        [comment(writer, rows, reason.comment)],
      );
    },
    (rows) =>
      rcpDate &&
      writer.observation(['ORG-189', TA, 'Date de la RCP'], rows.row('Date de la RCP', rcpDate), instant(writer, rcpDate), writer.time(rcpDate)),
    (rows) =>
      handedOver &&
      writer.statement({
        templates: SIMPLE,
        code: codeElement('code', ['GEN-178', TA, 'Date de remise du document au patient']),
        row: rows.row('Date de remise du document au patient', handedOver.text),
        time: writer.time(handedOver.date),
        value: instant(writer, handedOver.date),
        people: performer(writer, handedOver.by),
      }),
  ]);
}

const instant = (writer: Writer, date: string | undefined): string =>
  element('value', { 'xsi:type': 'TS', ...(writer.instant(date) ? { value: writer.instant(date) } : { nullFlavor: 'NI' }) });

function references(writer: Writer, { references: list }: Pps): string {
  if (!list) return '';
  const rows = new Rows(writer, 'Documents référencés');
  const documents = list.map(({ root, extension, text }) =>
    element(
      'reference',
      { typeCode: 'REFR' },
      element(
        'externalDocument',
        { classCode: 'DOC', moodCode: 'EVN' },
        element('id', root === undefined ? { nullFlavor: 'NI' } : { root, extension }),
        text === undefined ? undefined : element('text', {}, reference(rows.row('Document', text))),
      ),
    ),
  );
  const entry = writer.statement({
    name: 'act',
    templates: [`${PCC}.4.4`, '1.2.250.1.213.1.1.3.35'],
    code: element('code', { nullFlavor: 'NA' }),
    row: rows.row('Documents', undefined),
    related: documents,
  });
  return writer.section('references', 'DOCUMENTS RÉFÉRENCÉS', rows.toString(), [entry]);
}
