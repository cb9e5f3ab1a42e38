/**
 * The builders of typebox that our schemas need. Its types say what a schema means to the compiler; at run time a schema is plain JSON Schema for ajv, and
 * loading typebox to make it costs each thread 22 MB and a quarter of a second of CPU. `test/unit/type.test.ts` holds each builder to typebox itself.
 */
import type * as TypeBox from 'typebox';

type Schema = Readonly<Record<string, unknown>>;

const OPTIONAL = Symbol('optional');
const of =
  (type: string) =>
  (options: Schema = {}): Schema => ({ type, ...options });

const builders = {
  String: of('string'),
  Integer: of('integer'),
  Number: of('number'),
  Boolean: of('boolean'),
  Null: of('null'),
  Unknown: (options: Schema = {}): Schema => options,
  Unsafe: (schema: Schema): Schema => schema,
  Literal: (value: string): Schema => ({ type: typeof value, const: value }),
  Enum: (values: readonly string[], options: Schema = {}): Schema => ({ enum: values, ...options }),
  Union: (anyOf: readonly Schema[], options: Schema = {}): Schema => ({ anyOf, ...options }),
  Array: (items: Schema, options: Schema = {}): Schema => ({ type: 'array', items, ...options }),
  Record: (_: Schema, values: Schema, options: Schema = {}): Schema => ({ type: 'object', patternProperties: { '^.*$': values }, ...options }),
  Optional: (schema: Schema): Schema => Object.defineProperty({ ...schema }, OPTIONAL, { value: true }),
  Object: (properties: Readonly<Record<string, Schema>>, options: Schema = {}): Schema => {
    const required = Object.keys(properties).filter((name) => !(OPTIONAL in properties[name]!));
    return { type: 'object', ...(required.length > 0 && { required }), properties, ...options };
  },
};

export const Type = builders as unknown as Pick<typeof TypeBox.Type, keyof typeof builders>;
