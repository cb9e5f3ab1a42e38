/** The texts of one call by what they say, each checked when it is asked for; errors name the product's own key. */
import { PasserelleError, type Warning } from '../../core/contract/index.ts';
import { callText } from '../../core/model/index.ts';
import type { CallField, CallProfile } from './profile.ts';

export class Values {
  readonly #byField = new Map<CallField, { readonly key: string; readonly text: string }>();
  readonly #names: ReadonlyMap<CallField, string>;

  /** A key that is empty, or that the profile does not know, says nothing: a warning each, whose location is the key of the profile. */
  constructor(texts: Readonly<Record<string, string>>, { keys, ignored = [] }: CallProfile, warnings: Warning[]) {
    this.#names = new Map(Object.entries(keys).map(([key, field]) => [field, key]));
    let unknown = 0;
    for (const [key, text] of Object.entries(texts)) {
      const field = Object.hasOwn(keys, key) ? keys[key] : undefined;
      if (!field) unknown += ignored.includes(key) ? 0 : 1;
      else if (text.trim() === '') warnings.push({ code: 'empty-value', detail: key, location: { path: `/${key}` } });
      else if (this.#byField.has(field))
        throw new PasserelleError('ERR_CALL_CONTEXT', { location: { path: `/${key}` }, expected: 'each thing said once' });
      else this.#byField.set(field, { key, text });
    }
    // Names that nobody knows are content of the sender: counted, not repeated.
    if (unknown > 0) warnings.push({ code: 'unknown-key', detail: String(unknown) });
    if ([...this.#byField.values()].some(({ text }) => text !== text.normalize('NFC'))) warnings.push({ code: 'text-not-nfc' });
  }

  nameOf(field: CallField): string {
    return this.#byField.get(field)?.key ?? this.#names.get(field) ?? field;
  }

  text(field: CallField, max?: number): string | undefined {
    const found = this.#byField.get(field);
    return found && callText(found.text, found.key, max);
  }

  need(field: CallField): string {
    const text = this.text(field);
    if (text === undefined) throw this.invalid(field, 'a value');
    return text;
  }

  /** Words are compared without case. */
  choice<T>(field: CallField, words: Readonly<Record<string, T>>): T | undefined {
    const text = this.text(field)?.toUpperCase();
    if (text === undefined) return undefined;
    const found = Object.entries(words).find(([word]) => word.toUpperCase() === text);
    if (!found) throw this.invalid(field, Object.keys(words).join(', '));
    return found[1];
  }

  invalid(field: CallField, expected: string): PasserelleError {
    return new PasserelleError('ERR_CALL_CONTEXT', { location: { path: `/${this.nameOf(field)}` }, expected });
  }
}
