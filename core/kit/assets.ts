/** Files that kits are made of, where their owners keep them: clients, vectors and relay beside the code that verifies calls, the rest in the connector. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const CALL = 'plugins/app-contextual-call';

export interface KitAssets {
  /** Languages that there is a client for. */
  readonly languages: readonly string[];
  readonly client: (language: string) => ReadonlyMap<string, Uint8Array>;
  /** The page that says how every client is used. */
  readonly clientPages: ReadonlyMap<string, Uint8Array>;
  /** The relay and the programs of the kit. */
  readonly programs: ReadonlyMap<string, Uint8Array>;
  readonly vectors: ReadonlyMap<string, Uint8Array>;
  readonly protocol: ReadonlyMap<string, Uint8Array>;
  /** Pages that every kit has. */
  readonly common: ReadonlyMap<string, Uint8Array>;
  /** `connectors/<id>/kit`. */
  readonly connector: (id: string) => ReadonlyMap<string, Uint8Array>;
  /** The dialect of a product whose calls the kit reads, as one file. */
  readonly dialect: (id: string) => Uint8Array | undefined;
  readonly changelog: (id: string) => string;
}

/** @param root folder of package.json. */
export function kitAssets(root: string): KitAssets {
  const at = (...names: string[]): string => path.join(root, ...names);
  const clients = at(CALL, 'clients');
  const text = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  return {
    languages: existsSync(clients) ? readdirSync(clients, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [one.name] : [])) : [],
    clientPages: below(clients, (name) => name === 'LISEZMOI.md'),
    client: (language) => runnable(root, `${CALL}/clients/${language}`),
    programs: new Map(
      ['relay', 'program', 'enrolment'].flatMap((name) =>
        [...runnable(root, `${CALL}/kit/${name}`)].map(([file, bytes]) => [`${name}/${file}`, bytes] as const),
      ),
    ),
    vectors: below(at(CALL, 'vectors'), (name) => name.endsWith('.json') || name.endsWith('.pem') || name.endsWith('.md')),
    protocol: below(at(CALL), (name) => /^(?:PROTOCOLE?|THREATS)\.md$/.test(name)),
    common: below(at(CALL, 'kit', 'pages')),
    connector: (id) => below(at('connectors', id, 'kit')),
    dialect: (id) => {
      const file = at('dist/connectors', id, 'kit/dialecte.mjs');
      return existsSync(file) ? readFileSync(file) : undefined;
    },
    changelog: (id) => text(at('connectors', id, 'CHANGELOG.md')),
  };
}

/** As it runs at a site: what is written in TypeScript leaves as what it was compiled to. */
function runnable(root: string, folder: string): ReadonlyMap<string, Uint8Array> {
  const source = below(path.join(root, folder), (name) => !name.endsWith('.ts'));
  const compiled = below(path.join(root, 'dist', folder), (name) => /\.(?:m?js|d\.ts)$/.test(name));
  // Node.js before 22 takes a module for one only when something says so.
  const kind = compiled.size > 0 && !source.has('package.json') ? [['package.json', Buffer.from('{ "type": "module" }\n')] as const] : [];
  return new Map([...source, ...compiled, ...kind]);
}

/** Every file below a folder, by its path there; none when there is no such folder. */
function below(folder: string, wanted: (name: string) => boolean = () => true): ReadonlyMap<string, Uint8Array> {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^(?:\.|.*\.pyc$)/.test(entry.name))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
  return new Map(
    names.filter((name) => wanted(name) && !/(?:^|\/)(?:test|__pycache__)\//.test(name)).map((name) => [name, readFileSync(path.join(folder, name))]),
  );
}
