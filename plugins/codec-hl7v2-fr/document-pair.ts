/** Whether an N1 and an N3 of one code are two forms of one content, and named to each other (decision 0038): only their headers tell (SAFETY B2). */
import type { CdaHeader, CdaId } from '../../core/contract/index.ts';
import { fold } from '../../core/model/index.ts';

type Facts = ReadonlyMap<string, string>;

const SET = 'set';

const idsAs = (name: string, ids: readonly CdaId[] = []): [string, string][] =>
  [...Map.groupBy(ids, ({ root }) => root)].map(([root, same]) => [
    `${name} ${root}`,
    same
      .map(({ extension = '' }) => extension)
      .toSorted()
      .join('\n'),
  ]);

/** Of a version, a title, a code or a time many documents have the same: of one day, or one meeting, a patient has several. */
const generalOf = ({ version, title, effectiveTime, serviceStart }: CdaHeader): Facts =>
  new Map([
    ...(effectiveTime === undefined ? [] : [['effectiveTime', effectiveTime.slice(0, 8)] as const]),
    ...(serviceStart === undefined ? [] : [['serviceStart', serviceStart] as const]),
    ...(version === undefined ? [] : [['version', `${version}`] as const]),
    ...(title === undefined ? [] : [['title', fold(title)] as const]),
  ]);

/** Each form has an id of its own, and mostly a predecessor of its own: those say nothing here. */
const ownOf = ({ orders, encounter, setId }: CdaHeader): Facts =>
  new Map([
    ...idsAs('order', orders),
    ...idsAs('encounter', encounter?.ids),
    ...(setId ? [[SET, `${setId.root} ${setId.extension ?? ''}`] as const] : []),
  ]);

/**
 * Nothing that both say may differ. Official examples give the two forms sets of their own, so another set alone is no contradiction where something else
 * says that they belong together.
 */
export function isOneDocument(one: CdaHeader, other: CdaHeader): boolean {
  const [own, theirs] = [ownOf(one), ownOf(other)];
  const differs = (facts: Facts, others: Facts): boolean =>
    [...facts].some(([name, value]) => name !== SET && others.has(name) && others.get(name) !== value);
  const agrees = [...own].some(([name, value]) => theirs.get(name) === value);
  return !differs(generalOf(one), generalOf(other)) && !differs(own, theirs) && (agrees || own.get(SET) === theirs.get(SET));
}
