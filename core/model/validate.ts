/** Checks the data of an event against its schema. */
import { Ajv, type ValidateFunction } from 'ajv';
import { EVENT_DATA, type EventType } from './event-data.ts';

const ajv = new Ajv({ allErrors: false, strict: false, validateSchema: false });
const compiled = new Map<string, ValidateFunction>();

/** `undefined` when it holds; else the JSON pointer and the rule, without any value. */
export function checkEventData(type: string, data: unknown): { path: string; rule: string } | undefined {
  if (!Object.hasOwn(EVENT_DATA, type)) return { path: '', rule: 'a known event type' };
  let validate = compiled.get(type);
  if (!validate) compiled.set(type, (validate = ajv.compile(EVENT_DATA[type as EventType])));
  if (validate(data)) return undefined;
  const first = validate.errors?.[0];
  const extra = first?.params && 'additionalProperty' in first.params ? ` ${String(first.params['additionalProperty'])}` : '';
  return { path: first?.instancePath ?? '', rule: `${first?.message ?? 'a valid value'}${extra}` };
}
