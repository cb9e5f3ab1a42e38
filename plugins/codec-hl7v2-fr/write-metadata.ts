/** What the guides write after a document: the flags in their fixed order, then the bodies of the mails (specs FACTS A4). */
import type { EncodablePart } from '../../core/contract/index.ts';
import type { DocumentData, EventData } from '../../core/model/index.ts';
import { isOpposed } from './consent.ts';
import { forbiddenLegs } from './destinations.ts';
import { MAIL_BODY_PATIENT, MAIL_BODY_PRO, PLATFORM_FLAGS, type FlagCode } from './flags.ts';
import type { Guide } from './guides.ts';
import type { Observations } from './observations.ts';
import { said } from './values.ts';

type DocumentEvent = EventData<'dcc.document.received'>;

/** What each flag is called in the guide, and where its value stands in the event. */
const FLAGS: Readonly<Record<FlagCode, readonly [label: string, field: keyof NonNullable<DocumentEvent['visibility']>]>> = {
  MASQUE_PS: ['Masqué aux professionnels de Santé', 'maskedToProfessionals'],
  INVISIBLE_PATIENT: ['Document Non Visible par le patient', 'hiddenFromPatient'],
  INVISIBLE_REP_LEGAUX: ['Non visible par les représentants Légaux du patient', 'hiddenFromLegalRepresentatives'],
  CONNEXION_SECRETE: ['Connexion Secrete', 'secretConnection'],
  MODIF_CONF_CODE: ['Modification Confidentiality Code', 'changesConfidentiality'],
  DESTDMP: ['Destinataire DMP', 'sendToDmp'],
  DESTMSSANTEPS: ['Destinataire (Professionnel de Santé, organisation ou BAL applicative)', 'sendToMssPro'],
  DESTMSSANTEPAT: ['Destinataire Patient', 'sendToMssPatient'],
  ACK_RECEPTION: ['Accusé de réception', 'ackReception'],
  ACK_LECTURE_MSS: ['Accusé de lecture', 'ackReading'],
};

/**
 * Only what is known is written: an unknown flag, or a leg that is held, never becomes N or Y. A leg that is true was asked for or decided; what
 * a mask, the patient's opposition or the confidentiality forbids is N all the same, whoever made the event (SAFETY B7).
 */
export function writeFlags(observations: Observations, guide: Guide, { visibility, consent, document }: DocumentEvent): void {
  if (!visibility) return;
  const known = PLATFORM_FLAGS.map((code) => [code, visibility[FLAGS[code][1]]] as const).filter(([, value]) => typeof value === 'boolean');
  const restrictions = { opposed: isOpposed(consent), ...said({ confidentiality: document.confidentiality }) };
  const forbidden: ReadonlySet<string> = forbiddenLegs(Object.fromEntries(known), restrictions);
  for (const code of guide.flags) {
    const [label, field] = FLAGS[code];
    const value = visibility[field] === true && forbidden.has(code) ? false : visibility[field];
    if (typeof value === 'boolean')
      observations.add(
        observations.coded,
        [guide.names[code] ?? code, label, guide.flagSystem],
        [value ? 'Y' : 'N', undefined, guide.yesNoSystem],
        'F',
      );
    if (code === 'DESTMSSANTEPAT' && typeof value === 'boolean' && visibility.patientMayReply === false)
      observations.segments.push(['NTE', { 1: '1', 4: 'FIN' }]);
  }
}

export function writeMailBodies(observations: Observations, guide: Guide, document: DocumentData, parts: readonly EncodablePart[]): void {
  const bodies = [
    [MAIL_BODY_PRO, 'Corps du mail pour un PS', document.mailBody],
    [MAIL_BODY_PATIENT, 'Corps du mail pour un patient', document.mailBodyPatient],
  ] as const;
  for (const [code, label, body] of bodies) {
    if (body && parts.some(({ part }) => part === body.part)) {
      observations.add('ED', [code, label, guide.flagSystem], [undefined, observations.coded === 'CE' ? 'TEXT' : 'text', undefined, 'Base64'], 'F', {
        part: body.part,
      });
    }
  }
}
