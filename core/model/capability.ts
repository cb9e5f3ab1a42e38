/**
 * What a receiving application may not be capable of yet, and an event in the form that it knew before (MISSION M16: hold until capable). A new
 * capability is one more entry.
 */
import type { Patient } from './schemas.ts';

export const CAPABILITIES = ['ins'] as const;
export type Capability = (typeof CAPABILITIES)[number];

const REDUCE: Readonly<Record<Capability, (patient: Patient) => Patient>> = {
  /** Neither the number nor what is only said of one: a qualified identity is a validated one there. */
  ins: (patient) => {
    const { ins: _, insOid: __, insStatus: ___, qualification: ____, identityStatus, ...rest } = patient;
    const status = identityStatus === 'QUAL' ? 'VALI' : identityStatus === 'RECUP' ? 'PROV' : identityStatus;
    return { ...rest, ins: null, insStatus: 'UNKNOWN', ...(status && { identityStatus: status }) };
  },
};
const TELLS: Readonly<Record<Capability, (patient: Patient) => boolean>> = {
  ins: ({ ins, identityStatus, qualification }) =>
    Boolean(ins) || identityStatus === 'QUAL' || identityStatus === 'RECUP' || qualification !== undefined,
};

/** The patient has something to tell that is lost on who lacks one of these. */
export const isReducedFor = (lacking: readonly Capability[], patient: Patient): boolean => lacking.some((capability) => TELLS[capability](patient));

/** Data of an event, every patient in it as who lacks these capabilities knew patients before. */
export function reducedFor(lacking: readonly Capability[], data: unknown): unknown {
  if (lacking.length === 0 || typeof data !== 'object' || data === null) return data;
  const reduce = (patient: Patient): Patient => lacking.reduce((reduced, capability) => REDUCE[capability](reduced), patient);
  const { patient, from, patients } = data as { patient?: Patient; from?: Patient; patients?: readonly Patient[] };
  return {
    ...data,
    ...(patient && { patient: reduce(patient) }),
    ...(from && { from: reduce(from) }),
    ...(patients && { patients: patients.map(reduce) }),
  };
}
