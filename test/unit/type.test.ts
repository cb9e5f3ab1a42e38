/** Our builders of schemas make what typebox makes. */
import { expect } from 'chai';
import { Type as TypeBox } from 'typebox';
import { Type } from '../../core/model/index.ts';

const made = (type: typeof Type): unknown => {
  const strict = { additionalProperties: false, title: 'o' };
  return type.Object(
    {
      text: type.String(),
      short: type.String({ maxLength: 3, pattern: '^a' }),
      maybe: type.Optional(type.Union([type.String({ minLength: 1 }), type.Null()])),
      one: type.Literal('one'),
      either: type.Union([type.Boolean(), type.Literal('held')], { title: 'e' }),
      word: type.Enum(['a', 'b'], { default: 'a' }),
      words: type.Optional(type.Array(type.Enum(['a', 'b']), { maxItems: 2 })),
      count: type.Integer({ minimum: 0, default: 1 }),
      rate: type.Optional(type.Number({ title: 'r' })),
      rest: type.Record(type.String(), type.Unknown(), { title: 'q' }),
      any: type.Unknown(),
      other: type.Unsafe<string>({ type: 'string', format: 'date' }),
      inner: type.Optional(type.Object({ all: type.Optional(type.Boolean({ default: false })) }, strict)),
      empty: type.Object({}),
      spread: { ...type.String(), description: 'd' },
    },
    strict,
  );
};

describe('builders of schemas', () => {
  it('make the JSON Schema that typebox makes', () => {
    expect(JSON.parse(JSON.stringify(made(Type)))).to.deep.equal(JSON.parse(JSON.stringify(made(TypeBox))));
  });
});
