/** Checks the data of an event against its schema. */
import { Ajv, type ValidateFunction } from 'ajv';
import { EVENT_DATA, type EventType } from './event-data.ts';

// Loaded with the model, not with the first event: what is away then would be the fault of a message.
const ajv = new Ajv({ allErrors: false, strict: false, validateSchema: false, meta: false, inlineRefs: false });
const compiled = new Map<string, ValidateFunction>();

/** `undefined` when it holds; else the JSON pointer and the rule, without any value. */
export function checkEventData(type: string, data: unknown): { path: string; rule: string } | undefined {
  if (!Object.hasOwn(EVENT_DATA, type)) return { path: '', rule: 'a known event type' };
  let validate = compiled.get(type);
  if (!validate) compiled.set(type, (validate = ajv.compile(apart(EVENT_DATA[type as EventType]) as object)));
  if (validate(data)) return undefined;
  const first = validate.errors?.[0];
  const extra = first?.params && 'additionalProperty' in first.params ? ` ${String(first.params['additionalProperty'])}` : '';
  return { path: first?.instancePath ?? '', rule: `${first?.message ?? 'a valid value'}${extra}` };
}

/** Names of the objects that stand apart, by what they ask. */
const names = new Map<string, string>();

/**
 * The schema with each object in it apart, once for all that hold it: ajv makes a function of each. In one function a document took 1.4 MB of code, a
 * second to compile, and, once V8 thought it worth its best, 100 MB, in the engine's thread and in that of each connector.
 */
function apart(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(apart);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, apart(value)]));
  if (inner['type'] !== 'object') return inner;
  const asked = JSON.stringify(inner);
  const $ref = names.get(asked) ?? `object${names.size}`;
  if (!names.has(asked)) ajv.addSchema(inner, $ref);
  names.set(asked, $ref);
  return { $ref };
}
