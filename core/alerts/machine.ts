/** What the machine says: space left on the disks of the engine, and when our certificates expire. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';

/** What the journal may grow by in a bad week; below it a person should look. */
export const LOW_DISK_BYTES = 5 * 1024 ** 3;
/** Below it the journal is about to refuse messages. */
export const NO_DISK_BYTES = 512 * 1024 ** 2;

/** Bytes that may still be written there; undefined when the folder cannot be asked. */
export async function diskBytesFree(folder: string): Promise<number | undefined> {
  const space = await statfs(folder).catch(() => undefined);
  return space && space.bavail * space.bsize;
}

/** When the certificate that an endpoint shows expires (ms since 1970): of `tls.cert`, PEM text or a file, the first of its chain. */
export function certificateExpiry(transportSettings: Readonly<Record<string, unknown>>): number | undefined {
  const cert = (transportSettings['tls'] as { readonly cert?: unknown } | undefined)?.cert;
  if (typeof cert !== 'string') return undefined;
  try {
    return new X509Certificate(cert.includes('-----BEGIN') ? cert : readFileSync(cert)).validToDate.getTime();
  } catch {
    return undefined; // the transport, which needs it, says what is wrong with it
  }
}
