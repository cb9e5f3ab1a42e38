/**
 * The interop kit of a site (SAFETY C1, C8): one archive per site and connector version with client, relay, settings, guide, samples and vectors; signed by the engine,
 * without any secret. The same input gives the same bytes.
 */
export { kitAssets, type KitAssets } from './assets.ts';
export { buildKit, type BuiltKit, type KitRequest } from './build.ts';
export { KitKeeper, type KeptKit, type KitGiven } from './keeper.ts';
export { kitKey } from './signing.ts';
export { verifyKit, type KitVerdict } from './verify.ts';
