/** Kits of sites, for API and command line: made of the settings that run, signed, and kept in mind so that the next one says what changed. */
import { PasserelleError, type EngineFace } from '../contract/index.ts';
import { buildKit, kitAssets, KitKeeper, kitKey } from '../kit/index.ts';
import { packageRoot } from '../registry/index.ts';
import { siteSettingsOf } from '../settings/index.ts';
import type { Engine } from './engine.ts';

export function kitFace(engine: Engine): EngineFace['kits'] {
  const keeper = new KitKeeper(engine.data);
  // One after the other: the first makes the key, and each is written down.
  let last: Promise<unknown> = Promise.resolve();
  const build: EngineFace['kits']['build'] = async ({ connector, site, who }) => {
    const region = engine.region?.settings;
    const entry = region?.sites.find((one) => one.site === site);
    const pinned = entry?.connectors.find(({ id }) => id === connector);
    if (!region || !entry) throw new PasserelleError('ERR_KIT_UNAVAILABLE', { expected: 'a site of the settings', found: site });
    if (!pinned)
      throw new PasserelleError('ERR_KIT_UNAVAILABLE', {
        expected: `a connector of this site: ${entry.connectors.map(({ id }) => id).join(', ')}`,
        found: connector,
      });
    const { publicUrl } = region.engine.contextualCall;
    if (!publicUrl || !entry.contextualCall)
      throw new PasserelleError('ERR_KIT_UNAVAILABLE', {
        expected: publicUrl ? `contextualCall of the site ${site}` : 'contextualCall.publicUrl of the engine',
      });
    const { manifest } = engine.connectors.get(connector, pinned.version);
    const request = {
      manifest,
      siteName: entry.name,
      settings: siteSettingsOf(entry, pinned),
      publicUrl,
      crypto: entry.contextualCall.profiles.crypto,
      engineVersion: engine.version,
      assets: kitAssets(packageRoot),
      key: await kitKey(engine.data),
    };
    const history = (await keeper.all()).filter((one) => one.site === site && one.connector === connector);
    const built = buildKit({ ...request, history });
    const { name, bytes, sha256, version, fingerprint, given } = built;
    const at = new Date().toISOString();
    await keeper.add({ site, connector, connectorVersion: manifest.version, kitVersion: version, at, who, sha256, given });
    return { name, bytes, sha256, kitVersion: version, connectorVersion: manifest.version, fingerprint };
  };
  return {
    build: (request) => {
      const built = last.then(() => build(request));
      last = built.catch(() => undefined);
      return built;
    },
    list: () => keeper.all(),
  };
}
