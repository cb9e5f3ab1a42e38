/**
 * Application errors 900 to 906 of the two guides (table 0533): what each says, which of our refusals earns it, and what it means when a
 * counterparty answers it (specs FACTS A8, B).
 */
import { CATALOGUE, type ErrorCode, type ErrorData, type ReplyOutcome } from '../../core/contract/index.ts';

export interface ApplicationError {
  readonly label: string;
  /** Refusals that say it by themselves; another one says it by its `applicationCode`. */
  readonly from: readonly ErrorCode[];
  /** Answered to something we sent. Sent again unchanged, a refused one would be refused again, whatever MSA-1 says. */
  readonly received: ReplyOutcome['outcome'];
}

export const OTHER_ERROR = 906;
export const APPLICATION_ERRORS: Readonly<Record<number, ApplicationError>> = {
  900: { label: 'Version du document incorrecte', from: ['ERR_DOCUMENT_VERSION'], received: 'refused' },
  // Whose document it is, only a memory of documents knows (SAFETY B4): it gives the code.
  901: { label: 'Auteur non autorisé', from: [], received: 'refused' },
  902: { label: 'Patient inconnu', from: ['ERR_DESTINATION_UNKNOWN_PATIENT'], received: 'unknown-there' },
  903: { label: 'INS absent du document', from: ['ERR_DOCUMENT_INS'], received: 'refused' },
  904: { label: 'INS différent', from: ['ERR_PATIENT_MISMATCH'], received: 'refused' },
  905: { label: 'INS incomplet', from: [], received: 'refused' },
  [OTHER_ERROR]: { label: 'Autre erreur', from: ['ERR_DOCUMENT_DESTINATIONS'], received: 'refused' },
};

export const isApplicationError = (code: number | undefined): code is number => code !== undefined && Object.hasOwn(APPLICATION_ERRORS, code);

/**
 * ERR-5 of a refusal. `isDocument`: of a message of the guides that must not come again as it is; then a fault that is none of syntax (207) is
 * at least 906. A fault of syntax has a code of table 0357 and none here.
 */
export function applicationCodeOf(error: ErrorData, isDocument: boolean): number | undefined {
  const { err5, hl7 = 207 } = CATALOGUE[error.code] as { err5?: number; hl7?: number };
  return error.applicationCode ?? err5 ?? (isDocument && hl7 === 207 ? OTHER_ERROR : undefined);
}
