/** Writes the body of an FRCP, sections in the order of the guide (specs FACTS G2). What the guide requires and the event lacks is said unknown. */
import type { Conclusion, PlanStep, Rcp, Tumour } from '../../../core/model/index.ts';
import { elementOf, type SectionName } from '../content/index.ts';
import { element, textElement } from '../xml-text.ts';
import { author, performer } from './actors.ts';
import {
  codedElement,
  codeElement,
  comment,
  commentAct,
  flagElement,
  LOINC,
  paragraph,
  reference,
  related,
  period,
  Rows,
  SIMPLE,
  TA,
  type Writer,
} from './sections.ts';
import { scores } from './scores.ts';
import { codeOnly, PROBLEM, tumourSections } from './tumour.ts';

const PCC = '1.3.6.1.4.1.19376.1.5.3.1';
const PROCEDURE = [`${PCC}.4.19`, '1.2.250.1.213.1.1.3.62'];
const PLANNED = '2.16.840.1.113883.10.20.1.25';
const DONE = '2.16.840.1.113883.10.20.1.29';

export const tumoursOf = ({ tumour, otherTumours = [] }: { tumour?: Tumour; otherTumours?: Tumour[] }): Tumour[] =>
  tumour ? [tumour, ...otherTumours] : [...otherTumours];

export function rcpBody(writer: Writer, rcp: Rcp): string {
  const [discovery, diagnosis, progress] = tumourSections(writer, tumoursOf(rcp), { diagnosis: 'TUMEUR' });
  return [
    reason(writer, rcp),
    discovery,
    diagnosis,
    textSection(writer, 'history', 'CLINIQUE', rcp.history),
    textSection(writer, 'problems', 'COMORBIDITÉS', rcp.problems),
    scores(writer, rcp),
    textSection(writer, 'examinations', 'ELÉMENTS PARACLINIQUES', rcp.examinations),
    progress,
    treatments(writer, rcp.pastTreatments),
    conclusions(writer, 'operation', 'COMPTE RENDU OPÉRATOIRE (CRO)', ['10218-6', LOINC, 'Note postopératoire'], rcp.operations),
    conclusions(writer, 'pathology', 'COMPTE RENDU ANATOMOCYTOPATHOLOGIQUE (CR-ACP)', ['22637-3', LOINC, 'Conclusion - Diagnostic'], rcp.pathology),
    conclusions(writer, 'molecular', "COMPTE RENDU D'ANALYSE MOLECULAIRE (CR-GM)", ['22637-3', LOINC, 'Conclusion - Diagnostic'], rcp.molecular),
    synthesis(writer, rcp),
    file(writer, rcp),
    plan(writer, rcp),
    frame(writer, rcp.frame),
    textSection(writer, 'comment', 'COMMENTAIRES / PRÉCISIONS SUR LE PATIENT', rcp.patientComment),
    statusSection(writer, rcp.status, []),
  ].join('');
}

export const textSection = (writer: Writer, name: SectionName, title: string, text: string | undefined): string =>
  text === undefined ? '' : writer.section(name, title, paragraph(text), []);

function reason(writer: Writer, rcp: Rcp): string {
  const rows = new Rows(writer, 'Type de RCP');
  const refer = (statement: string): string => related('REFR', statement);
  const flag = (code: string, label: string, value: boolean | undefined): string =>
    refer(writer.observation([code, TA, label], rows.flag(label, value), flagElement(value), undefined));
  const nature = rows.of('Nature de la discussion', rcp.nature);
  const apparatus = rows.of('Appareil', rcp.apparatus);
  const organ = rows.of('Organe', rcp.organ);
  const type = writer.observation(['ORG-118', TA, 'Appareil concerné'], apparatus, codedElement('value', rcp.apparatus, apparatus), undefined, [
    refer(writer.observation(['ORG-119', TA, 'Organe'], organ, codedElement('value', rcp.organ, organ), undefined)),
    flag('ORG-184', 'RCP de recours', rcp.appeal),
    flag('ORG-185', 'RCP pédiatrique', rcp.paediatric),
    comment(writer, rows, rcp.typeComment),
  ]);
  rows.next('Motif de la RCP');
  const motives = (rcp.motives ?? []).map(({ asked, ...motive }) => {
    const row = motive.text === undefined ? rows.flag(motive.label ?? motive.code ?? '', asked) : rows.row(motive.label ?? '', motive.text);
    return refer(
      writer.statement({
        templates: SIMPLE,
        code: codedElement('code', motive, undefined, false),
        row,
        time: writer.time(undefined),
        value: flagElement(asked),
      }),
    );
  });
  const status = rows.of('Statut du cas présenté', rcp.caseStatus);
  const motive = writer.observation(['ORG-186', TA, 'Motif de la RCP'], undefined, codedElement('value', undefined, undefined), undefined, [
    ...motives,
    rcp.caseStatus &&
      refer(writer.observation(['ORG-127', TA, 'Statut du cas présenté'], status, codedElement('value', rcp.caseStatus, status), undefined)),
    comment(writer, rows, rcp.motiveComment),
  ]);
  const discussion = writer.observation(['GEN-098', TA, 'Nature de la discussion'], nature, codedElement('value', rcp.nature, nature), undefined, [
    related('SUBJ', type),
    related('SUBJ', motive),
  ]);
  return writer.section('reason', 'TYPE DE RCP / MOTIF DE LA RCP', rows.toString(), [discussion, problem(writer, nature)]);
}

