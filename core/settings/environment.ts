/**
 * Settings from environment variables, for containers: `PASSERELLE_ADMIN_PORT=9080` is `admin.port` of the engine document,
 * `PASSERELLE_ENDPOINT_DXCARE_IN_PORT=2576` is `port` of the endpoint `dxcare-in`. They win over the documents and are never stored.
 */
import { parse } from 'yaml';
import { EngineDocument } from './schema-engine.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Fields = Record<string, unknown>;

/** Copies the documents' values with what the variables say; an engine document is added when one is needed. Check the result. */
export function overrideFromEnvironment(values: readonly unknown[], env: Environment): readonly unknown[] {
  const copies = structuredClone(values) as unknown[];
  const engine = engineFields(env);
  if (engine.length > 0) {
    let document = copies.find((value) => (value as Fields | null)?.['kind'] === 'engine') as Fields | undefined;
    if (!document) copies.push((document = { kind: 'engine' }));
    for (const { path, value } of engine) put(document, path, value);
  }
  for (const endpoint of copies.flatMap(endpointsOf)) {
    const prefix = `PASSERELLE_ENDPOINT_${upper(String(endpoint['name']))}_`;
    for (const [name, text] of Object.entries(env)) {
      if (name.startsWith(prefix) && text !== undefined) endpoint[camel(name.slice(prefix.length))] = scalar(text);
    }
  }
  return copies;
}

function engineFields(env: Environment): { readonly path: readonly string[]; readonly value: unknown }[] {
  const { kind: _, ...properties } = EngineDocument.properties as Record<string, { readonly properties?: object }>;
  const paths = Object.entries(properties).flatMap(([name, schema]) =>
    schema.properties ? Object.keys(schema.properties).map((inner) => [name, inner]) : [[name]],
  );
  return paths.flatMap((path) => {
    const text = env[`PASSERELLE_${path.map(upper).join('_')}`];
    return text === undefined || text === '' ? [] : [{ path, value: path.at(-1) === 'allowedHosts' ? text.split(',') : scalar(text) }];
  });
}

function put(target: Fields, path: readonly string[], value: unknown): void {
  const [first, ...rest] = path;
  if (rest.length === 0) target[first!] = value;
  else put((target[first!] ??= {}) as Fields, rest, value);
}

function endpointsOf(value: unknown): Fields[] {
  const connectors = (value as Fields | null)?.['connectors'];
  return (Array.isArray(connectors) ? connectors : []).flatMap((connector) => {
    const endpoints = (connector as Fields | null)?.['endpoints'];
    return (Array.isArray(endpoints) ? endpoints : []).filter((endpoint): endpoint is Fields => typeof endpoint === 'object' && endpoint !== null);
  });
}

/** `allowedHosts` -> `ALLOWED_HOSTS`, `dxcare-in` -> `DXCARE_IN`. */
const upper = (name: string): string =>
  name
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase();
/** `REPLY_WITHIN_MS` -> `replyWithinMs`. */
const camel = (name: string): string => name.toLowerCase().replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** `9080` is a number, `true` a boolean, `[a, b]` a list; anything YAML cannot read is a text. */
function scalar(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 }) as unknown;
  } catch {
    return text;
  }
}
