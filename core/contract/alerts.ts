/** Every alert of the engine, once: what is wrong, for whom to do what. `npm run docs` prints ALERTS.md from it. Codes are never reused and never renamed. */
import type { ErrorCode } from './error-catalogue.ts';

export interface AlertEntry {
  /** `problem`: messages do not pass, or soon will not; `attention`: something waits for a person. */
  readonly severity: 'problem' | 'attention';
  readonly fr: string;
  readonly en: string;
  /** What to do, in French first; `{lane}` is the name of the lane. */
  readonly fix: { readonly fr: string; readonly en: string };
}

const a = (entry: AlertEntry): AlertEntry => entry;

export const ALERTS = {
  ALERT_JOURNAL_UNAVAILABLE: a({
    severity: 'problem',
    fr: 'le journal ne répond plus ou refuse les écritures : les émetteurs gardent leurs messages',
    en: 'the journal does not answer or refuses writes: senders keep their messages',
    fix: {
      fr: 'passerelle doctor, puis vérifier le disque ou la base ; s’éteint à la première écriture réussie.',
      en: 'passerelle doctor, then look at the disk or the database; ends with the first write that succeeds.',
    },
  }),
  ALERT_DISK_FULL: a({
    severity: 'problem',
    fr: 'le disque est presque plein : le journal va refuser les messages',
    en: 'the disk is almost full: the journal is about to refuse messages',
    fix: { fr: 'Libérer de la place ou agrandir le disque, maintenant.', en: 'Free space or enlarge the disk, now.' },
  }),
  ALERT_DISK_LOW: a({
    severity: 'attention',
    fr: 'il reste peu de place sur le disque',
    en: 'little space is left on the disk',
    fix: { fr: 'Libérer de la place ou agrandir le disque.', en: 'Free space or enlarge the disk.' },
  }),
  ALERT_CERTIFICATE_EXPIRES: a({
    severity: 'attention',
    fr: 'notre certificat expire bientôt, ou a expiré',
    en: 'our certificate expires soon, or has expired',
    fix: {
      fr: 'Renouveler le certificat du point d’accès {lane}, puis redémarrer ou appliquer le paramétrage.',
      en: 'Renew the certificate of endpoint {lane}, then restart or apply the settings.',
    },
  }),
  ALERT_LANE_FAILING: a({
    severity: 'problem',
    fr: 'le destinataire est injoignable ou remet tout à plus tard : rien n’a été remis depuis',
    en: 'the receiver is out of reach or puts everything off: nothing was delivered since',
    fix: {
      fr: 'passerelle lanes {lane} ; prévenir le destinataire. Si l’arrêt est prévu : passerelle lane downtime {lane} --for 2h',
      en: 'passerelle lanes {lane}; call the receiver. If it is planned: passerelle lane downtime {lane} --for 2h',
    },
  }),
  ALERT_LANE_WAITING: a({
    severity: 'attention',
    fr: 'le plus ancien en attente attend depuis trop longtemps (file lente, bloquée ou suspendue)',
    en: 'the oldest that waits has waited too long (lane slow, blocked or paused)',
    fix: { fr: 'passerelle lanes {lane} montre ce qui bloque.', en: 'passerelle lanes {lane} shows what blocks.' },
  }),
  ALERT_ENDPOINT_SILENT: a({
    severity: 'problem',
    fr: 'rien n’est arrivé de ce point d’accès depuis plus longtemps que prévu (expectEvery)',
    en: 'nothing came from this endpoint for longer than expected (expectEvery)',
    fix: {
      fr: 'Appeler l’émetteur : ses envois, le réseau, son adresse de destination.',
      en: 'Call the sender: its outbox, the network, the address it sends to.',
    },
  }),
  ALERT_ENDPOINT_REFUSED: a({
    severity: 'problem',
    fr: 'tout ce que cet émetteur envoie est refusé',
    en: 'everything that this sender sends is refused',
    fix: {
      fr: 'passerelle messages --lane {lane} --state rejected donne le motif, que l’émetteur a reçu aussi.',
      en: 'passerelle messages --lane {lane} --state rejected gives the reason, which the sender got too.',
    },
  }),
  ALERT_PATIENT_MISMATCH: a({
    severity: 'problem',
    fr: 'un document qui désigne un autre patient que son message a été refusé',
    en: 'a document that names another patient than its message was refused',
    fix: {
      fr: 'Prévenir l’établissement et son identitovigilance : passerelle messages --lane {lane} --state rejected donne les messages. S’éteint un jour après le dernier.',
      en: 'Tell the establishment and its identity vigilance: passerelle messages --lane {lane} --state rejected gives the messages. Ends a day after the last one.',
    },
  }),
  ALERT_MESSAGE_QUARANTINED: a({
    severity: 'attention',
    fr: 'des messages en quarantaine attendent une personne',
    en: 'messages in quarantine wait for a person',
    fix: { fr: 'passerelle messages --lane {lane} --state quarantined', en: 'passerelle messages --lane {lane} --state quarantined' },
  }),
  ALERT_MESSAGE_DEAD: a({
    severity: 'problem',
    fr: 'des messages reçus n’ont pas pu être traités',
    en: 'messages that were received could not be processed',
    fix: { fr: 'passerelle messages --lane {lane} --state dead', en: 'passerelle messages --lane {lane} --state dead' },
  }),
  ALERT_DELIVERY_DEAD: a({
    severity: 'problem',
    fr: 'des remises ont été refusées ou ont échoué',
    en: 'deliveries were refused or failed',
    fix: { fr: 'passerelle deliveries --lane {lane} --state dead', en: 'passerelle deliveries --lane {lane} --state dead' },
  }),
  ALERT_DELIVERY_REVIEW: a({
    severity: 'problem',
    fr: 'on ignore si des remises sont arrivées : à vérifier chez le destinataire dans l’heure',
    en: 'nobody knows whether deliveries arrived: to be checked at the receiver within the hour',
    fix: { fr: 'passerelle deliveries --lane {lane} --state review', en: 'passerelle deliveries --lane {lane} --state review' },
  }),
  ALERT_DELIVERY_HELD: a({
    severity: 'attention',
    fr: 'des remises sont retenues (patient inconnu là-bas, identité en question, drapeau absent) ; une identité retenue garde derrière elle ce qui suit de son patient',
    en: 'deliveries are held (patient unknown there, identity in question, flag missing); a held identity keeps back what follows of its patient',
    fix: {
      fr: 'passerelle deliveries --lane {lane} --state held, puis passerelle message ID : les commandes qui y mettent fin.',
      en: 'passerelle deliveries --lane {lane} --state held, then passerelle message ID: the commands that end it.',
    },
  }),
  ALERT_DOCUMENT_OTHER_PATIENT: a({
    severity: 'problem',
    fr: 'le datamatrix INS d’un document remis nomme un autre patient que son message',
    en: 'the INS datamatrix of a delivered document names another patient than its message',
    fix: {
      fr: 'passerelle identities montre le message ; le comparer au document et, si le patient est un autre, le faire retirer chez le destinataire avant de répondre à la tâche.',
      en: 'passerelle identities shows the message; compare it with the document and, if the patient is another, have it withdrawn at the receiver before answering the task.',
    },
  }),
  ALERT_MERGE_UNDONE_TOLD: a({
    severity: 'problem',
    fr: 'une fusion défaite ici avait été annoncée à ce destinataire, et aucun message ne la défait : chez lui, un numéro vaut encore pour un autre',
    en: 'a merge that was undone here had been told to this receiver, and no message takes it back: there, one number still stands for another',
    fix: {
      fr: 'passerelle identities montre la tâche, et elle les deux numéros : appeler l’identitovigilance de {lane} pour les séparer, puis répondre. Ce qui nomme ce numéro attend.',
      en: 'passerelle identities shows the task, and that the two numbers: call identity vigilance at {lane} to separate them, then answer. What names the number waits.',
    },
  }),
  ALERT_CALL_LINK_REUSED: a({
    severity: 'attention',
    fr: 'un lien d’appel contextuel a été ouvert deux fois : la session a été fermée',
    en: 'a link of a contextual call was opened twice: its session was ended',
    fix: {
      fr: 'passerelle calls donne la référence ; demander à l’utilisateur s’il a ouvert le lien deux fois. Sinon, le traiter comme un lien volé. S’éteint un jour après le dernier.',
      en: 'passerelle calls gives the reference; ask the user whether they opened the link twice. If not, treat it as a stolen link. Ends a day after the last one.',
    },
  }),
  ALERT_CALL_OTHER_USER: a({
    severity: 'attention',
    fr: 'Pro Santé Connect a authentifié une autre personne que celle de l’appel contextuel ; rien n’a été ouvert',
    en: 'Pro Santé Connect authenticated another person than the user of the contextual call; nothing was opened',
    fix: {
      fr: 'passerelle calls donne la référence et le site ; voir avec la DSI s’il s’agit d’un poste partagé ou d’un compte utilisé par un autre. S’éteint un jour après le dernier.',
      en: 'passerelle calls gives the reference and the site; ask its IT department whether a workstation is shared or an account used by somebody else. Ends a day after the last one.',
    },
  }),
} as const satisfies Record<string, AlertEntry>;

export type AlertCode = keyof typeof ALERTS;

/** Names lanes and sites, never a patient or a message. */
export interface AlertView extends AlertEntry {
  readonly code: AlertCode;
  /** When what it tells of began, as far as is known (ISO). */
  readonly since: string;
  readonly lane?: string;
  /** FINESS. */
  readonly site?: string;
  /** Messages or deliveries concerned. */
  readonly count?: number;
  /** The last error behind it. */
  readonly error?: ErrorCode;
  /** When the certificate expires (ISO). */
  readonly expires?: string;
}

export interface AlertList {
  /** Problems first, then the oldest. */
  readonly items: readonly AlertView[];
  /** Another node works the lanes: alerts of lanes are told there, those here are of this machine. */
  readonly elsewhere: boolean;
}
