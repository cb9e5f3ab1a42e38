/** An error as people read it. */
import type { ErrorData } from './errors.ts';

/** An error with the French operator text and the fix of the catalogue. */
export interface ExplainedError extends ErrorData {
  readonly fr?: string;
  readonly fix?: { readonly fr: string; readonly en: string };
}
