/** Pages of a kit with the values of its site: `{{url}}`. */
import { PasserelleError } from '../contract/index.ts';

/** Throws ERR_KIT_UNAVAILABLE for a name that has no value: a guide with a hole in it is worse than none. */
export function filled(text: string, values: Readonly<Record<string, string>>, file: string): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined)
      throw new PasserelleError('ERR_KIT_UNAVAILABLE', { location: { file }, expected: Object.keys(values).join(', '), found: name });
    return value;
  });
}
