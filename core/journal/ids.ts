/** Public ids: `ABCD-1024` for a message, `ABCD-d1024` for a delivery. Short enough to be said on the phone. */
import { PasserelleError } from '../contract/index.ts';

export const messageId = (tag: string, message: number): string => `${tag}-${message}`;
export const deliveryId = (tag: string, delivery: number): string => `${tag}-d${delivery}`;

/** Throws ERR_NOT_FOUND when it is no id of this journal. */
export function parseId(tag: string, id: string): { readonly message: number } | { readonly delivery: number } {
  const match = /^([a-z]{4})-(d?)(\d{1,15})$/i.exec(id.trim());
  if (!match || match[1]?.toLowerCase() !== tag.toLowerCase())
    throw new PasserelleError('ERR_NOT_FOUND', { expected: `an id such as ${tag}-12 or ${tag}-d12` });
  return match[2] ? { delivery: Number(match[3]) } : { message: Number(match[3]) };
}
