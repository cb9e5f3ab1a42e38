/** Whether a host can only be one of the intranet: by its name or address alone, since a connector asks nobody. */
const NAMES = /^(?:[a-z0-9-]+|(?:[a-z0-9-]+\.)+(?:local|localhost|lan|intranet|internal|home\.arpa))$/i;

export function isIntranet(host: string): boolean {
  if (/^\[(?:::1|f[cd][0-9a-f]{2}:[0-9a-f:]*|fe80:[0-9a-f:]*)\]$/i.test(host)) return true;
  const [, a = '', b = ''] = /^(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}$/.exec(host) ?? [];
  if (a) return a === '10' || a === '127' || (a === '192' && b === '168') || (a === '172' && Number(b) >= 16 && Number(b) <= 31);
  // A number alone is an address too.
  return NAMES.test(host) && !/^(?:\d+|0x[0-9a-f]+)$/i.test(host);
}
