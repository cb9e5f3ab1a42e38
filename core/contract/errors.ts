/**
 * The one error class of the engine. What to do next is the *disposition* of its code (see the catalogue);
 * what happened is the code; where is the location. A message never holds patient data or message content (SAFETY D11).
 */
import type { SettingsIssue } from './engine-face.ts';
import { CATALOGUE, type CatalogueEntry, type ErrorCode } from './error-catalogue.ts';

/** Where it went wrong. One or several of these, as precise as known. */
export interface Location {
  /** HL7 position in the notation `PID-3.4`, `PID-3[2].1`, `OBX[3]-5.5`. */
  readonly hl7?: string;
  /** Settings file, relative to the folder that was given. */
  readonly file?: string;
  /** JSON pointer inside a settings or JSON document, or XPath inside an XML document. */
  readonly path?: string;
  /** 1-based line of a text file. */
  readonly line?: number;
  /** Byte offset inside the frame or message. */
  readonly offset?: number;
}

export interface ErrorDetail {
  readonly location?: Location;
  /** What the rule wanted, in a few words. */
  readonly expected?: string;
  /** What was there: a kind, a length, a count; never the value of a patient field. */
  readonly found?: string;
  /** HL7 table 0533 code of ERR-5 (900 to 906), when it is more precise than the catalogue's. */
  readonly applicationCode?: number;
  /** The code that has no type here: what a person gives one to (SAFETY B1). Tells nothing of a patient. */
  readonly documentCode?: DocumentCode;
  readonly cause?: unknown;
}

/** The type of a document as sent: coding system and code, or `text` and the label where there is no code. */
export interface DocumentCode {
  readonly system: string;
  readonly code: string;
}

/** An error as plain data: what crosses worker and mesh boundaries, and what API and command line print. */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly location?: Location;
  readonly expected?: string;
  readonly found?: string;
  readonly applicationCode?: number;
  readonly documentCode?: DocumentCode;
}

export class PasserelleError extends Error {
  override readonly name = 'PasserelleError';
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;

  constructor(code: ErrorCode, detail: ErrorDetail = {}) {
    super(sentence(code, detail), detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.detail = detail;
  }

  get entry(): CatalogueEntry {
    return CATALOGUE[this.code];
  }

  toData(): ErrorData {
    const { location, expected, found, applicationCode, documentCode } = this.detail;
    return {
      code: this.code,
      message: this.message,
      ...(location && { location }),
      ...(expected !== undefined && { expected }),
      ...(found !== undefined && { found }),
      ...(applicationCode !== undefined && { applicationCode }),
      ...(documentCode && { documentCode }),
    };
  }

  static fromData(data: ErrorData): PasserelleError {
    return new PasserelleError(data.code, data);
  }

  /** Any thrown value as one of ours; what we did not foresee is a defect (`ERR_INVARIANT`), never swallowed. */
  static from(error: unknown): PasserelleError {
    return error instanceof PasserelleError
      ? error
      : new PasserelleError('ERR_INVARIANT', { cause: error, found: (error as Error)?.name ?? typeof error });
  }
}

/** Settings refused, with everything that is wrong in them. */
export class SettingsRefused extends PasserelleError {
  readonly issues: readonly SettingsIssue[];

  constructor(data: Pick<ErrorData, 'code'> & ErrorDetail, issues: readonly SettingsIssue[]) {
    super(data.code, data);
    this.issues = issues;
  }
}

/** `PID-3` or `sites/chx.yaml:12 /endpoints/0/port`, for people; French ones read `octet 12` where English ones read `byte 12`. */
export function formatLocation(location: Location | undefined, language: 'fr' | 'en' = 'en'): string {
  if (!location) return '';
  const file = location.file && location.line ? `${location.file}:${location.line}` : location.file;
  const offset = location.offset === undefined ? undefined : `${language === 'fr' ? 'octet' : 'byte'} ${location.offset}`;
  return [location.hl7, file, location.path, offset].filter(Boolean).join(' ');
}

function sentence(code: ErrorCode, detail: ErrorDetail): string {
  const where = formatLocation(detail.location);
  const expected = detail.expected && `expected ${detail.expected}`;
  const found = detail.found && `found ${detail.found}`;
  const tail = [expected, found].filter(Boolean).join(', ');
  return `${where && `${where}: `}${CATALOGUE[code].en}${tail && ` (${tail})`}`;
}
