/**
 * When a sender says something happened to an identity, as a text that sorts (SAFETY A2): PID-33, then EVN-2, then control id. Times of one sender
 * only are ever compared.
 */
import { toInstant } from '../model/index.ts';

export type Stamp = string;

/** Longer control ids are told apart by what comes first. */
const CONTROL_ID = 64;

/** Without PID-33 the identity is as old as its record; without both only the control id orders. Local times are of the site's time zone. */
export function stampOf(said: { updatedAt?: string; recordedAt?: string; controlId?: string }, timeZone: string): Stamp {
  const recorded = instant(said.recordedAt, timeZone);
  const controlId = (said.controlId ?? '').slice(0, CONTROL_ID);
  return [instant(said.updatedAt, timeZone) || recorded, recorded, counted(controlId), controlId].join('|');
}

const instant = (time: string | undefined, timeZone: string): string => (time && toInstant(time, timeZone)) ?? '';

/** `M9` before `M10`: numbers of a counter grow, whatever their digits. */
const counted = (id: string): string =>
  id.replaceAll(/\d+/g, (digits) => {
    const number = digits.replace(/^0+(?=\d)/, '');
    return `${String(number.length).padStart(2, '0')}${number}`;
  });

/** The instant in it, for people. */
export const timeOf = (stamp: Stamp): string => stamp.split('|', 1)[0] ?? '';
