/** What an event says of who may see a document and where it goes: the flags, and the legs that the matrix leaves of them (SAFETY B7). */
import type { Static } from 'typebox';
import type { Visibility } from '../../core/model/index.ts';
import type { Destinations } from './destinations.ts';
import type { FlagCode, Flags } from './flags.ts';

export type VisibilityData = Static<typeof Visibility>;

/** `null` = not said. `destinations`: absent towards care software, which has no legs. */
export function visibilityOf(flags: Flags, destinations: Destinations | undefined, mayReply: boolean | undefined): VisibilityData {
  const said = (code: FlagCode): boolean | null => flags[code] ?? null;
  const seen = {
    maskedToProfessionals: said('MASQUE_PS'),
    hiddenFromPatient: said('INVISIBLE_PATIENT'),
    hiddenFromLegalRepresentatives: said('INVISIBLE_REP_LEGAUX'),
    changesConfidentiality: said('MODIF_CONF_CODE'),
  };
  if (!destinations) return seen;
  const { legs } = destinations;
  return {
    ...seen,
    secretConnection: said('CONNEXION_SECRETE'),
    sendToDmp: legs.DESTDMP,
    // Not said: the routing rules of the site decide, as for any document.
    sendToMssPro: flags.DESTMSSANTEPS === undefined ? null : legs.DESTMSSANTEPS,
    sendToMssPatient: legs.DESTMSSANTEPAT,
    ackReception: said('ACK_RECEPTION'),
    ackReading: said('ACK_LECTURE_MSS'),
    ...(mayReply !== undefined && { patientMayReply: mayReply }),
  };
}
