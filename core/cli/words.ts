/** States, verbs and times in the words of an operator: French, with the engine's own word beside it. */
import { CATALOGUE, formatLocation, foundInFrench, type DeliveryState, type ErrorData, type LaneView, type MessageState } from '../contract/index.ts';

export const STATE_WORDS: Readonly<Record<MessageState | DeliveryState, string>> = {
  received: 'enregistré, pas encore traduit',
  decoded: 'traduit',
  filtered: 'compris, sans intérêt ici',
  quarantined: 'en quarantaine : une personne décide',
  rejected: "refusé : l'émetteur doit corriger",
  dead: 'en échec : une personne décide',
  discarded: 'écarté',
  queued: "en attente d'envoi",
  sending: "en cours d'envoi",
  delivered: 'remis',
  review: 'issue douteuse : vérifier chez le destinataire',
  held: "retenu jusqu'à une condition",
};

const DONE_WORDS: Readonly<Record<string, string>> = {
  received: 'reçu',
  quarantined: 'mis en quarantaine',
  rejected: 'refusé',
  dead: 'en échec',
  queued: 'mis en file',
  sending: 'envoi',
  review: 'issue douteuse',
  held: 'retenu',
  replay: 'rejoué',
  discard: 'écarté',
  release: 'libéré',
  resend: 'renvoyé',
  confirm: 'confirmé',
};

/** Of lanes. */
export const STATUS_WORDS: Readonly<Record<LaneView['status'], string>> = {
  open: 'ouverte',
  paused: 'suspendue / paused',
  downtime: 'arrêt prévu / downtime',
  tripped: 'injoignable / tripped',
  elsewhere: 'autre nœud / elsewhere',
};

/** What a line of a timeline says, in one word or two. */
export const doneWord = (what: string): string => DONE_WORDS[what] ?? (Object.hasOwn(STATE_WORDS, what) ? STATE_WORDS[what as MessageState] : what);

/** Local time of this machine: `2026-10-12 10:00:00`. */
export const localTime = (at: string): string => (Number.isNaN(Date.parse(at)) ? at : new Date(at).toLocaleString('sv-SE'));

/** The same for a column: the time alone today, the day and the minute before: `10:00:00`, `2026-10-12 10:00`. */
export function shortTime(at: string, now: Date = new Date()): string {
  const local = localTime(at);
  return local.slice(0, 10) === localTime(now.toISOString()).slice(0, 10) ? local.slice(11) : local.slice(0, 16);
}

/** `ERR_X PID-3 : phrase (attendu ..., trouvé ...)`. */
export function errorSentence(error: ErrorData): string {
  const { code, location } = error;
  const tail = foundInFrench(error);
  return `${[code, formatLocation(location, 'fr')].filter(Boolean).join(' ')} : ${CATALOGUE[code]?.fr ?? error.message}${tail && ` (${tail})`}`;
}
