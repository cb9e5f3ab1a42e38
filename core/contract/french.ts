/** The `expected` and `found` of an error in French. Data, logs and answers keep the English; it is put in French where a person reads it. */
import { AJV_PHRASES, PHRASES } from './french-phrases.ts';

interface Template {
  readonly pattern: RegExp;
  readonly fr: string;
}

const PLACE = /\{(phrase)?\}/g;

/**
 * What puts the phrases of a table in French: `{}` is a value of the English, kept as it is, `{phrase}` in the French one that may be a phrase itself. A
 * phrase that the table does not know stays.
 */
export function translator(table: Readonly<Record<string, string>>): (phrase: string) => string {
  // Made at the first phrase that is not in the table as it stands.
  let templates: readonly Template[] | undefined;
  return function translate(phrase): string {
    if (Object.hasOwn(table, phrase)) return table[phrase]!;
    for (const { pattern, fr } of (templates ??= compiled(table))) {
      const values = pattern.exec(phrase)?.slice(1);
      if (values) return fr.replaceAll(PLACE, (_, nested?: string) => (nested ? translate(values.shift()!) : values.shift()!));
    }
    return phrase;
  };
}

/** Those that say most first: `at most {} bytes` before `{} bytes`. */
function compiled(table: Readonly<Record<string, string>>): readonly Template[] {
  const pattern = (en: string): RegExp => new RegExp(`^${en.replaceAll(/[\\^$.*+?()[\]|]/g, '\\$&').replaceAll('{}', '(.*?)')}$`, 's');
  return Object.entries(table)
    .filter(([en]) => en.includes('{}'))
    .sort(([a], [b]) => b.replaceAll('{}', '').length - a.replaceAll('{}', '').length)
    .map(([en, fr]) => ({ pattern: pattern(en), fr }));
}

/** What an error expected or found. Codes, names of fields and numbers within stay as they are. */
export const inFrench: (phrase: string) => string = translator({ ...PHRASES, ...AJV_PHRASES });

/** `attendu : ..., trouvé : ...`, or nothing. */
export const foundInFrench = ({ expected, found }: { readonly expected?: string; readonly found?: string }): string =>
  [expected && `attendu : ${inFrench(expected)}`, found && `trouvé : ${inFrench(found)}`].filter(Boolean).join(', ');
