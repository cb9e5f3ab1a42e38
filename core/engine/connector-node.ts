/** A node of the mesh that only runs connectors (`start --roles connectors`): no journal, no listener, every host in its own process. */
import { createMesh } from '../mesh/index.ts';
import { ConnectorHost, loadConnectors } from '../registry/index.ts';

/** Answers what it hosts, as `id@version`. */
export async function startConnectorNode(options: {
  readonly nodeId: string;
  readonly transporter: string;
}): Promise<{ readonly hosted: readonly string[]; readonly stop: () => Promise<void> }> {
  const mesh = createMesh(options);
  const connectors = await loadConnectors();
  const hosts: ConnectorHost[] = [];
  for (const { manifest, module } of connectors.all) {
    const host = new ConnectorHost(module, 'process');
    await host.start();
    hosts.push(host);
    mesh.host(manifest.id, manifest.version, host);
  }
  await mesh.start();
  return {
    hosted: connectors.all.map((c) => `${c.manifest.id}@${c.manifest.version}`),
    stop: async () => {
      await mesh.stop();
      await Promise.all(hosts.map((h) => h.stop()));
    },
  };
}
