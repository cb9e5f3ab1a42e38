/** The `expected` and `found` of errors in French. */
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { expect } from 'chai';
import { AJV_PHRASES, PHRASES } from '../../core/contract/french-phrases.ts';
import { foundInFrench, inFrench } from '../../core/contract/index.ts';

const VALUES = ['17', '4', '9'];
const filled = (template: string, place: RegExp): string => {
  const values = [...VALUES];
  return template.replaceAll(place, () => values.shift()!);
};

describe('the French of what an error expected and found', () => {
  it('keeps codes, names and numbers, and what it does not know', () => {
    expect(inFrench('a PID segment')).to.equal('un segment PID');
    expect(inFrench('1204 bytes of text/plain')).to.equal('1204 octets de text/plain');
    expect(inFrench('a client for java, php')).to.equal('un client pour java, php');
    expect(inFrench('what nobody ever wrote')).to.equal('what nobody ever wrote');
    // Names that every object has are no phrases.
    expect(['constructor', 'toString', '__proto__', ''].map(inFrench)).to.deep.equal(['constructor', 'toString', '__proto__', '']);
  });
  it('puts in French a phrase within a phrase, and the words of a list', () => {
    expect(inFrench('JSON: a comma')).to.equal('du JSON : une virgule');
    expect(inFrench('one around a document that is none: not well-formed XML')).to.equal(
      "un CDA autour d'un document qui n'en est pas un : un XML mal formé",
    );
    expect(inFrench('P or T or D')).to.equal('P ou T ou D');
  });
  it('reads as the end of a sentence', () => {
    expect(foundInFrench({ expected: 'a PV1 segment', found: 'none' })).to.equal('attendu : un segment PV1, trouvé : rien');
    expect(foundInFrench({ found: '3 records' })).to.equal('trouvé : 3 dossiers');
    expect(foundInFrench({})).to.equal('');
  });
  it('reads each template as itself, and no other in its place', () => {
    const others = Object.entries({ ...PHRASES, ...AJV_PHRASES }).filter(([en, fr]) => en.includes('{}') && !fr.includes('{phrase}'));
    const got = others.map(([en]) => inFrench(filled(en, /\{\}/g)));
    expect(got).to.deep.equal(others.map(([, fr]) => filled(fr, /\{\}/g)));
  });
  it('gives each value of a template a place', () => {
    const count = (text: string): number => text.match(/\{(?:phrase)?\}/g)?.length ?? 0;
    expect(Object.entries({ ...PHRASES, ...AJV_PHRASES }).filter(([en, fr]) => count(en) !== count(fr))).to.deep.equal([]);
  });
  it('has the words of Ajv for whatever our schemas refuse', () => {
    const refused: readonly (readonly [object, unknown])[] = [
      [{ type: 'string' }, 1],
      [{ type: 'integer' }, 'a'],
      [{ type: 'array' }, {}],
      [{ type: 'null' }, 1],
      [{ minLength: 2 }, 'a'],
      [{ maxLength: 2 }, 'abc'],
      [{ minItems: 2 }, []],
      [{ maxItems: 1 }, [1, 2]],
      [{ minProperties: 1 }, {}],
      [{ maxProperties: 0 }, { a: 1 }],
      [{ uniqueItems: true }, [1, 1]],
      [{ contains: { const: 1 } }, [2]],
      [{ minimum: 2 }, 1],
      [{ maximum: 2 }, 3],
      [{ exclusiveMinimum: 2 }, 2],
      [{ exclusiveMaximum: 2 }, 2],
      [{ multipleOf: 2 }, 3],
      [{ pattern: '^a$' }, 'b'],
      [{ format: 'date' }, 'b'],
      [{ required: ['a'] }, {}],
      [{ additionalProperties: false }, { a: 1 }],
      [{ const: 1 }, 2],
      [{ enum: [1] }, 2],
      [{ anyOf: [{ const: 1 }] }, 2],
      [{ oneOf: [{ const: 1 }] }, 2],
      [{ not: {} }, 1],
      [{ if: { const: 1 }, else: false }, 2],
      [{ propertyNames: { const: 'b' } }, { a: 1 }],
    ];
    const ajv = new Ajv({ strict: false, allErrors: true });
    addFormats.default(ajv);
    const said = refused.flatMap(([schema, value]) => {
      const validate = ajv.compile(schema);
      expect(validate(value), JSON.stringify(schema)).to.equal(false);
      return validate.errors!.map(({ message }) => message!);
    });
    expect(said.filter((message) => inFrench(message) === message)).to.deep.equal([]);
    expect(inFrench('must NOT have additional properties insee')).to.equal('aucun champ inconnu (insee)');
  });
});
