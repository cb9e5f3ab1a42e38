/** One-time links (SAFETY C3): 256 random bits, known to the journal by their hash alone, taken once, for 60 seconds. */
import { createHash, randomBytes } from 'node:crypto';
import type { JournalStore, NoteChange } from '../contract/index.ts';
import type { RedeemedCall } from './room.ts';

export const LINK = 'call-link';
/** Links that were taken, by the same key: the call they belong to. */
export const TAKEN = 'call-taken';
export const LINK_MS = 60_000;
/** Instead of a link that was taken: the identity goes with it. */
const GONE = '-';
const CODE = /^[A-Za-z0-9_-]{43}$/;

export interface OpenLink {
  readonly expiresAt: string;
  readonly call: RedeemedCall;
}

export const newCode = (): string => randomBytes(32).toString('base64url');
/** SHA-256: what goes in has 256 random bits. */
const keyOf = (code: string): string => createHash('sha256').update(`call link ${code}`).digest('hex');

export const linkChange = (code: string, link: OpenLink): NoteChange => ({ kind: LINK, key: keyOf(code), value: JSON.stringify(link) });

export type Found =
  | { readonly is: 'unknown' }
  | { readonly is: 'taken'; readonly reference: string }
  | { readonly is: 'open'; readonly link: OpenLink; readonly taking: readonly NoteChange[] };

export async function findLink(journal: Pick<JournalStore, 'notes'>, code: string): Promise<Found> {
  if (!CODE.test(code)) return { is: 'unknown' };
  const key = keyOf(code);
  const [[taken], [open]] = await Promise.all([journal.notes(TAKEN, [key]), journal.notes(LINK, [key])]);
  if (taken) return { is: 'taken', reference: taken };
  if (open === GONE) {
    // Taken between the two looks, which are not one: then the other note is there by now.
    const [reference] = await journal.notes(TAKEN, [key]);
    return reference ? { is: 'taken', reference } : { is: 'unknown' };
  }
  if (!open) return { is: 'unknown' };
  const link = JSON.parse(open) as OpenLink;
  return {
    is: 'open',
    link,
    taking: [
      { kind: LINK, key, before: open, value: GONE },
      { kind: TAKEN, key, value: link.call.reference },
    ],
  };
}
