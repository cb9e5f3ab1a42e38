/** An error as people read it. */
import { CATALOGUE } from './error-catalogue.ts';
import type { ErrorData } from './errors.ts';

/** An error with the French operator text and the fix of the catalogue. */
export interface ExplainedError extends ErrorData {
  readonly fr?: string;
  readonly fix?: { readonly fr: string; readonly en: string };
}

/** The error with the French operator text and the fix of the catalogue. */
export function explain(error: ErrorData): ErrorData & Required<Pick<ExplainedError, 'fr' | 'fix'>> {
  const { fr, fix } = CATALOGUE[error.code];
  return { ...error, fr, fix };
}