/** The guide wants a problem in each section of reason; an RCP says its reason otherwise. */
export const problem = (writer: Writer, row: string): string =>
  writer.statement({
    attributes: { negationInd: 'false' },
    templates: PROBLEM,
    code: codeElement('code', writer.model.problemCode!),
    row,
    time: writer.time(undefined, undefined, true),
    value: codedElement('value', undefined, undefined),
  });

function treatments(writer: Writer, steps: readonly PlanStep[] | undefined): string {
  if (!steps) return '';
  const rows = new Rows(writer, 'Traitements passés ou en cours');
  const entries = steps.map((step) => stepEntry(writer, rows, { mood: 'EVN', ...step }));
  return writer.section('treatments', 'TRAITEMENTS THÉRAPEUTIQUES PASSÉS OU EN COURS', rows.toString(), entries);
}

function stepEntry(writer: Writer, rows: Rows, step: PlanStep): string {
  const { mood = 'INT', kind } = step;
  const name = elementOf(kind, mood);
  const when = period(step);
  const words = step.text ?? step.label ?? step.code;
  const row =
    step.row === undefined
      ? rows.row([step.order, step.label ?? step.code, when].filter((part) => part !== undefined && part !== '').join(' · '), words)
      : rows.asItWas(step.row, words);
  const templates =
    name === 'encounter'
      ? [PLANNED, `${PCC}.4.14`, '1.2.250.1.213.1.1.3.58']
      : name === 'observation'
        ? [PLANNED, `${PCC}.1.20.3.1`, '1.2.250.1.213.1.1.3.27']
        : name === 'act'
          ? [PLANNED]
          : [mood === 'EVN' ? DONE : PLANNED, ...PROCEDURE];
  const order = step.order === undefined ? undefined : element('priorityCode', {}, textElement('originalText', String(step.order)));
  return writer.statement({
    name,
    mood,
    attributes: name === 'procedure' || step.negated ? { negationInd: String(step.negated === true) } : {},
    templates,
    code: codedElement('code', codeOnly(step), row, false),
    row,
    status: step.status ?? (name === 'encounter' ? null : 'unknown'),
    time: name === 'encounter' && step.start === undefined && step.end === undefined ? undefined : writer.time(step.start, step.end, step.openEnded),
    priority:
      order ?? (step.priority && codedElement('priorityCode', step.priority, undefined, false, textElement('originalText', step.priority.text))),
    related: [comment(writer, rows, step.comment)],
  });
}

function conclusions(
  writer: Writer,
  name: SectionName,
  title: string,
  code: readonly [string, string, string],
  list: readonly Conclusion[] | undefined,
): string {
  if (!list) return '';
  const rows = new Rows(writer, title);
  const entries = list.map((one, i) => {
    const row = rows.row('Conclusion', one.conclusion);
    return writer.statement({
      templates: SIMPLE,
      code: codeElement('code', code),
      row,
      time: writer.time(one.start, one.end),
      value: codedElement('value', one.conclusion === undefined ? undefined : { text: one.conclusion }, row),
      people: [
        ...[one.performer, ...(one.otherPerformers ?? [])].map((each) => performer(writer, each)),
        author(one.author, writer.instant(one.start)),
      ].join(''),
      related: [i === 0 ? undefined : comment(writer, rows, one.comment)],
    });
  });
  const first = list[0]?.comment;
  return writer.section(
    name,
    title,
    rows.toString(),
    entries,
    first === undefined ? [] : [writer.section('comment', 'Commentaires / Précisions', paragraph(first), [])],
  );
}

