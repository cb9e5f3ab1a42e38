/** What a clinician is told when a call does not open: what happened is the catalogue's, what to do is said here, without words of the trade. */
import { CATALOGUE, type CallStep, type ErrorCode } from '../../core/contract/index.ts';

const AGAIN = 'Refaites l’appel depuis le dossier du patient. Si cela se répète, donnez la référence à votre service informatique.';
const TO_DO: Readonly<Partial<Record<ErrorCode, string>>> = {
  ERR_CALL_FORBIDDEN: 'Donnez la référence à votre service informatique : il peut faire ouvrir ce droit.',
  ERR_CALL_IDENTITY:
    'N’ouvrez pas ce dossier autrement. Vérifiez l’identité du patient et prévenez l’identitovigilance de votre établissement avec la référence.',
  ERR_CALL_AMBIGUOUS: 'Prévenez l’identitovigilance de votre établissement avec la référence.',
  ERR_CALL_UNKNOWN_PATIENT: 'Si un dossier doit être créé, adressez-vous au secrétariat de RCP.',
  ERR_CALL_LINK_USED:
    'Refaites l’appel depuis le dossier du patient. Si vous n’avez pas ouvert ce lien deux fois, prévenez votre service informatique.',
  ERR_CALL_ISSUER: 'Attendez une minute, puis refaites l’appel depuis le dossier du patient.',
  ERR_CALL_AUTHENTICATION: 'Refaites l’appel depuis le dossier du patient, et authentifiez-vous jusqu’au bout.',
  ERR_CALL_OTHER_USER:
    'Si quelqu’un d’autre s’est authentifié dans ce navigateur, fermez sa session Pro Santé Connect, puis refaites l’appel. Sinon, prévenez votre service informatique avec la référence.',
  ERR_CALL_RECORD: 'Attendez une minute, puis refaites l’appel depuis le dossier du patient.',
};

/** A step as the page gets it: a refusal in words. */
export function told(step: CallStep): object {
  if (step.outcome !== 'refused') return step;
  const fr = CATALOGUE[step.code].fr;
  return { ...step, what: `${fr.charAt(0).toUpperCase()}${fr.slice(1)}.`, todo: TO_DO[step.code] ?? AGAIN };
}
