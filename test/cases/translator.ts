/** A connector of this repository as `translate` wants it, without engine. */
import type { Translator } from '../../core/lanes/index.ts';
import { loadConnectors, loadPlugins, type ConnectorSet, type PluginSet } from '../../core/registry/index.ts';

/** Once, at the first use: never while test files are still being loaded. */
let loaded: Promise<[ConnectorSet, PluginSet]> | undefined;

export async function translatorOf(id: string, transport = 'mllp'): Promise<Translator> {
  const [connectors, plugins] = await (loaded ??= Promise.all([loadConnectors(), loadPlugins()]));
  const { manifest, definition } = connectors.get(id);
  const codec = plugins.codecs.get(manifest.formats[transport] ?? 'hl7v2');
  if (!codec) throw new Error(`no codec for ${id} over ${transport}`);
  return { id, version: manifest.version, connector: definition, codec, documents: plugins.documents };
}
