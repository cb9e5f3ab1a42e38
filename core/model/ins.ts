/** The national identity (INS): its authorities, the environment each belongs to, and its control key (specs FACTS F1). */
import type { Patient } from './schemas.ts';

export type InsEnvironment = 'test' | 'production';

const INS_ROOT = '1.2.250.1.213.1.4';
/** Authorities by OID. `.11` is the demonstration one: it is not production. */
const AUTHORITIES: Readonly<Record<string, { readonly environment: InsEnvironment; readonly namespace: string }>> = {
  [`${INS_ROOT}.8`]: { environment: 'production', namespace: 'ASIP-SANTE-INS-NIR' },
  [`${INS_ROOT}.9`]: { environment: 'production', namespace: 'ASIP-SANTE-INS-NIA' },
  [`${INS_ROOT}.10`]: { environment: 'test', namespace: 'ASIP-SANTE-INS-NIR' },
  [`${INS_ROOT}.11`]: { environment: 'test', namespace: 'ASIP-SANTE-INS-NIR' },
};
/** The computed INS of before, retired: never an identifier (vendors FACTS section 1). */
const RETIRED = new Set([`${INS_ROOT}.2`, `${INS_ROOT}.6`]);

/** `undefined` for an OID that is no INS authority. */
export const insEnvironment = (oid: string): InsEnvironment | undefined => (isInsOid(oid) ? AUTHORITIES[oid]?.environment : undefined);
export const isInsOid = (oid: string): boolean => Object.hasOwn(AUTHORITIES, oid);
export const isRetiredInsOid = (oid: string): boolean => RETIRED.has(oid);
export const insNamespace = (oid: string): string => AUTHORITIES[oid]?.namespace ?? '';

/** Key = 97 - (number mod 97), 2A counting as 19 and 2B as 18 (Corsica). Says nothing about sex, date or place: they never refuse a number (SAFETY A4). */
export function hasValidInsKey(number: string): boolean {
  const match = /^(\d{5}(?:\d{2}|2A|2B)\d{6})(\d{2})$/.exec(number);
  if (!match) return false;
  const digits = String(match[1]).replace('2A', '19').replace('2B', '18');
  return Number(match[2]) === 97 - (Number(digits) % 97);
}

/**
 * Number and OID leave only on a qualified identity that has the traits they stand for (SAFETY A4, rule 28 of the national guide): alone,
 * a number is no INS. The code of the birth place is not asked: a few identities have none.
 */
export function isSendableIns(patient: Patient): boolean {
  const { ins, insOid, insStatus, identityStatus = 'QUAL', birthName, firstGivenName, sex, birthDate } = patient;
  const isQualified = Boolean(ins && insOid) && insStatus === 'VALI' && identityStatus === 'QUAL';
  return isQualified && Boolean(birthName && firstGivenName && sex) && birthDate?.length === '1958-03-14'.length;
}
