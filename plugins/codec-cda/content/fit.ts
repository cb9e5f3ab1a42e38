/** Keeps what is read of a document within what an event may weigh: texts are cut, visibly, the longest first. */
const LIMIT_BYTES = 64 * 1024;
const CUT = ' […]';
/** Limits tried one after the other. */
const TEXT_LIMITS = [2000, 1000, 500, 250, 100];
const LIST_LIMITS = [50, 20, 5];

/** The content, and whether it was cut. */
export function fitted<T extends object>(content: T): { readonly content: T; readonly cut: boolean } {
  if (sizeOf(content) <= LIMIT_BYTES) return { content, cut: false };
  for (const limit of TEXT_LIMITS) {
    const shorter = shortened(content, limit, Infinity) as T;
    if (sizeOf(shorter) <= LIMIT_BYTES) return { content: shorter, cut: true };
  }
  for (const limit of LIST_LIMITS) {
    const shorter = shortened(content, 100, limit) as T;
    if (sizeOf(shorter) <= LIMIT_BYTES) return { content: shorter, cut: true };
  }
  return { content: {} as T, cut: true };
}

const sizeOf = (content: object): number => Buffer.byteLength(JSON.stringify(content));

function shortened(value: unknown, text: number, list: number): unknown {
  if (typeof value === 'string') return value.length > text ? value.slice(0, text - CUT.length).toWellFormed() + CUT : value;
  if (Array.isArray(value)) return value.slice(0, list).map((one) => shortened(one, text, list));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shortened(one, text, list)]));
}
