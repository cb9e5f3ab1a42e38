/**
 * The engine as a client of OpenID Connect servers (a web DPI that launches us, Pro Santé Connect): what it fetches is bounded in place, size and time, what it is told
 * is proven. The only folder that names openid-client.
 */
export { isPrivateAddress } from './addresses.ts';
export { OidcClient, type Arrival, type OidcChecks, type OidcSettings, type ServerMetadata } from './client.ts';
export { ClientKeys } from './client-keys.ts';
export { type Reach } from './fetch.ts';
