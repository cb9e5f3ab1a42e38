/** A JSON call of objects inside each other as one level of texts, named by their way: `patient/ins/matricule`. A list of texts is one text. */
import { PasserelleError } from '../../core/contract/index.ts';

const DEPTH = 4;

/** `null` says nothing. Throws ERR_CALL_CONTEXT for anything that is neither object, text nor list of texts. */
export function flattened(value: unknown, path = '', depth = 0): Readonly<Record<string, string>> {
  const fail = (expected: string, where = path): never => {
    throw new PasserelleError('ERR_CALL_CONTEXT', { location: { path: `/${where}` }, expected });
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail('an object');
  if (depth > DEPTH) return fail(`at most ${DEPTH} levels`);
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
      const at = path ? `${path}/${name}` : name;
      if (member === null) return [];
      if (typeof member === 'string') return [[at, member]];
      if (Array.isArray(member)) return member.every((one) => typeof one === 'string') ? [[at, member.join(' ')]] : fail('texts', at);
      if (typeof member === 'object') return Object.entries(flattened(member, at, depth + 1));
      return fail('a text', at);
    }),
  );
}
