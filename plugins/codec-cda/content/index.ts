/** Content of a structured CDA (N3) in canonical form: FRCP, PPS, conclusions of pathology. */
import type { CdaId, Warning } from '../../../core/contract/index.ts';
import type { DocumentData } from '../../../core/model/index.ts';
import type { Tag } from '../tag.ts';
import { reported } from './conclusions.ts';
import { fitted } from './fit.ts';
import { contentModelOf, sectionNames } from './models.ts';
import { readPps } from './pps.ts';
import { readRcp } from './rcp.ts';
import { Reading, Section } from './section.ts';

export { CONTENT_MODELS, contentModelOf, type ContentModel, type SectionModel, type SectionName } from './models.ts';
export { ICD10, MEETING, MOTIVES, RCP_IDS } from './rcp.ts';
export { STEP_KINDS } from './pps.ts';

export type Content = Pick<DocumentData, 'rcp' | 'pps' | 'conclusions'>;

export interface ContentReading {
  readonly content: Content;
  readonly warnings: readonly Warning[];
}

/** `undefined` when the model is none whose content is read. Never throws: a body that cannot be read is a warning, its header stays. */
export function readContent(root: Tag, templateIds: readonly CdaId[]): ContentReading | undefined {
  const found = contentModelOf(templateIds);
  const body = root.first('component', 'structuredBody');
  if (!found || !body) return undefined;
  try {
    const { model, exact } = found;
    const reading = new Reading(body);
    if (!exact) reading.warn('cda-model-version-unknown', templateIds.find(({ root: oid }) => oid === model.oid)?.extension?.slice(0, 50));
    const names = sectionNames(model);
    const top = body.elements.filter(({ name }) => name === 'component').flatMap((one) => one.first('section') ?? []);
    const sections = top.flatMap((tag) => withInner(new Section(reading, tag, names)));
    const read: Content =
      model.kind === 'rcp'
        ? { rcp: readRcp(reading, root, sections) }
        : model.kind === 'pps'
          ? { pps: readPps(reading, root, sections) }
          : { conclusions: reading.list(sections.filter((one) => one.names.has('conclusion')).map(reported), 'conclusions') ?? [] };
    // A section that the model does not know is no defect: what it says is in the document, and stays there.
    if (reading.unresolved.size > 0) reading.warn('cda-reference-unresolved', [...reading.unresolved].join(' ').slice(0, 250));
    const { content, cut } = fitted(withoutEmpty(read));
    if (cut) reading.warn('cda-content-cut');
    return { content, warnings: reading.warnings };
  } catch {
    return { content: {}, warnings: [{ code: 'cda-content-unreadable' }] };
  }
}

/** A document of which nothing was read says so by its absence. */
const withoutEmpty = (content: Content): Content => Object.fromEntries(Object.entries(content).filter(([, value]) => Object.keys(value).length > 0));

const withInner = (section: Section): Section[] => [section, ...section.sections.flatMap(withInner)];
