/** From a one-time link to the open record, as the application that shows the pages sees it (plugins/app-contextual-call/PROTOCOL.md, sections 5 and 6). */
import type { ErrorCode } from './error-catalogue.ts';

/** What a person tells patients apart by; all of it as somebody says it. */
export interface PersonShown {
  readonly birthName?: string;
  readonly usedName?: string;
  readonly givenNames?: string;
  readonly birthDate?: string;
  readonly sex?: string;
}

/** What the page does next. */
export type CallStep = { readonly reference: string } & (
  | {
      readonly outcome: 'open';
      /** Of the record, on an origin that its settings name: the browser posts `fields` to it. */
      readonly url: string;
      readonly fields: Readonly<Record<string, string>>;
    }
  /** Several records could be this patient's. */
  | { readonly outcome: 'choose'; readonly patient: PersonShown; readonly candidates: readonly PersonShown[] }
  /** Another patient is open in this browser; `otherUser`: by somebody else, who may well have opened the same one. */
  | { readonly outcome: 'confirm'; readonly patient: PersonShown; readonly open: readonly PersonShown[]; readonly otherUser?: true }
  /** The first time: what the user has to agree to, by paragraph. */
  | { readonly outcome: 'terms'; readonly terms: readonly string[] }
  /** The site wants Pro Santé Connect to say who this is: the browser goes to `url` and comes back. */
  | { readonly outcome: 'authenticate'; readonly url: string }
  /** The person kept what was open, or agreed to nothing. */
  | { readonly outcome: 'abandoned' }
  | { readonly outcome: 'refused'; readonly code: ErrorCode }
);

export interface CallBrowser {
  /** Of the link; it also names the tab afterwards, to the browser that redeemed it. */
  readonly code: string;
  /** What this browser is known by (its cookie); absent or unknown = a browser that was never here. */
  readonly browser?: string;
  /** IP address. */
  readonly address: string;
}

export interface CallAnswer {
  readonly step: CallStep;
  /** What the browser is known by from now on, when that changed: 256 random bits. */
  readonly browser?: string;
}

/** None of these rejects for what a browser says: a refusal is a step. */
export interface CallSessionsFace {
  /** First use of a link binds it to the browser; a second use, from anywhere, ends what the first one began (SAFETY C3). */
  readonly redeem: (from: CallBrowser) => Promise<CallAnswer>;
  /** Which candidate (from 0), or none of them. */
  readonly choose: (from: CallBrowser, candidate: number | 'none') => Promise<CallAnswer>;
  /** May the other patient be closed? */
  readonly confirm: (from: CallBrowser, agreed: boolean) => Promise<CallAnswer>;
  readonly agree: (from: CallBrowser, agreed: boolean) => Promise<CallAnswer>;
  /** Back from Pro Santé Connect; `answer`: parameters of the return address, each once. */
  readonly authenticated: (from: CallBrowser, answer: Readonly<Record<string, string>>) => Promise<CallAnswer>;
  /** Where a page may post to: origins of the record. */
  readonly origins: () => readonly string[];
}
