/** What the engine gives this application when it makes it: the place of the public listener, and the address that the world knows it by. */
import { PasserelleError, type TransportPlugin } from '../../core/contract/index.ts';

export interface CallAppSettings {
  /** Of the transport whose listener it shares. */
  readonly listen: NonNullable<TransportPlugin['listen']>;
  readonly host: string;
  readonly port: number;
  /** Scheme, host and port of links: the only origin whose pages are answered. */
  readonly publicUrl: string;
}

/** Throws ERR_CONFIG_INVALID. */
export function readSettings(given: Readonly<Record<string, unknown>>): CallAppSettings {
  const { listen, host = '127.0.0.1', port = 8081, publicUrl } = given as Partial<CallAppSettings>;
  if (typeof listen !== 'function') throw new PasserelleError('ERR_CONFIG_INVALID', { expected: 'a transport that offers a path of its listener' });
  if (typeof publicUrl !== 'string' || URL.parse(publicUrl)?.origin !== publicUrl)
    throw new PasserelleError('ERR_CONFIG_INVALID', { location: { path: '/contextualCall/publicUrl' }, expected: 'scheme, host and port' });
  return { listen, host, port, publicUrl };
}
