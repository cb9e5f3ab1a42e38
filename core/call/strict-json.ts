/** JSON as one reading only: UTF-8 without faults, no key twice, no deeper than what is read of it. */
import { PasserelleError } from '../contract/index.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** A FHIR resource is some ten deep; what is asked of a value member by member must end. */
const DEEPEST = 64;
const MEMBER = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/** Throws ERR_CALL_CONTEXT. */
export function strictJson(bytes: Uint8Array): unknown {
  let value: unknown;
  let text: string;
  try {
    text = utf8.decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw new PasserelleError('ERR_CALL_CONTEXT', { expected: 'JSON in UTF-8', cause });
  }
  // What JSON.parse made of it has each key once: members that are missing there were said twice.
  const said = [...text.matchAll(MEMBER)].filter(([, colon]) => colon !== undefined).length;
  if (said !== membersOf(value)) throw new PasserelleError('ERR_CALL_CONTEXT', { expected: 'no key twice' });
  return value;
}

function membersOf(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === DEEPEST) throw new PasserelleError('ERR_CALL_CONTEXT', { expected: `JSON of at most ${DEEPEST} levels`, found: 'more' });
  const inner = Object.values(value).reduce((sum: number, one: unknown) => sum + membersOf(one, depth + 1), 0);
  return Array.isArray(value) ? inner : inner + Object.keys(value).length;
}
