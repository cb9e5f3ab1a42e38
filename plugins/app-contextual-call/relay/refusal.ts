/** What the relay refuses by itself. `detail` is for the person, in French; nothing of the patient is ever in it. */

const REFUSALS = {
  ERR_KIT_FORBIDDEN: { status: 403, detail: 'Appel refusé par le relais de votre établissement.' },
  ERR_KIT_ACCOUNT: { status: 403, detail: "Votre compte n'est pas celui de cet appel, ou n'est pas connu du relais de votre établissement." },
  ERR_KIT_RATE: { status: 429, detail: "Trop d'appels en peu de temps : attendez une minute." },
  ERR_KIT_INPUT: { status: 422, detail: 'Appel illisible : prévenez votre service informatique.' },
  ERR_KIT_TOO_LARGE: { status: 413, detail: 'Appel trop volumineux.' },
} as const;

export class Refusal extends Error {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  /** For the log: what exactly, without a value. */
  readonly reason: string;

  constructor(code: keyof typeof REFUSALS, detail?: string, reason = '') {
    super(code);
    this.reason = reason;
    this.code = code;
    this.status = REFUSALS[code].status;
    this.detail = detail ?? REFUSALS[code].detail;
  }
}
