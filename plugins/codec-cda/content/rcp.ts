/** The content of an FRCP: sheet of a multidisciplinary meeting (CI-SIS CANCER-FRCP; specs FACTS G2). */
import type { Coded, PlanStep, Rcp } from '../../../core/model/index.ts';
import { fold } from '../../../core/model/index.ts';
import { isoTime } from '../hl7-time.ts';
import type { Tag } from '../tag.ts';
import { isLabel } from './labels.ts';
import { addressOf, codedOf, headerActors } from './actors.ts';
import { summedUp } from './conclusions.ts';
import type { SectionName } from './models.ts';
import { isComment, said, type Reading, type Section, type Statement } from './section.ts';
import { readTumours } from './tumour.ts';

export const RCP_IDS = { network: '1.2.250.1.161.1.20.1.1', manager: '1.2.250.1.161.1.20.2.1', rcp: '1.2.250.1.161.1.20.3.1' } as const;
export const ICD10 = '2.16.840.1.113883.6.3';
/** serviceEvent/code of the meeting (specs FACTS G2). */
export const MEETING = { code: '39', system: '1.2.250.1.213.3.3.13', label: 'Réunion de Concertation Pluridisciplinaire (RCP)' } as const;
/** WHO performance status, by code of TA_ASIP. */
export const WHO_SCORES: Readonly<Record<string, number>> = { 'MED-240': 0, 'MED-264': 1, 'MED-265': 2, 'MED-266': 3, 'MED-267': 4 };
export const MOTIVES = ['MED-235', 'ORG-114', 'ORG-115', 'ORG-116'] as const;

export function readRcp(reading: Reading, root: Tag, sections: readonly Section[]): Rcp {
  const named = (name: SectionName): Section | undefined => sections.find(({ names }) => names.has(name));
  const all = (name: SectionName): readonly Section[] => sections.filter(({ names }) => names.has(name));
  const texts = (name: SectionName): string | undefined =>
    reading.note(
      all(name)
        .flatMap(({ text }) => text ?? [])
        .join('\n\n'),
    );
  const plans = all('plan').flatMap(({ entries }) => entries);
  const treatments = all('treatments').flatMap(({ entries }) => entries);
  const conclusions = (name: SectionName): Rcp['pathology'] => reading.list(all(name).flatMap(summedUp), name);
  return {
    ...readMeeting(reading, root),
    ...readReason(reading, named('reason')),
    ...readQuestion(reading, all('synthesis')),
    ...readFile(named('file')),
    ...said({ participants: reading.list(headerActors(reading, root), 'participants') }),
    ...readTumours(sections, tumourCodes(reading, root)),
    ...readScores(sections),
    ...said({
      history: texts('history'),
      problems: texts('problems'),
      examinations: texts('examinations'),
      pastTreatments: reading
        .list(
          treatments.filter((one) => !isComment(one)),
          'pastTreatments',
        )
        ?.map(readStep),
      operations: conclusions('operation'),
      pathology: conclusions('pathology'),
      molecular: conclusions('molecular'),
      plan: reading
        .list(
          plans.filter((one) => !isComment(one)),
          'plan',
        )
        ?.map(readStep),
      planComment: plans.find(isComment)?.text,
      frame: readFrame(named('frame')),
      // Comments within other sections are theirs.
      patientComment: reading.note(
        all('comment')
          .filter(({ tag }) => root.first('component', 'structuredBody')?.elements.some((one) => one.first('section') === tag))
          .flatMap(({ text }) => text ?? [])
          .join('\n\n'),
      ),
      status: readStatus(named('status')),
    }),
  };
}

/** The acts documented that are a tumour: by code system, since their order is a habit. */
function tumourCodes(reading: Reading, root: Tag): readonly (Coded | undefined)[] {
  const acts = root.elements.filter(({ name }) => name === 'documentationOf').flatMap((one) => one.first('serviceEvent', 'code') ?? []);
  return acts.filter((code) => code.attribute('codeSystem') === ICD10).map((code) => codedOf(reading, code));
}

