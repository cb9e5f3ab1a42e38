/**
 * Every message of a run has a number, and EVN-2 carries it as that many seconds after a fixed moment: the receiver knows from any message which
 * one it is and, since a later message of a patient has a higher number, whether it came in its order. An engine beside ours that rewrites
 * EVN-2 or cuts it to minutes cannot be judged by it.
 */

const EPOCH_MS = Date.UTC(2025, 0, 1);
/** Before the first hour that summer time skips: an engine that reads and writes local times gives every number back. */
export const LAST_NUMBER = 7_000_000;

/** Root of the ids of documents: `ROOT.<checksum of the body>.<number>`. */
export const DOCUMENT_ROOT = '1.2.250.1.999.1.9';

export const isoTimeOf = (number: number): string => new Date(EPOCH_MS + number * 1000).toISOString();

/** `20250101000001` for 1. */
export const timeOf = (number: number): string => isoTimeOf(number).replaceAll(/[-:T]/g, '').slice(0, 14);

/** The number in an EVN-2; undefined when it holds none of ours. */
export function numberOf(time: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\D|$)/.exec(time);
  if (!match) return undefined;
  const [year = 0, month = 0, day, hour, minute, second] = match.slice(1).map(Number);
  const number = (Date.UTC(year, month - 1, day, hour, minute, second) - EPOCH_MS) / 1000;
  return number > 0 && number <= LAST_NUMBER ? number : undefined;
}
