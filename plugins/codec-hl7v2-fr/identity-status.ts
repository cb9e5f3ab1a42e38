/** PID-32: reliability of the identity, and the marks beside it that block automatic filing (SAFETY A4, specs FACTS D2). */
import type { Patient } from '../../core/model/index.ts';
import type { Hl7Segment } from '../codec-hl7v2/index.ts';
import { warn, type Reading } from './reading.ts';
import { clean } from './values.ts';

export type IdentityStatus = Pick<Patient, 'insStatus' | 'identityStatus' | 'identityFlags' | 'automaticFiling'>;

/** Codes of table 0445 that say how sure the identity is; VIDE says nothing of it. */
const RELIABILITY = ['VALI', 'PROV', 'VIDE'];
const BLOCKING = new Set(['DOUB', 'COLP', 'COLV', 'USUR', 'ANOM', 'CACH']);

export function readIdentityStatus(reading: Reading, pid: Hl7Segment, insSent: boolean): IdentityStatus {
  const codes = [
    ...new Set(
      pid
        .reps(32)
        .map((field) => clean(field.get(1)).toUpperCase())
        .filter(Boolean),
    ),
  ];
  // Two different ones contradict each other: the weaker one counts.
  const stated = RELIABILITY.filter((code) => codes.includes(code));
  if (stated.length > 1) warn(reading, 'identity-status-repeated', undefined, 'PID-32');
  const reliability = stated.at(-1);
  if (reliability === 'VIDE') warn(reading, 'identity-status-empty', undefined, 'PID-32');
  const flags = codes.filter((code) => !RELIABILITY.includes(code));
  const blocking = flags.filter((code) => BLOCKING.has(code));
  for (const code of blocking) warn(reading, 'identity-blocks-filing', code, 'PID-32');
  const unknown = clean(pid.get('31')) === 'Y';
  if (unknown) warn(reading, 'identity-blocks-filing', 'PID-31', 'PID-31');
  const identityStatus = statusOf(reading, reliability, insSent);
  return {
    insStatus: insStatusOf(reliability, insSent),
    ...(identityStatus && { identityStatus }),
    ...(flags.length > 0 && { identityFlags: flags }),
    ...((blocking.length > 0 || unknown) && { automaticFiling: false }),
  };
}

function insStatusOf(reliability: string | undefined, insSent: boolean): NonNullable<Patient['insStatus']> {
  if (insSent) return reliability === 'VALI' ? 'VALI' : 'NOT-QUALIFIED';
  return reliability === 'PROV' || reliability === 'VIDE' ? 'PROV' : 'UNKNOWN';
}

/** Qualified = validated with an INS; retrieved = provisional, but read from INSi (ZFD-5). */
function statusOf({ message }: Reading, reliability: string | undefined, insSent: boolean): Patient['identityStatus'] {
  if (reliability === 'VALI') return insSent ? 'QUAL' : 'VALI';
  if (reliability === 'PROV') return clean(message.get('ZFD-5')) === 'INSI' ? 'RECUP' : 'PROV';
  return undefined;
}
