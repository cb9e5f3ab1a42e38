/** The tumours of an FRCP or a PPS: sections of diagnosis, mode of discovery and phase (specs FACTS G2). */
import { LIST_LIMIT, type Coded, type Tumour } from '../../../core/model/index.ts';
import { said, type Section, type Statement } from './section.ts';

const TUMOUR_TEMPLATES = ['1.3.6.1.4.1.19376.1.7.3.1.4.14.1', '1.2.250.1.213.1.1.3.113'];
const TUMOUR_CODES = ['282291009', 'G-1009'];
/** LOINC 75620-5, and its code until 2020. */
const TNM_CODES = ['75620-5', '21908-9'];
const [T, N, M, STAGE, EDITION] = ['21905-5', '21906-3', '21907-1', '21909-7', '21917-0'] as const;
const [OTHER_STAGE, OTHER_NAME, OTHER_VERSION] = ['21918-8', 'GEN-101', 'GEN-102'] as const;
const LATERALITY = '20228-3';
const SCREENING = '63921-1';
const [PHASE, PROGRESSION, LOCAL, REGIONAL, DISTANT] = ['MED-243', 'MED-245', 'MED-246', 'MED-247', 'MED-248'] as const;

/** `icd10`: of the tumours in the header. Discovery and phase are those of the disease: said with the first. */
export function readTumours(
  sections: readonly Section[],
  icd10: readonly (Coded | undefined)[],
): { readonly tumour?: Tumour; readonly otherTumours?: Tumour[] } {
  // One more than are kept, so that it is noted; the more there are, the longer it takes to place them.
  const most = LIST_LIMIT + 2;
  const entries = sections.filter(({ names }) => names.has('diagnosis')).flatMap((section) => section.entries.slice(0, most));
  const found = entries.flatMap((entry) => readEntry(entry)).slice(0, most);
  const course = readCourse(sections);
  const codes = placed(icd10.slice(0, most), found, (code) => sections[0]?.reading.unread.note('icd10', code));
  const count = Math.max(found.length, codes.length, course ? 1 : 0);
  const all = Array.from({ length: count }, (_, i): Tumour => ({ ...said({ icd10: codes[i] }), ...found[i], ...(i === 0 && course) }));
  const [tumour, ...others] = all;
  const otherTumours = sections[0]?.reading.list(others, 'tumours');
  return { ...(tumour && { tumour }), ...(otherTumours && { otherTumours }) };
}

/** A code that names the site of its tumour, as a topography does; of soft tissue, blood, a spread or what is in situ it does not. */
const SITE = /^C(?:[0-3]\d|4[014]|[56]\d|7[0-5])/;

/**
 * A code goes to the tumour of its topography, else of its organ (`C50`), else to the only one that it may be of. Header and entries need not name the
 * tumours in the same order: where that leaves a choice, nobody has the code and it is noted. One of an organ that no entry has is a tumour of its own.
 */
function placed(codes: readonly (Coded | undefined)[], tumours: readonly Tumour[], note: (code: string | undefined) => void): (Coded | undefined)[] {
  const places = new Map<number, Coded>();
  const left = new Map([...codes.entries()].flatMap(([at, code]) => (code ? [[at, code]] : [])));
  const siteOf = (tumour: number): string => tumours[tumour]?.topography?.code ?? '';
  const isSame =
    (length: number) =>
    ({ code = '' }: Coded, tumour: number): boolean =>
      code !== '' && code.slice(0, length) === siteOf(tumour).slice(0, length);
  const mayBe = (code: Coded, tumour: number): boolean => isSame(3)(code, tumour) || !SITE.test(code.code ?? '') || !SITE.test(siteOf(tumour));
  const among = (code: Coded, fits: typeof mayBe): number[] => [...tumours.keys()].filter((tumour) => !places.has(tumour) && fits(code, tumour));
  for (const fits of [isSame(20), isSame(3), mayBe])
    for (const [, code] of left) {
      // Of the same code twice, which is which makes no difference.
      const alike = [...left].filter(([, other]) => other.code === code.code);
      const free = among(code, fits);
      const isWanted = [...left.values()].some((other) => other.code !== code.code && free.some((tumour) => fits(other, tumour)));
      if (isWanted || free.length > alike.length) continue;
      for (const [i, tumour] of free.entries()) {
        places.set(tumour, alike[i]![1]);
        left.delete(alike[i]![0]);
      }
    }
  const unsure = [...left.values()].filter((code) => among(code, mayBe).length > 0);
  for (const { code } of unsure) note(code);
  const others = [...left.values()].filter((code) => !unsure.includes(code));
  const same = (tumour: number): Coded | undefined =>
    unsure.length > 0 ? undefined : codes.find((one) => one?.code !== undefined && one.code === siteOf(tumour));
  return [...tumours.map((_, at) => places.get(at) ?? same(at)), ...others];
}

