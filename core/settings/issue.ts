/** One thing wrong in a settings document, for people: English and French sentence, where, what was wanted, what to do. */
import { CATALOGUE, PasserelleError, formatLocation, type ErrorCode, type Location, type SettingsIssue } from '../contract/index.ts';

/** The same words twice; French is what a hospital reads first. */
export interface Bilingual {
  readonly fr: string;
  readonly en: string;
}

export const say = (fr: string, en: string): Bilingual => ({ fr, en });
/** Words that are the same in both languages: names, codes, numbers. */
export const same = (text: string): Bilingual => ({ fr: text, en: text });

export interface IssueDetail {
  readonly expected?: Bilingual;
  /** A kind or a short setting; never a secret. */
  readonly found?: Bilingual;
  /** Replaces the fix of the catalogue when a better one is known. */
  readonly fix?: Bilingual;
}

export function makeIssue(code: ErrorCode, location: Location, detail: IssueDetail = {}): SettingsIssue {
  const { expected, found } = detail;
  const error = new PasserelleError(code, { location, ...(expected && { expected: expected.en }), ...(found && { found: found.en }) });
  const tail = [expected && `attendu : ${expected.fr}`, found && `trouvé : ${found.fr}`].filter(Boolean).join(', ');
  const where = formatLocation(location, 'fr');
  const fr = `${where && `${where} : `}${CATALOGUE[code].fr}${tail && ` (${tail})`}`;
  return { ...error.toData(), fr, fix: detail.fix ?? CATALOGUE[code].fix };
}
