/** Finds the connectors of this package and loads their definitions; the manifest is checked before any of their code runs. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import { PasserelleError, type ConnectorDefinition, type ConnectorManifest } from '../contract/index.ts';
import { manifestSchema } from './manifest-schema.ts';

export interface InstalledConnector {
  readonly manifest: ConnectorManifest;
  readonly definition: ConnectorDefinition;
  /** Module that a connector host imports. */
  readonly module: string;
}

export interface ConnectorSet {
  readonly all: readonly InstalledConnector[];
  /** Without a version: the one installed. Throws ERR_CONNECTOR_UNKNOWN. */
  readonly get: (id: string, version?: string) => InstalledConnector;
}

/** Folder of package.json, whether this runs from dist or from an installed package. */
export const packageRoot = path.resolve(import.meta.dirname, '../../..');

const validateManifest = new Ajv({ allErrors: true, validateSchema: false, meta: false }).compile(manifestSchema);

export async function loadConnectors(root: string = packageRoot): Promise<ConnectorSet> {
  const folder = path.join(root, 'connectors');
  const all: InstalledConnector[] = [];
  for (const id of readdirSync(folder).sort()) {
    const manifestFile = path.join(folder, id, 'manifest.json');
    const module = path.join(root, 'dist', 'connectors', id, 'src', 'index.js');
    if (id.startsWith('_') || !existsSync(manifestFile) || !existsSync(module)) continue;
    const manifest = readManifest(manifestFile, id);
    const { connector } = (await import(pathToFileURL(module).href)) as { connector: ConnectorDefinition };
    all.push({ manifest, definition: connector, module });
  }
  return { all, get: (id, version) => find(all, id, version) };
}

function readManifest(file: string, id: string): ConnectorManifest {
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as ConnectorManifest;
  if (!validateManifest(manifest)) {
    const first = validateManifest.errors?.[0];
    throw new PasserelleError('ERR_MANIFEST_INVALID', {
      location: { file: `connectors/${id}/manifest.json`, path: first?.instancePath || '/' },
      expected: [first?.message ?? 'a valid manifest', ...(detailOf(first?.params) ?? [])].join(' '),
    });
  }
  if (manifest.id !== id)
    throw new PasserelleError('ERR_MANIFEST_INVALID', {
      location: { file: `connectors/${id}/manifest.json`, path: '/id' },
      expected: `the folder's name, ${id}`,
      found: manifest.id,
    });
  return manifest;
}

/** The words allowed, or the one that is not: ajv says neither in its sentence. */
function detailOf(params: Record<string, unknown> | undefined): readonly unknown[] | undefined {
  const { allowedValues, additionalProperty } = params ?? {};
  return additionalProperty === undefined ? (allowedValues as readonly unknown[] | undefined) : [additionalProperty];
}

function find(all: readonly InstalledConnector[], id: string, version?: string): InstalledConnector {
  const found = all.find((c) => c.manifest.id === id && (version === undefined || c.manifest.version === version));
  if (found) return found;
  const known = all.map((c) => `${c.manifest.id}@${c.manifest.version}`).join(', ');
  throw new PasserelleError('ERR_CONNECTOR_UNKNOWN', { expected: `one of ${known}`, found: version ? `${id}@${version}` : id });
}
