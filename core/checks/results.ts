/** Results of checks, kept as a note of the message they are about. */
import type { DocumentCheck, DocumentFinding, JournalStore, Note } from '../contract/index.ts';
import type { BlindIndex } from '../journal/index.ts';

export const KIND = 'document-check';
/** A document of another model fails everywhere: the first ones say so. */
const FINDINGS = 20;

const keyOf = (message: string, index: BlindIndex): string => index.term({ field: 'document', value: `check ${message}` });

export function resultOf(part: string, at: string, findings: readonly DocumentFinding[]): DocumentCheck {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return { part, at, errors, warnings: findings.length - errors, findings: findings.slice(0, FINDINGS) };
}

/** `message`: its public id. */
export const noteOf = (message: string, checks: readonly DocumentCheck[], index: BlindIndex): Note => ({
  kind: KIND,
  key: keyOf(message, index),
  value: JSON.stringify(checks),
});

/** Whether a result is kept of each of these messages, even that nothing of it is ever checked. */
export const checkedAmong = async (
  messages: readonly string[],
  journal: Pick<JournalStore, 'notes'>,
  index: BlindIndex,
): Promise<readonly boolean[]> =>
  messages.length === 0
    ? []
    : (
        await journal.notes(
          KIND,
          messages.map((message) => keyOf(message, index)),
        )
      ).map((value) => value !== undefined);

/** Nothing when the documents of the message were not checked, or not yet. */
export async function checksOf(
  message: string,
  journal: Pick<JournalStore, 'notes'>,
  index: BlindIndex,
): Promise<readonly DocumentCheck[] | undefined> {
  const [value] = await journal.notes(KIND, [keyOf(message, index)]);
  return value ? (JSON.parse(value) as readonly DocumentCheck[]) : undefined;
}
