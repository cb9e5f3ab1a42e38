/** Reads a JSON message field by field: bounded, and precise about what is missing or wrong and where. Unknown properties are left alone. */
import { PasserelleError } from 'passerelle/contract';

/** Longest identifier or name: protects the canonical model, which has the same bound. */
const SHORT = 250;
/** Longest list: protects from thousands of identifiers or participants. */
const LIST = 100;

type Kind = 'object' | 'list' | 'text' | 'integer' | 'boolean';

export class Reader {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(value: unknown, path = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(path, 'object', value);
    this.#value = value as Record<string, unknown>;
    this.#path = path;
  }

  /** JSON pointer of a property, for errors. */
  at(name: string): string {
    return `${this.#path}/${name}`;
  }

  /** Said to be absent: `null`. */
  isNull(name: string): boolean {
    return Object.hasOwn(this.#value, name) && this.#value[name] === null;
  }

  has(name: string): boolean {
    return this.#own(name) !== undefined;
  }

  text(name: string, options: { readonly max?: number; readonly pattern?: RegExp } = {}): string | undefined {
    const value = this.#own(name);
    if (value === undefined) return undefined;
    const { max = SHORT, pattern } = options;
    if (typeof value !== 'string' || value === '') throw invalid(this.at(name), 'text', value);
    if (value.length > max)
      throw new PasserelleError('ERR_JSON_FIELD_INVALID', { location: { path: this.at(name) }, expected: `at most ${max} characters` });
    if (pattern && !pattern.test(value))
      throw new PasserelleError('ERR_JSON_FIELD_INVALID', { location: { path: this.at(name) }, expected: pattern.source });
    return value;
  }

  need(name: string, options: { readonly max?: number; readonly pattern?: RegExp } = {}): string {
    return this.text(name, options) ?? this.#missing(name);
  }

  /** One of a closed list. */
  choice<const T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value === undefined || values.includes(value as T)) return value as T | undefined;
    throw new PasserelleError('ERR_JSON_FIELD_INVALID', { location: { path: this.at(name) }, expected: values.join(', ') });
  }

  integer(name: string): number | undefined {
    const value = this.#own(name);
    if (value === undefined || Number.isSafeInteger(value)) return value as number | undefined;
    throw invalid(this.at(name), 'integer', value);
  }

  boolean(name: string): boolean | undefined {
    const value = this.#own(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw invalid(this.at(name), 'boolean', value);
  }

  object(name: string): Reader | undefined {
    const value = this.#own(name);
    return value === undefined ? undefined : new Reader(value, this.at(name));
  }

  needObject(name: string): Reader {
    return this.object(name) ?? this.#missing(name);
  }

  objects(name: string): readonly Reader[] {
    return this.#list(name).map((item, index) => new Reader(item, `${this.at(name)}/${index}`));
  }

  texts(name: string, pattern?: RegExp): readonly string[] | undefined {
    if (this.#own(name) === undefined) return undefined;
    return this.#list(name).map((item, index) => new Reader({ [index]: item }, this.at(name)).need(String(index), pattern ? { pattern } : {}));
  }

  #list(name: string): readonly unknown[] {
    const value = this.#own(name) ?? [];
    if (!Array.isArray(value)) throw invalid(this.at(name), 'list', value);
    if (value.length > LIST)
      throw new PasserelleError('ERR_JSON_FIELD_INVALID', { location: { path: this.at(name) }, expected: `at most ${LIST} items` });
    return value;
  }

  #own(name: string): unknown {
    const value = Object.hasOwn(this.#value, name) ? this.#value[name] : undefined;
    return value === null ? undefined : value;
  }

  #missing(name: string): never {
    throw new PasserelleError('ERR_JSON_FIELD_MISSING', { location: { path: this.at(name) } });
  }
}

function invalid(path: string, expected: Kind, value: unknown): PasserelleError {
  const found = value === '' ? 'empty text' : Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value;
  return new PasserelleError('ERR_JSON_FIELD_INVALID', { location: { path }, expected, found });
}
