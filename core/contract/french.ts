/** The `expected` and `found` of an error in French. Data, logs and answers keep the English; it is put in French where a person reads it. */
import { AJV_PHRASES, PHRASES } from './french-phrases.ts';

type Table = Readonly<Record<string, string>>;
interface Template {
  readonly pattern: RegExp;
  readonly fr: string;
}

const PLACE = /\{(phrase)?\}/g;

/**
 * What puts the phrases of tables in French: `{}` is a value of the English, kept as it is, `{phrase}` in the French one that may be a phrase itself. A
 * phrase that they do not know stays.
 */
export function translator(...tables: readonly Table[]): (phrase: string) => string {
  // Made at the first phrase that is in no table as it stands.
  let templates: readonly Template[] | undefined;
  return function translate(phrase): string {
    for (const table of tables) if (Object.hasOwn(table, phrase)) return table[phrase]!;
    for (const { pattern, fr } of (templates ??= compiled(tables))) {
      const values = pattern.exec(phrase)?.slice(1);
      if (values) return fr.replaceAll(PLACE, (_, nested?: string) => (nested ? translate(values.shift()!) : values.shift()!));
    }
    return phrase;
  };
}

/** Those that say most first: `at most {} bytes` before `{} bytes`. */
function compiled(tables: readonly Table[]): readonly Template[] {
  const pattern = (en: string): RegExp => new RegExp(`^${en.replaceAll(/[\\^$.*+?()[\]|]/g, '\\$&').replaceAll('{}', '(.*?)')}$`, 's');
  return tables
    .flatMap((table) => Object.entries(table))
    .filter(([en]) => en.includes('{}'))
    .sort(([a], [b]) => b.replaceAll('{}', '').length - a.replaceAll('{}', '').length)
    .map(([en, fr]) => ({ pattern: pattern(en), fr }));
}

/** What an error expected or found. Codes, names of fields and numbers within stay as they are. */
export const inFrench: (phrase: string) => string = translator(PHRASES, AJV_PHRASES);

/** `attendu : ..., trouvé : ...`, or nothing. */
export const foundInFrench = ({ expected, found }: { readonly expected?: string; readonly found?: string }): string =>
  [expected && `attendu : ${inFrench(expected)}`, found && `trouvé : ${inFrench(found)}`].filter(Boolean).join(', ');
