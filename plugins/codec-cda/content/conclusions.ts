/** Conclusions of reports: of operations, pathology and molecular genetics, summed up in an FRCP or said by the report itself. */
import type { Conclusion, Finding } from '../../../core/model/index.ts';
import { entryActor } from './actors.ts';
import { isComment, said, type Section, type Statement } from './section.ts';

/** Of a note on an operation, and of a diagnosis: what a conclusion is written as. */
const CODES = ['10218-6', '22637-3'];

/** Of a section of an FRCP: one conclusion per entry; the text of the section when it has none. */
export function summedUp(section: Section): Conclusion[] {
  const comment = section.sections.find(({ names }) => names.has('comment'))?.text;
  const entries = section.entries.filter((one) => !isComment(one));
  for (const one of entries) one.is(...CODES);
  if (entries.length === 0) {
    const alone = said({ conclusion: section.text, comment });
    return alone ? [alone] : [];
  }
  return entries.map((entry, i) => {
    const [performer, ...others] = entry.tag.elements
      .filter(({ name }) => name === 'performer')
      .flatMap((one) => entryActor(section.reading, one, 'performer') ?? []);
    return (
      said({
        // A reference that leads nowhere must not lose the conclusion: it is somewhere in the section.
        conclusion: entry.words ?? section.text,
        start: entry.start,
        end: entry.end,
        performer,
        otherPerformers: section.reading.list(others, 'performers'),
        author: entryActor(section.reading, entry.tag.first('author'), 'author', entry.start),
        comment: i === 0 ? (comment ?? entry.comment) : entry.comment,
      }) ?? {}
    );
  });
}

/** Of a report: the whole text of its section of conclusion, with every coded statement below it. */
export function reported(section: Section): Conclusion {
  const [first] = section.entries;
  const { reading, tag } = section;
  return (
    said({
      title: reading.short(tag.first('title')?.text),
      conclusion: section.text,
      start: first?.start,
      author: entryActor(reading, first?.tag.first('author') ?? tag.first('author'), 'author'),
      findings: reading.list(section.entries.flatMap(findingsOf), 'findings'),
    }) ?? {}
  );
}

function findingsOf(entry: Statement): Finding[] {
  const own = entry.tag.name === 'observation' ? entry.finding : undefined;
  return [...(own ? [own] : []), ...entry.related.filter((one) => !isComment(one)).flatMap(findingsOf)];
}
