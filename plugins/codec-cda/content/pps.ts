/** The content of a PPS: personal care plan (CI-SIS CANCER-PPS; specs FACTS G3). */
import type { CareStep, Pps } from '../../../core/model/index.ts';
import type { Tag } from '../tag.ts';
import { entryActor, headerActors } from './actors.ts';
import { readStatus } from './rcp.ts';
import { isComment, said, type Reading, type Section, type Statement } from './section.ts';
import { readTumours } from './tumour.ts';

const INFORMATION = 'GEN-294';
const STOP = 'MED-052';
/** The two sections of care have one code and one template: the entries say which is which (MED-572, MED-573: support). */
export const STEP_KINDS: Readonly<Record<string, string>> = {
  'MED-568': 'treatment',
  'MED-569': 'prevention',
  'MED-570': 'measure',
  'MED-571': 'follow-up',
  'MED-572': 'supportive-care',
  'MED-573': 'social-support',
};
const SUPPORT = ['MED-572', 'MED-573'];
const [PLANNED, RHYTHM, MODE, SIDE_EFFECTS] = ['GEN-177', 'ORG-004', 'ORG-006', 'MED-565'] as const;
const PLACED: readonly (string | undefined)[] = [PLANNED, RHYTHM, MODE, SIDE_EFFECTS];

export function readPps(reading: Reading, root: Tag, sections: readonly Section[]): Pps {
  const entries = sections.filter(({ names }) => names.has('plan')).flatMap((section) => section.entries);
  const steps = entries.filter((one) => !isComment(one) && one.code !== STOP);
  const isSupport = ({ code, section }: Statement): boolean =>
    SUPPORT.includes(code ?? '') || (!STEP_KINDS[code ?? ''] && section.translations.includes('MED-567'));
  const stop = entries.find((one) => one.is(STOP));
  const comments = sections.filter(({ names }) => names.has('comment'));
  const textOf = (wanted: boolean): string | undefined =>
    reading.note(
      comments
        .filter(({ translations }) => translations.includes(INFORMATION) === wanted)
        .flatMap(({ text }) => text ?? [])
        .join('\n\n'),
    );
  const paediatric = sections.find(({ names }) => names.has('reason'))?.find('ORG-116');
  const status = sections.find(({ names }) => names.has('status'));
  const [reason, rcp, handedOver] = [status?.find('GEN-037'), status?.find('ORG-189'), status?.find('GEN-178')];
  return {
    ...said({
      patientComment: textOf(false),
      paediatric: paediatric?.flag,
      paediatricComment: paediatric?.comment,
    }),
    ...readTumours(sections, []),
    ...said({
      steps: reading
        .list(
          steps.filter((one) => !isSupport(one)),
          'steps',
        )
        ?.map(readCare),
      stop: stop && said({ stopped: stop.flag, date: stop.start, comment: stop.text }),
      support: reading.list(steps.filter(isSupport), 'support')?.map(readCare),
      reason: reason && said({ ...reason.value, date: reason.start, comment: reason.comment }),
      rcpDate: rcp?.instant,
      handedOver:
        handedOver &&
        said({ date: handedOver.instant, by: entryActor(reading, handedOver.tag.first('performer'), 'performer'), text: handedOver.text }),
      status: readStatus(status),
      references: readReferences(reading, sections),
      contacts: reading.list(headerActors(reading, root), 'contacts'),
      information: textOf(true),
    }),
  };
}

function readCare(entry: Statement): CareStep {
  const { section, tag } = entry;
  const { reading } = section;
  const code = tag.first('code');
  const [planned, rhythm, mode, effects] = [PLANNED, RHYTHM, MODE, SIDE_EFFECTS].map((one) => entry.related.find((other) => other.is(one)));
  const qualifier = code?.first('qualifier', 'value');
  // A kind that is none of the guide is not written beside a treatment.
  if (qualifier) entry.is(...Object.keys(STEP_KINDS));
  const findings = entry.related.filter((one) => !isComment(one) && !PLACED.includes(one.code));
  for (const holder of tag.elements)
    if (holder.attribute('typeCode') === 'RSON' && findings.some((one) => holder.elements.includes(one.tag))) reading.unread.read(holder, 'typeCode');
    else if (findings.some((one) => holder.elements.includes(one.tag))) reading.unread.note('entryRelationship', entry.code);
  if (tag.name !== 'procedure') reading.unread.note('entry', tag.name);
  return {
    kind: STEP_KINDS[entry.code ?? ''] ?? entry.code ?? tag.name,
    ...said({
      treatment: section.coded(qualifier ?? code, () => entry.text),
      status: entry.status,
      mood: entry.mood,
      negated: entry.negated,
      dates: said(entry.times),
      planned: planned && said(planned.times),
      rhythm: rhythm && said({ regular: rhythm.flag, text: rhythm.text }),
      mode: mode?.value,
      sideEffects: effects?.words,
      performer: entryActor(reading, tag.first('performer'), 'performer'),
      comment: entry.comment,
      findings: reading.list(findings, 'findings')?.flatMap((one) => one.finding ?? []),
      row: entry.row,
    }),
  };
}

function readReferences(reading: Reading, sections: readonly Section[]): Pps['references'] {
  const acts = sections.filter(({ names }) => names.has('references')).flatMap(({ entries }) => entries);
  const references = acts.flatMap(({ section, tag }) =>
    tag.elements
      .filter(({ name }) => name === 'reference')
      .flatMap((one) => one.first('externalDocument') ?? [])
      .flatMap((external) => {
        const id = external.first('id');
        reading.unread.read(id, 'root', ...(id?.attribute('root') === undefined ? [] : ['extension']));
        const [root, extension] = [reading.short(id?.attribute('root')), reading.short(id?.attribute('extension'))];
        return said({ root, extension, text: section.said(external.first('text')) }) ?? [];
      }),
  );
  return reading.list(references, 'references');
}
