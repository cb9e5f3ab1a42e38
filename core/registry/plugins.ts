/** Loads the plugins of this package: every `plugins/<folder>/index.js` that exports a `plugin`. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  PasserelleError,
  type AppPlugin,
  type ContainerCodec,
  type DocumentCodec,
  type DocumentPrinter,
  type DocumentViewer,
  type MessageCodec,
  type Plugin,
  type StorePlugin,
  type TransportPlugin,
} from '../contract/index.ts';

export interface PluginSet {
  readonly codecs: ReadonlyMap<string, MessageCodec>;
  readonly documents: readonly DocumentCodec[];
  readonly viewers: readonly DocumentViewer[];
  readonly printers: readonly DocumentPrinter[];
  readonly containers: readonly ContainerCodec[];
  readonly transports: ReadonlyMap<string, TransportPlugin>;
  readonly stores: ReadonlyMap<string, StorePlugin>;
  readonly apps: ReadonlyMap<string, AppPlugin>;
}

const pluginsFolder = path.resolve(import.meta.dirname, '../../plugins');

/** Those whose folder's name begins with `only`, if given. Throws ERR_MANIFEST_INVALID when two plugins have one id, so that none can shadow another. */
export async function loadPlugins({ folder = pluginsFolder, only = '' } = {}): Promise<PluginSet> {
  const set = {
    codecs: new Map<string, MessageCodec>(),
    documents: [] as DocumentCodec[],
    viewers: [] as DocumentViewer[],
    printers: [] as DocumentPrinter[],
    containers: [] as ContainerCodec[],
    transports: new Map<string, TransportPlugin>(),
    stores: new Map<string, StorePlugin>(),
    apps: new Map<string, AppPlugin>(),
  };
  for (const name of readdirSync(folder).sort()) {
    const door = path.join(folder, name, 'index.js');
    if (!name.startsWith(only) || !existsSync(door)) continue;
    const { plugin } = (await import(pathToFileURL(door).href)) as { plugin?: Plugin };
    if (plugin) add(set, plugin);
  }
  return set;
}

function add(
  set: {
    codecs: Map<string, MessageCodec>;
    documents: DocumentCodec[];
    viewers: DocumentViewer[];
    printers: DocumentPrinter[];
    containers: ContainerCodec[];
    transports: Map<string, TransportPlugin>;
    stores: Map<string, StorePlugin>;
    apps: Map<string, AppPlugin>;
  },
  plugin: Plugin,
): void {
  const put = <T>(map: Map<string, T>, id: string, value: T): void => {
    if (map.has(id))
      throw new PasserelleError('ERR_MANIFEST_INVALID', { expected: 'one plugin of this id', found: `two ${plugin.kind} plugins named ${id}` });
    map.set(id, value);
  };
  if (plugin.kind === 'transport') put(set.transports, plugin.id, plugin);
  else if (plugin.kind === 'store') put(set.stores, plugin.id, plugin);
  else if (plugin.kind === 'app') put(set.apps, plugin.id, plugin);
  else {
    if (plugin.message) put(set.codecs, plugin.message.id, plugin.message);
    if (plugin.document) set.documents.push(plugin.document);
    if (plugin.viewer) set.viewers.push(plugin.viewer);
    if (plugin.printer) set.printers.push(plugin.printer);
    set.containers.push(...(plugin.containers ?? []));
  }
}
