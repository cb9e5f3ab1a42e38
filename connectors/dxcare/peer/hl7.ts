/** HL7 v2 as this product reads and writes it: by itself, not with the engine's codec, so that both are not wrong in the same way. */

/** Fields of each segment; `MSH[9]` is the message type. */
export type Segment = readonly string[];

export function readSegments(text: string): readonly Segment[] {
  return text
    .split(/\r\n|\r|\n/)
    .filter((line) => line.length > 3)
    .map((line) => {
      const fields = line.split('|');
      // MSH-1 is the separator itself.
      return fields[0] === 'MSH' ? ['MSH', '|', ...fields.slice(1)] : fields;
    });
}

export const segment = (segments: readonly Segment[], name: string): Segment | undefined => segments.find((each) => each[0] === name);
export const component = (field: string | undefined, index: number): string => (field ?? '').split('^')[index - 1] ?? '';

/** Text of a message: UTF-8 when it says so, else ISO-8859-1. */
export function textOf(bytes: Uint8Array): string {
  const latin = Buffer.from(bytes).toString('latin1');
  return /^MSH(?:[^\r\n]*?)UNICODE UTF-8/.test(latin) ? Buffer.from(bytes).toString('utf8') : latin;
}

/** `2026-09-14T17:00:00.000Z` as `20260914170000`. */
export const stamp = (iso: string): string => iso.replaceAll(/[-:T]/g, '').slice(0, 14);

/** Short, stable digest: tells a repeated message from a reused control id. */
export function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return `${text.length}-${(hash >>> 0).toString(16)}`;
}
