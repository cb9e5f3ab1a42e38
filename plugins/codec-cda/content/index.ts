/** Content of a structured CDA (N3) in canonical form: FRCP, PPS, conclusions of pathology. */
import type { CdaId, Warning } from '../../../core/contract/index.ts';
import type { DocumentData } from '../../../core/model/index.ts';
import type { Tag } from '../tag.ts';
import { reported } from './conclusions.ts';
import { fitted } from './fit.ts';
import { CONTENT_MODELS, contentModelOf, sectionNames } from './models.ts';
import { readPps } from './pps.ts';
import { readRcp } from './rcp.ts';
import { Reading, Section } from './section.ts';

export { CONTENT_MODELS, contentModelOf, type ContentModel, type SectionModel, type SectionName } from './models.ts';
export { ICD10, MEETING, MOTIVES, RCP_IDS, WHO_SCORES, elementOf } from './rcp.ts';
export { STEP_KINDS } from './pps.ts';

export type Content = Pick<DocumentData, 'rcp' | 'pps' | 'conclusions' | 'unread'>;

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
    const reading = new Reading(body, timesOf(root));
    if (!exact) reading.warn('cda-model-version-unknown', templateIds.find(({ root: oid }) => oid === model.oid)?.extension?.slice(0, 50));
    const names = sectionNames(model);
    const top = body.elements.filter(({ name }) => name === 'component').flatMap(({ elements }) => elements.filter(({ name }) => name === 'section'));
    const sections = top.flatMap((tag) => withInner(new Section(reading, tag, names)));
    const read: Content =
      model.kind === 'rcp'
        ? { rcp: readRcp(reading, root, sections) }
        : model.kind === 'pps'
          ? { pps: readPps(reading, root, sections) }
          : { conclusions: reading.list(sections.filter((one) => one.names.has('conclusion')).map(reported), 'conclusions') ?? [] };
    if (model.kind !== 'conclusions') for (const section of sections) section.resolve();
    if (reading.unresolved.size > 0) reading.warn('cda-reference-unresolved', [...reading.unresolved].join(' ').slice(0, 250));
    const { content, cut } = fitted(withoutEmpty(read));
    if (cut) reading.warn('cda-content-cut');
    // What is not read is no defect of the document: it stays there. Only written again it would be lost (conclusions never are).
    for (const component of body.elements) reading.unread.component(component);
    const unread = model.kind === 'conclusions' ? [] : unreadOf(reading, sections, cut);
    return { content: { ...content, ...(unread.length > 0 && { unread: [...unread] }) }, warnings: reading.warnings };
  } catch {
    return { content: {}, warnings: [{ code: 'cda-content-unreadable' }] };
  }
}

function timesOf(root: Tag): readonly string[] {
  const acts = root.elements.filter(({ name }) => name === 'documentationOf').flatMap((one) => one.first('serviceEvent') ?? []);
  return [root, ...acts, root.first('componentOf', 'encompassingEncounter')].flatMap(
    (one) => one?.value('effectiveTime') ?? one?.value('effectiveTime', 'low') ?? [],
  );
}

function unreadOf(reading: Reading, sections: readonly Section[], cut: boolean): readonly string[] {
  const { unread } = reading;
  if (cut) unread.note('content');
  if (reading.unresolved.size > 0) unread.note('reference');
  const problems = CONTENT_MODELS.map(({ problemCode }) => problemCode?.[0]).filter((code) => code !== undefined);
  for (const { tag, names } of sections) {
    // The problem that a section of reason must have, without a value, is written again by itself.
    const constant = tag.elements.flatMap(({ elements }) => elements).find((one) => problems.includes(one.code('code') ?? ''));
    for (const one of names.has('reason') && constant ? [constant] : []) {
      const value = one.first('value');
      unread.read(one);
      unread.read(one.first('code'), 'code', 'codeSystem', 'displayName');
      if (unread.typed(value, ['CD']) && value?.attribute('code') === tag.code('code')) unread.read(value, 'code', 'codeSystem', 'displayName');
    }
    if (names.size === 0) unread.note('section', tag.code('code'));
    else unread.section(tag);
  }
  return unread.reasons;
}

/** A document of which nothing was read says so by its absence. */
const withoutEmpty = (content: Content): Content => Object.fromEntries(Object.entries(content).filter(([, value]) => Object.keys(value).length > 0));

const withInner = (section: Section): Section[] => [section, ...section.sections.flatMap(withInner)];