function readEntry(entry: Statement): Tumour[] {
  const tumours = entry.related.filter(isTumour);
  return (tumours.length > 0 ? tumours : isTumour(entry) ? [entry] : []).map((one) => {
    const [own, outer] = [one.onset, entry.onset];
    const { unread } = entry.section.reading;
    // An open concern, as it is written again.
    if (entry !== one && entry.status !== undefined && entry.status !== 'active') unread.note('status', one.code);
    if (own !== undefined && outer !== undefined && own !== outer) unread.note('date', one.code);
    return { ...said({ diagnosisDate: own ?? outer }), ...readTumour(one) };
  });
}

function isTumour({ tag, code }: Statement): boolean {
  if (tag.name !== 'observation') return false;
  const templates = tag.elements.filter(({ name }) => name === 'templateId').map((one) => one.attribute('root') ?? '');
  return TUMOUR_TEMPLATES.some((one) => templates.includes(one)) || TUMOUR_CODES.includes(code ?? '') || tag.first('targetSiteCode') !== undefined;
}

function readTumour(one: Statement): Tumour {
  const { section, tag } = one;
  const site = tag.first('targetSiteCode');
  const tnm = one.related.find((each) => each.is(...TNM_CODES));
  const other = one.related.find((each) => each.is(OTHER_STAGE));
  one.is(...TUMOUR_CODES);
  const morphology = section.coded(tag.first('value'));
  const name = one.text;
  return (
    said({
      name: name === undefined || Object.values(morphology ?? {}).includes(name) ? undefined : name,
      morphology,
      topography: section.coded(site),
      laterality: qualifierOf(one, 'targetSiteCode', LATERALITY),
      negated: one.negated,
      tnm: tnm && readTnm(tnm),
      otherStage: other && said({ text: other.words, name: other.find(OTHER_NAME)?.words, version: other.find(OTHER_VERSION)?.words }),
      comment: one.comment,
    }) ?? {}
  );
}

function readTnm(tnm: Statement): Tumour['tnm'] {
  const edition = qualifierOf(tnm, 'value', EDITION);
  const part = (code: string): Coded | undefined => {
    const found = tnm.find(code);
    const value = found?.tag.first('value');
    // Each says the edition too.
    if (value?.attribute('codeSystemVersion') === edition?.code) tnm.section.reading.unread.read(value, 'codeSystemVersion');
    return found?.value;
  };
  return said({ t: part(T), n: part(N), m: part(M), stage: qualifierOf(tnm, 'value', STAGE), edition, date: tnm.onset });
}

function qualifierOf({ tag, section }: Statement, holder: string, name: string): Coded | undefined {
  const qualifiers = tag.first(holder)?.elements.filter((one) => one.name === 'qualifier') ?? [];
  const qualifier = qualifiers.find((one) => one.code('name') === name);
  section.reading.unread.read(qualifier?.first('name'), 'code', 'codeSystem', 'displayName');
  if (qualifier) section.reading.unread.read(tag.first(holder));
  section.reading.unread.typed(tag.first(holder), ['CD']);
  return section.coded(qualifier?.first('value'));
}

function readCourse(sections: readonly Section[]): Pick<Tumour, 'discovery' | 'phase' | 'progression'> | undefined {
  const find = (code: string): Statement | undefined => {
    for (const section of sections) {
      const found = section.names.has('discovery') || section.names.has('progress') ? section.find(code) : undefined;
      if (found) return found;
    }
    return undefined;
  };
  const [screening, phase, progression] = [find(SCREENING), find(PHASE), find(PROGRESSION)];
  const part = (code: string): boolean | undefined => progression?.find(code)?.flag;
  return said({
    discovery:
      screening && said({ screening: screening.flag, date: screening.onset, text: screening.flag === undefined ? screening.text : undefined }),
    phase: phase && said({ ...phase.section.coded(phase.tag.first('value')), date: phase.start, comment: phase.comment }),
    progression:
      progression &&
      said({ progressing: progression.flag, local: part(LOCAL), regional: part(REGIONAL), distant: part(DISTANT), date: progression.start }),
  });
}
