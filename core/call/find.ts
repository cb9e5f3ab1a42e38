/** Whom a call opens: the record is asked, its answer judged (SAFETY C9), and the right to make a record asked when there is none. */
import { PasserelleError } from '../contract/index.ts';
import { canBeCreated, judgeCandidates, waysOf, type Judgement } from './candidates.ts';
import type { Asking, CalledRecord } from './record.ts';
import type { RedeemedCall } from './room.ts';
import type { Session } from './session.ts';
import type { ProofPolicy } from './user-proof.ts';

/** What a site decided of calls. */
export interface CallPolicy {
  readonly ambiguous: 'choice' | 'refuse';
  readonly creation: boolean;
  readonly proSanteConnect?: ProofPolicy;
}

export type Found = { readonly closed: readonly string[] } & (
  | { readonly chosen: NonNullable<Session['chosen']> }
  | { readonly between: NonNullable<Session['candidates']> }
  | { readonly conflict: Extract<Judgement, { is: 'conflict' }> }
);

/** `tabs` are open in this browser as far as we know; `closed`, of the answer, are not. `said` is for the ledger. Throws ERR_CALL_UNKNOWN_PATIENT, ERR_CALL_AMBIGUOUS, ERR_CALL_FORBIDDEN, ERR_CALL_IDENTITY, ERR_CALL_RECORD. */
export async function find(
  call: RedeemedCall,
  record: CalledRecord,
  policy: CallPolicy,
  asking: Asking,
  tabs: readonly string[],
  said: (what: string) => Promise<void>,
): Promise<Found> {
  const { context, rights } = call;
  const allowed = waysOf(context);
  const asked = { ...context, matching: { allowed: [...allowed], create: false }, ...(tabs.length > 0 && { tabs: [...tabs] }) };
  const { candidates, closed } = allowed.length === 0 ? { candidates: [], closed: [] } : await record.search(asked, asking);
  const judged = judgeCandidates(candidates);
  // What the call does not hold whole was not looked for: the search says which.
  const left = (['ins', 'ipp', 'traits'] as const).filter((way) => !allowed.includes(way));
  await said(
    `search by ${allowed.join(', ') || 'nothing'}: ${judged.is}${judged.is === 'nobody' && left.length > 0 ? `, not by ${left.join(', ')}` : ''}`,
  );
  switch (judged.is) {
    case 'one':
      return { closed, chosen: { recordId: judged.candidate.recordId } };
    case 'several':
      if (policy.ambiguous === 'refuse') throw new PasserelleError('ERR_CALL_AMBIGUOUS', { found: `${judged.candidates.length} records` });
      return { closed, between: judged.candidates };
    case 'conflict':
      return { closed, conflict: judged };
    case 'nobody':
      if (context.action !== 'open-or-create') throw new PasserelleError('ERR_CALL_UNKNOWN_PATIENT');
      if (!policy.creation || !rights.actions.includes('create'))
        throw new PasserelleError('ERR_CALL_FORBIDDEN', { found: 'no right to make a record' });
      if (!canBeCreated(context.patient)) throw new PasserelleError('ERR_CALL_IDENTITY', { found: 'too little to make a record of' });
      return { closed, chosen: { create: true } };
  }
}
