/** The contextual call towards the record: who could it be, a ticket for the one that was chosen, and what the record answers (pure). */
import type { CanonicalEventLike, RecordAnswer, RecordCandidate } from 'passerelle/contract';
import type { CallContext } from 'passerelle/model';
import { said } from './contract.ts';
import { writePatient } from './identities-out.ts';

/** Nobody was chosen yet: the record is asked who it could be. */
export const isSearch = ({ type, data }: CanonicalEventLike): boolean => type === 'dcc.context.open' && (data as CallContext).choice === undefined;

/** Contact details open nothing: they stay out. */
export function writeContext({ patient, user, action, target, situation, matching, tabs, contextId, choice }: CallContext): object {
  const asked = choice ? { action, target, situation, contextId, choice } : { allowed: matching?.allowed ?? [], tabs };
  return said({ patient: writePatient(patient, false), user, ...asked });
}

/** `undefined` when it is neither a list of candidates nor a ticket, as the contract writes them. */
export function readRecordAnswer(body: Readonly<Record<string, unknown>>): RecordAnswer | undefined {
  const { candidates, closedTabs, url, fields, recordId, created } = body;
  if (Array.isArray(candidates)) {
    const read = candidates.map(readCandidate);
    const closed = Array.isArray(closedTabs) ? closedTabs.filter((tab) => typeof tab === 'string') : [];
    return read.every((one) => one !== undefined) ? { candidates: read, ...(closed.length > 0 && { closedTabs: closed }) } : undefined;
  }
  if (typeof url !== 'string' || typeof recordId !== 'string' || typeof created !== 'boolean' || !isTexts(fields)) return undefined;
  return { url, fields, recordId, created };
}

const TRAITS = ['birthName', 'usedName', 'givenNames', 'birthDate', 'sex'] as const;

function readCandidate(value: unknown): RecordCandidate | undefined {
  const { recordId, by, insDiffers, ippDiffers, traitsDiffer, shown = {} } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof recordId !== 'string' || (by !== 'ins' && by !== 'ipp' && by !== 'traits') || !isTexts(shown)) return undefined;
  return {
    recordId,
    by,
    ...(insDiffers === true && { insDiffers }),
    ...(ippDiffers === true && { ippDiffers }),
    ...(traitsDiffer === true && { traitsDiffer }),
    shown: Object.fromEntries(TRAITS.flatMap((name) => (shown[name] === undefined ? [] : [[name, shown[name]]]))),
  };
}

const isTexts = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every((text) => typeof text === 'string');
