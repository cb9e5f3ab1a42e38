/** A connector of this repository as `translate` wants it, without engine. */
import type { Translator } from '../../core/lanes/index.ts';
import { loadConnectors, loadPlugins } from '../../core/registry/index.ts';

const loaded = Promise.all([loadConnectors(), loadPlugins()]);

export async function translatorOf(id: string, transport = 'mllp'): Promise<Translator> {
  const [connectors, plugins] = await loaded;
  const { manifest, definition } = connectors.get(id);
  const codec = plugins.codecs.get(manifest.formats[transport] ?? 'hl7v2');
  if (!codec) throw new Error(`no codec for ${id} over ${transport}`);
  return { id, version: manifest.version, connector: definition, codec, documents: plugins.documents };
}
