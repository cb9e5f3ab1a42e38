/** Values of columns: JSON as bytes, and rows without their NULLs. */

/** JSON as a BLOB value, the form in which it will be sealed. */
export const blobOf = (json: string | undefined): Uint8Array | null => (json === undefined ? null : Buffer.from(json));

export const jsonOf = (blob: Uint8Array): unknown => JSON.parse(Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).toString());

export const textOf = (blob: Uint8Array | null): string | undefined => (blob === null ? undefined : Buffer.from(blob).toString());

/** Drops absent columns: SQL has NULL, the contract has no such property. */
export function present<T extends object>(row: { readonly [K in keyof T]: T[K] | null | undefined }): T {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== undefined)) as T;
}
