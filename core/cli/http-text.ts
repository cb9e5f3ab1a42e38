/** A request without a body as text, as a capture holds one: what `render` prints of it. */
import type { HttpMeta } from '../contract/index.ts';

export function requestText({ method, path, query = {}, headers = {} }: HttpMeta): string {
  const address = [path, new URLSearchParams(query).toString()].filter(Boolean).join('?');
  const lines = Object.entries(headers).map(([name, value]) => `${name.replaceAll(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase())}: ${value}`);
  return [`${method} ${address} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}
