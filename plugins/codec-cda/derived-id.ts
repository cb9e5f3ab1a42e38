/** Ids of documents that we make of others: the same each time, so that a replay and a deletion name the same document. */
import { createHash } from 'node:crypto';

/** An OID or a UUID, with nothing beside it: the only id that the DMP takes (specs FACTS A2). */
export const isRootOnly = (root: string, extension?: string): boolean =>
  extension === undefined && (/^[0-2](\.(0|[1-9]\d*))+$/.test(root) || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(root));

/** The arc of UUIDs (ITU-T X.667), with 128 bits of a digest of what it is made of. */
export const derivedId = (...from: readonly string[]): string =>
  `2.25.${BigInt(`0x${createHash('sha256').update(JSON.stringify(from)).digest('hex').slice(0, 32)}`)}`;

/** The id itself where it is a root alone, else one derived from it. */
export const rootOnlyId = (root: string, extension?: string): string =>
  isRootOnly(root, extension) ? root : derivedId(root, ...(extension === undefined ? [] : [extension]));