function synthesis(writer: Writer, { synthesis: about, question, otherData }: Rcp): string {
  const rows = new Rows(writer, 'Synthèse du cas présenté et question posée à la RCP');
  const block = (heading: string, text: string | undefined): void => {
    if (text === undefined) return;
    rows.next(heading);
    rows.alone(text);
  };
  if (about === question) block('Synthèse du cas présenté et question posée à la RCP', about);
  else {
    block('Synthèse du cas présenté', about);
    block('Question posée à la RCP', question);
  }
  block("Autres données indispensables à l'avis de la RCP", otherData);
  return writer.section('synthesis', 'SYNTHÈSE DU CAS PRÉSENTÉ ET QUESTION POSÉE A LA RCP', rows.toString(), []);
}

function file(writer: Writer, rcp: Rcp): string {
  const rows = new Rows(writer, 'Statut du dossier présenté à la RCP');
  const quorum = rows.of('Quorum', rcp.quorum);
  const complete = rows.flag('Dossier complet', rcp.fileComplete);
  const part = (statement: string): string => element('component', {}, statement);
  const organizer = writer.statement({
    name: 'organizer',
    templates: ['1.2.250.1.213.1.1.3.7'],
    withoutId: true,
    code: codeElement('code', ['GEN-099', TA, 'Information RCP']),
    related: [
      part(writer.observation(['GEN-100', TA, 'Dossier complet'], complete, flagElement(rcp.fileComplete), undefined)),
      part(writer.observation(['ORG-125', TA, 'Quorum RCP'], quorum, codedElement('value', rcp.quorum, quorum), undefined)),
      rcp.fileComment === undefined ? undefined : part(commentAct(writer, rows.row('Commentaire', rcp.fileComment))),
    ],
  });
  return writer.section('file', 'PROPOSITION DE LA RCP', rows.toString(), [organizer]);
}

function plan(writer: Writer, { plan: steps = [], planComment }: Rcp): string {
  const rows = new Rows(writer, 'Proposition de la RCP');
  const entries = steps.map((step) => stepEntry(writer, rows, step));
  const last = planComment === undefined ? undefined : commentAct(writer, rows.row('Commentaire', planComment));
  return writer.section('plan', 'Plan de soins', rows.toString(), [...entries, last]);
}

function frame(writer: Writer, said: Rcp['frame']): string {
  const rows = new Rows(writer, 'Cadre de la proposition thérapeutique');
  const guideline = rows.row('Référentiel', said?.guideline);
  const trial = said?.trialText === undefined ? rows.flag('Essai clinique', said?.trial) : rows.row('Essai clinique', said.trialText);
  const label = 'Recommandation/référentiel de pratique clinique';
  const entries = [
    writer.statement({
      templates: SIMPLE,
      code: codeElement('code', ['MED-249', TA, label], element('translation', {}, element('originalText', {}, reference(guideline)))),
      row: guideline,
      time: writer.time(said?.guidelineDate),
      value: codedElement('value', said?.guideline === undefined ? undefined : { text: said.guideline }, guideline),
    }),
    writer.observation(['MED-250', TA, "Proposition d'inclusion dans un essai clinique"], trial, flagElement(said?.trial), undefined),
    said?.comment === undefined ? undefined : commentAct(writer, rows.row('Commentaire', said.comment)),
  ];
  return writer.section('frame', 'CADRE DE LA PROPOSITION THÉRAPEUTIQUE', rows.toString(), entries);
}

/** `others`: what a PPS says beside the status, made with the same rows. */
export function statusSection(writer: Writer, status: Rcp['status'], others: readonly ((rows: Rows) => string | undefined)[]): string {
  const rows = new Rows(writer, 'Statut du document');
  const row = rows.of('Statut du document', status);
  const entry = writer.statement({
    templates: [...SIMPLE, '1.2.250.1.213.1.1.3.48.16'],
    code: codeElement('code', ['GEN-065', TA, 'Statut du document']),
    row,
    time: writer.time(status?.date),
    value: codedElement('value', status && codeOnly(status), row),
    related: [comment(writer, rows, status?.comment)],
  });
  const rest = others.map((write) => write(rows));
  return writer.section('status', 'Statut du document', rows.toString(), [entry, ...rest]);
}
