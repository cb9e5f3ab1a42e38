/** JSON Schema findings as issues: every one at once, in words, with the line, without a secret. */
import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { inFrench, type SettingsIssue } from '../contract/index.ts';
import { pointerTo, type SettingsDocument } from './documents.ts';
import { makeIssue, same, say, type Bilingual } from './issue.ts';
import { suggest } from './suggest.ts';

// That schemas are schemas is tested, not asked at each start: it took as long as everything else here.
const ajv = new Ajv2020({ allErrors: true, verbose: true, useDefaults: true, strict: false, validateSchema: false, meta: false });
ajvFormats.default(ajv);
const compiled = new WeakMap<object, ValidateFunction>();

/** What stands where a schema says `writeOnly`: the value itself is never in a document. */
const SECRET_SCHEMA = {
  type: 'object',
  secret: true,
  title: 'Secret',
  // Each one may by mistake hold the secret itself: `secret` keeps it out of every issue.
  properties: {
    file: { type: 'string', secret: true, minLength: 1 },
    env: { type: 'string', secret: true, title: 'Nom de variable', en: 'Name of a variable', pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
    test: { type: 'string', secret: true },
  },
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
};

/**
 * Checks `value` (a part of `document` at `base`) and fills defaults **in place**. A field that the schema marks `writeOnly` takes a
 * secret reference and nothing else, unless `clearSecrets` (the `--settings` file of a test translation).
 */
export function checkSchema(
  schema: object,
  value: unknown,
  document: SettingsDocument,
  base: string,
  options: { readonly clearSecrets?: boolean } = {},
): readonly SettingsIssue[] {
  let validate: ValidateFunction;
  try {
    validate = validatorOf(schema, options.clearSecrets === true);
  } catch {
    return [makeIssue('ERR_MANIFEST_INVALID', document.locate(base), { expected: say('un JSON Schema lisible', 'a readable JSON Schema') })];
  }
  if (validate(value)) return [];
  const errors = validate.errors ?? [];
  // A failed alternative reports each of its branches; its own summary says nothing more.
  const telling = errors.filter((error) => !['anyOf', 'oneOf', 'if', 'allOf', 'not'].includes(error.keyword));
  return (telling.length > 0 ? telling : errors).map((error) => toIssue(error, document, base));
}

function validatorOf(schema: object, clearSecrets: boolean): ValidateFunction {
  if (clearSecrets) return ajv.compile(withSecrets(schema, true) as object);
  let validate = compiled.get(schema);
  if (!validate) compiled.set(schema, (validate = ajv.compile(withSecrets(schema, false) as object)));
  return validate;
}

function withSecrets(schema: unknown, clearSecrets: boolean): unknown {
  if (Array.isArray(schema)) return schema.map((item) => withSecrets(item, clearSecrets));
  if (typeof schema !== 'object' || schema === null) return schema;
  if ('writeOnly' in schema && schema.writeOnly === true)
    return clearSecrets ? { anyOf: [{ ...schema, writeOnly: undefined }, SECRET_SCHEMA] } : SECRET_SCHEMA;
  // `$id` would make ajv refuse the second copy of a schema; `$schema` names a draft, and ours are read as 2020-12 whatever they say.
  const keep = Object.entries(schema).filter(([key]) => key !== '$id' && key !== '$schema');
  return Object.fromEntries(keep.map(([key, inner]) => [key, withSecrets(inner, clearSecrets)]));
}

function toIssue(error: ErrorObject, document: SettingsDocument, base: string): SettingsIssue {
  const at = base + error.instancePath;
  const schema = (error.parentSchema ?? {}) as SchemaWords;
  switch (error.keyword) {
    case 'required': {
      const missing = String(error.params['missingProperty']);
      const field = schema.properties?.[missing];
      const expected = say(`le champ ${missing}${titled(field, 'fr')}`, `the field ${missing}${titled(field, 'en')}`);
      return makeIssue('ERR_CONFIG_INVALID', document.locate(pointerTo(at, missing)), { expected, found: say('rien', 'nothing') });
    }
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownField(
        document,
        at,
        String(error.params['additionalProperty'] ?? error.params['unevaluatedProperty']),
        Object.keys(schema.properties ?? {}),
      );
    case 'type':
      if (schema.secret && schema.properties && typeof error.data !== 'object') return makeIssue('ERR_CONFIG_SECRET_IN_CLEAR', document.locate(at));
      return makeIssue('ERR_CONFIG_INVALID', document.locate(at), typeDetail(String(error.params['type']), error.data));
    default:
      return makeIssue('ERR_CONFIG_INVALID', document.locate(at), { expected: ruleOf(error, schema), found: shown(error.data, schema) });
  }
}

/** `prot` beside `port`: says the nearest known name, else lists them. */
export function unknownField(document: SettingsDocument, parent: string, name: string, known: readonly string[]): SettingsIssue {
  const near = suggest(name, known);
  const list = known.join(', ');
  const expected = near ? say(`« ${near} » ?`, `did you mean "${near}"?`) : say(`un de : ${list || 'aucun champ'}`, `one of: ${list || 'no field'}`);
  return makeIssue('ERR_CONFIG_UNKNOWN_FIELD', document.locate(pointerTo(parent, name)), { expected, found: same(name.slice(0, 60)) });
}

interface SchemaWords {
  readonly title?: string;
  readonly en?: string;
  readonly unit?: string;
  readonly secret?: boolean;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, SchemaWords>>;
}

const titled = (field: SchemaWords | undefined, language: 'fr' | 'en'): string => {
  const title = language === 'fr' ? field?.title : (field?.en ?? field?.title);
  return title ? ` (${title})` : '';
};

const KINDS: Readonly<Record<string, Bilingual>> = {
  string: say('un texte', 'a text'),
  integer: say('un nombre entier', 'a whole number'),
  number: say('un nombre', 'a number'),
  boolean: say('true ou false', 'true or false'),
  object: say('un bloc de champs', 'a block of fields'),
  array: say('une liste', 'a list'),
  null: say('rien', 'nothing'),
};

export function kindOfValue(value: unknown): Bilingual {
  const kind = value === null || value === undefined ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  return KINDS[kind] ?? same(kind);
}

function typeDetail(type: string, value: unknown) {
  const expected = KINDS[type] ?? same(type);
  const quotes = type === 'string' && ['number', 'boolean'].includes(typeof value);
  const fix = quotes ? { fix: say('Mettre la valeur entre guillemets.', 'Put the value in quotes.') } : {};
  return { expected, found: kindOfValue(value), ...fix };
}

function ruleOf(error: ErrorObject, schema: SchemaWords): Bilingual {
  const { params, keyword } = error;
  const unit = schema.unit ? ` ${schema.unit}` : '';
  const example = schema.examples?.[0] === undefined ? '' : `, ex. ${JSON.stringify(schema.examples[0])}`;
  if (keyword === 'enum') return say(`un de : ${list(params['allowedValues'])}`, `one of: ${list(params['allowedValues'])}`);
  if (keyword === 'const') return same(JSON.stringify(params['allowedValue']));
  if (keyword === 'pattern' || keyword === 'format') {
    const rule = keyword === 'format' ? String(params['format']) : String(params['pattern']);
    return say((schema.title ?? `la forme ${rule}`) + example, (schema.en ?? schema.title ?? `the form ${rule}`) + example);
  }
  if (['minimum', 'minLength', 'minItems', 'minProperties'].includes(keyword))
    return say(`au moins ${params['limit']}${unit}`, `at least ${params['limit']}${unit}`);
  if (['maximum', 'maxLength', 'maxItems', 'maxProperties'].includes(keyword))
    return say(`au plus ${params['limit']}${unit}`, `at most ${params['limit']}${unit}`);
  const message = error.message ?? keyword;
  return say(inFrench(message), message);
}

const list = (values: unknown): string => (values as readonly unknown[]).map(String).join(', ');

/** Short scalars help to find the place; anything that may be a secret shows its kind only. */
function shown(value: unknown, schema: SchemaWords): Bilingual {
  if (schema.secret || typeof value === 'object') return kindOfValue(value);
  return same(JSON.stringify(value).slice(0, 60));
}
