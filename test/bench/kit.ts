/** How long a kit takes: `node dist/test/bench/kit.js`. CPU is what counts on a shared machine; the bar is 5 s. */
import { generateKeyPairSync } from 'node:crypto';
import { UNCONFIGURED } from 'passerelle/contract';
import { buildKit, kitAssets } from '../../core/kit/index.ts';
import { loadConnectors, packageRoot } from '../../core/registry/index.ts';

const { all } = await loadConnectors();
const { privateKey: key } = generateKeyPairSync('ed25519');
for (const { manifest } of all) {
  if (!kitAssets(packageRoot).connector(manifest.id).has('kit.json')) continue;
  const cpu = process.cpuUsage();
  const from = performance.now();
  const { bytes } = buildKit({
    manifest,
    siteName: 'banc',
    settings: { ...UNCONFIGURED, site: '990001018', environment: 'test' },
    publicUrl: 'https://dcc.invalid',
    crypto: 'default',
    engineVersion: 'bench',
    assets: kitAssets(packageRoot),
    key,
    history: [],
  });
  const { user, system } = process.cpuUsage(cpu);
  console.log(
    `${manifest.id.padEnd(14)} ${Math.ceil(bytes.length / 1024)} KB  ${Math.round(performance.now() - from)} ms  CPU ${Math.round((user + system) / 1000)} ms`,
  );
}
