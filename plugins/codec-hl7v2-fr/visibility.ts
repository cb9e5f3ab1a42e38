/** What may be done with a document, from flags, consent and confidentiality (SAFETY B7, samples README). */
import type { Static } from 'typebox';
import type { Visibility } from '../../core/model/index.ts';
import type { Audience, FlagCode, Flags } from './flags.ts';

export type VisibilityData = Static<typeof Visibility>;
type Leg = boolean | 'held' | null;

export interface Restrictions {
  /** ZFA-9 = IO. */
  readonly opposed: boolean;
  /** CDA confidentialityCode: R and V are not shared with the record that the patient reads. */
  readonly confidentiality?: string;
}

/** A DMP document is filed with its masks: none of them may be unknown. */
const DMP_NEEDS: readonly FlagCode[] = ['MASQUE_PS', 'INVISIBLE_PATIENT', 'INVISIBLE_REP_LEGAUX', 'CONNEXION_SECRETE'];

/** `null` = not said; `held` = the leg is wanted, or may be, and something it depends on is unknown. */
export function visibilityOf(flags: Flags, audience: Audience, restrictions: Restrictions, mayReply: boolean | undefined): VisibilityData {
  const said = (code: FlagCode): boolean | null => flags[code] ?? null;
  const seen = {
    maskedToProfessionals: said('MASQUE_PS'),
    hiddenFromPatient: said('INVISIBLE_PATIENT'),
    hiddenFromLegalRepresentatives: said('INVISIBLE_REP_LEGAUX'),
    changesConfidentiality: said('MODIF_CONF_CODE'),
  };
  if (audience === 'care-software') return seen;
  return {
    ...seen,
    secretConnection: said('CONNEXION_SECRETE'),
    sendToDmp: dmpLeg(flags, restrictions),
    sendToMssPro: professionalLeg(flags),
    sendToMssPatient: patientLeg(flags, restrictions),
    ackReception: said('ACK_RECEPTION'),
    ackReading: said('ACK_LECTURE_MSS'),
    ...(mayReply !== undefined && { patientMayReply: mayReply }),
  };
}

/** A patient must not learn of a cancer from an application. */
function forbidsPatientReading(flags: Flags, { opposed, confidentiality }: Restrictions): boolean {
  return opposed || confidentiality === 'R' || confidentiality === 'V' || flags.INVISIBLE_PATIENT === true;
}

function dmpLeg(flags: Flags, restrictions: Restrictions): Leg {
  if (flags.DESTDMP === false || forbidsPatientReading(flags, restrictions)) return false;
  return flags.DESTDMP === undefined || DMP_NEEDS.some((code) => flags[code] === undefined) ? 'held' : true;
}

function patientLeg(flags: Flags, restrictions: Restrictions): Leg {
  if (flags.DESTMSSANTEPAT === false || forbidsPatientReading(flags, restrictions)) return false;
  return flags.DESTMSSANTEPAT === undefined || flags.INVISIBLE_PATIENT === undefined ? 'held' : true;
}

/** Not said: the routing rules of the site decide, as for any document. */
function professionalLeg(flags: Flags): Leg {
  if (flags.DESTMSSANTEPS === undefined) return null;
  if (!flags.DESTMSSANTEPS || flags.MASQUE_PS === true) return false;
  return flags.MASQUE_PS === undefined ? 'held' : true;
}