function readMeeting(reading: Reading, root: Tag): Rcp {
  const encounter = root.first('componentOf', 'encompassingEncounter');
  const meeting = root.elements
    .filter(({ name }) => name === 'documentationOf')
    .flatMap((one) => one.first('serviceEvent') ?? [])
    .find((event) => event.code('code') === MEETING.code);
  const ids = encounter?.elements.filter(({ name }) => name === 'id') ?? [];
  const national = (oid: string): string | undefined => reading.short(ids.find((id) => id.attribute('root') === oid)?.attribute('extension'));
  // The session comes next after the three national ids, local ids after it (order of the guide; nothing else tells them apart).
  const others = ids.filter((id) => !(Object.values(RCP_IDS) as string[]).includes(id.attribute('root') ?? '') && id.attribute('root') !== undefined);
  const [session, ...local] = others;
  const facility = encounter?.first('location', 'healthCareFacility');
  const place = facility?.first('location');
  const id = facility?.first('id');
  return (
    said({
      date:
        isoTime(encounter?.value('effectiveTime') ?? encounter?.value('effectiveTime', 'low')) ??
        isoTime(meeting?.value('effectiveTime', 'low') ?? meeting?.value('effectiveTime')),
      ids: said({
        network: national(RCP_IDS.network),
        manager: national(RCP_IDS.manager),
        rcp: national(RCP_IDS.rcp),
        session: reading.short(session?.attribute('extension')),
        sessionSystem: reading.short(session?.attribute('root')),
        local: reading.list(
          local.map((one) => said({ root: reading.short(one.attribute('root')), extension: reading.short(one.attribute('extension')) }) ?? {}),
          'ids',
        ),
      }),
      setting: codedOf(reading, encounter?.first('code')),
      facility:
        facility &&
        said({
          name: reading.short(place?.first('name')?.text ?? facility.first('serviceProviderOrganization', 'name')?.text),
          id: reading.short(id?.attribute('extension')),
          idSystem: reading.short(id?.attribute('root')),
          type: codedOf(reading, facility.first('code')),
          address: addressOf(reading, place?.first('addr')),
        }),
    }) ?? {}
  );
}

function readReason(reading: Reading, section: Section | undefined): Rcp | undefined {
  if (!section) return undefined;
  const nature = section.find('GEN-098');
  const motive = section.find('ORG-186');
  const [apparatus, organ, status] = [section.find('ORG-118'), section.find('ORG-119'), section.find('ORG-127')];
  const motives = MOTIVES.flatMap((code) => section.find(code) ?? []).filter((one) => one.flag !== undefined || one.words !== undefined);
  return said({
    nature: nature?.value,
    apparatus: apparatus?.value,
    organ: organ?.value,
    appeal: section.find('ORG-184')?.flag,
    paediatric: section.find('ORG-185')?.flag,
    typeComment: apparatus?.comment ?? nature?.comment,
    motives: reading.list(
      motives.map(
        (one) => said({ ...codedOf(reading, one.tag.first('code')), asked: one.flag, text: one.flag === undefined ? one.text : undefined }) ?? {},
      ),
      'motives',
    ),
    motiveComment: motive?.comment,
    caseStatus: status?.value,
  });
}

/**
 * The guide has one place for the synthesis of the case and the question: whatever stands under a heading that names one is that one, under
 * a heading that names both is both. Without such headings the whole section is both.
 */
function readQuestion(reading: Reading, sections: readonly Section[]): Rcp | undefined {
  const blocks = sections.flatMap((section) => section.blocks).map((block) => ({ ...block, folded: fold(block.heading).toLowerCase() }));
  const under = (word: RegExp): string | undefined =>
    reading.note(
      blocks
        .filter(({ folded }) => word.test(folded))
        .map(({ text }) => text)
        .join('\n'),
    );
  const [synthesis, question] = [under(/synthese/), under(/question/)];
  if (synthesis === undefined && question === undefined) {
    const whole = reading.note(sections.flatMap(({ text }) => text ?? []).join('\n\n'));
    return said({ synthesis: whole, question: whole });
  }
  // A heading of its own changes what stands below it.
  const rest = blocks
    .filter(({ folded }) => !/synthese|question/.test(folded))
    .map(({ heading, text }) => (heading === '' || isLabel(heading) ? text : `${heading} : ${text}`));
  return said({ synthesis, question, otherData: reading.note(rest.join('\n')) });
}

