/** The reply table (ARCHITECTURE section 3, "Replies"): what a sender is told of what became of its message. */
import { CATALOGUE, type AckCode, type ErrorData, type Warning } from '../contract/index.ts';

/**
 * AA whenever the message is ours now: accepted, quarantined, duplicate, dead (we answer for our own defects). AE or AR, by the
 * catalogue, only for a refusal.
 */
export function refusalAck(decision: string, error: ErrorData | undefined): AckCode {
  if (decision !== 'reject') return 'AA';
  return (error && CATALOGUE[error.code].ack) ?? 'AE';
}

/** What the codec tolerated, then what the connector did; each once. */
export function joinWarnings(first: readonly Warning[], second: readonly Warning[]): readonly Warning[] {
  const seen = new Set<string>();
  return [...first, ...second].filter((w) => !seen.has(`${w.code}:${w.detail ?? ''}`) && seen.add(`${w.code}:${w.detail ?? ''}`));
}

/** An accepted message with a warning says so, wherever the warning came from. */
export const decisionWith = (decision: string, warnings: readonly Warning[]): string =>
  decision === 'accept' && warnings.length > 0 ? 'accept-with-warning' : decision;