function readFile(section: Section | undefined): Rcp | undefined {
  const organizer = section?.find('GEN-099');
  return said({
    fileComplete: section?.find('GEN-100')?.flag,
    quorum: section?.find('ORG-125')?.value,
    fileComment: organizer?.comment ?? section?.entries.find(isComment)?.text,
  });
}

function readScores(sections: readonly Section[]): Pick<Rcp, 'who' | 'painScore' | 'geriatricScore'> | undefined {
  const find = (name: SectionName, code: string): Statement | undefined => {
    for (const section of sections) {
      const found = section.names.has(name) || section.names.has('functional') ? section.find(code) : undefined;
      if (found) return found;
    }
    return undefined;
  };
  const [who, pain, geriatric] = [find('who', 'MED-239'), find('pain', '38208-5'), find('geriatric', '48544-1')];
  const scored = (one: Statement, score: number | undefined): { score?: number } & Coded & { date?: string } => ({
    ...said({ score, ...one.value, date: one.start }),
  });
  // Only a number has a place in what is written of it.
  const measured = (one: Statement): ReturnType<typeof scored> => {
    if (one.tag.code('value') !== undefined) sections[0]?.reading.unread.note('value', one.code);
    return scored(one, one.number);
  };
  const grade = WHO_SCORES[who?.tag.code('value') ?? ''] ?? who?.number;
  return said({
    who: who && said(scored(who, grade !== undefined && Number.isInteger(grade) && grade >= 0 && grade <= 4 ? grade : undefined)),
    painScore: pain && said(measured(pain)),
    geriatricScore: geriatric && said(measured(geriatric)),
  });
}

const KINDS: Readonly<Record<string, string>> = {
  'ORG-120': 'appeal-rcp',
  'ORG-064': 'examination',
  'MED-226': 'surveillance',
  'MED-227': 'active-surveillance',
};

/** The element that a step is written as. */
export function elementOf(kind: string, mood: string | undefined): 'procedure' | 'encounter' | 'observation' | 'act' {
  if (kind === 'treatment') return 'procedure';
  if (mood === 'ARQ' || kind === 'encounter') return 'encounter';
  if (mood === 'PRP' || kind === 'examination' || kind === 'observation') return 'observation';
  return kind === 'act' ? 'act' : 'procedure';
}

export function readStep(entry: Statement): PlanStep {
  const { section, tag, code } = entry;
  const { reading } = section;
  const priority = tag.first('priorityCode');
  const order = priority?.first('originalText')?.text;
  const isNumber = order !== undefined && /^(?:0|[1-9]\d{0,3})$/.test(order);
  const coded = section.coded(tag.first('code'), () => entry.text);
  const kind = (code !== undefined && KINDS[code]) || (tag.name === 'procedure' ? 'treatment' : tag.name);
  if (elementOf(kind, entry.mood) !== tag.name) reading.unread.note('entry', tag.name);
  if (isNumber) reading.unread.whole(priority?.first('originalText'));
  return {
    kind,
    ...said({
      ...coded,
      order: isNumber ? Number(order) : undefined,
      status: entry.status,
      mood: entry.mood,
      negated: entry.negated,
      priority: isNumber ? undefined : section.coded(priority),
      ...entry.times,
      comment: entry.comment,
      row: entry.row,
    }),
  };
}

function readFrame(section: Section | undefined): Rcp['frame'] {
  if (!section) return undefined;
  const [guideline, trial] = [section.find('MED-249'), section.find('MED-250')];
  return said({
    guideline: guideline?.words,
    guidelineDate: guideline?.start,
    trial: trial?.flag,
    trialText: trial && plainText(trial),
    comment: section.entries.find(isComment)?.text,
  });
}

/** Words beside a truth, when they are more than "yes" or "no". */
function plainText(one: Statement): string | undefined {
  const { text } = one;
  return text !== undefined && /^(oui|non)$/i.test(text) ? undefined : text;
}

export function readStatus(section: Section | undefined): Rcp['status'] {
  const status = section?.find('GEN-065');
  return status && said({ ...status.value, date: status.start, comment: status.comment });
}
