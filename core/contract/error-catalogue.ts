/**
 * Every error the engine can name, once. `disposition` decides what the engine does next (decisions/0003); `ack` and `hl7` build the
 * ACK (HL7 tables 0008 and 0357; MODELS section 9), `http` the RFC 9457 answer, `fr` and `fix` what an operator reads.
 * Codes are never reused and never renamed. Tests hold this file, docs/errors and the code to each other.
 */

/** What the engine does next; see MODELS section 9. */
export type Disposition = 'transient' | 'ambiguous' | 'permanent' | 'quarantine' | 'security' | 'protocol' | 'configuration' | 'defect';

export interface CatalogueEntry {
  readonly disposition: Disposition;
  /** MSA-1 when this refuses a received message; absent when it never does. */
  readonly ack?: 'AE' | 'AR';
  /** ERR-3, HL7 table 0357. */
  readonly hl7?: number;
  /** ERR-5, table 0533 as the French guides use it (900 to 906). */
  readonly err5?: number;
  readonly http: number;
  readonly en: string;
  readonly fr: string;
  /** What the operator or the sender does about it, in French first. */
  readonly fix: { readonly fr: string; readonly en: string };
}

const e = (entry: CatalogueEntry): CatalogueEntry => entry;

export const CATALOGUE = {
  // --- HL7 v2 content: refused at once, a copy is kept ------------------------------------------------------------
  ERR_HL7_NOT_HL7: e({
    disposition: 'permanent',
    ack: 'AE',
    hl7: 100,
    http: 422,
    en: 'this is not an HL7 v2 message',
    fr: "ce n'est pas un message HL7 v2",
    fix: { fr: 'Envoyer un message commençant par le segment MSH.', en: 'Send a message that begins with an MSH segment.' },
  }),
  ERR_HL7_DELIMITERS: e({
    disposition: 'permanent',
    ack: 'AE',
    hl7: 102,
    http: 422,
    en: 'the delimiters of MSH-1 and MSH-2 cannot be used',
    fr: 'les séparateurs de MSH-1 et MSH-2 sont inutilisables',
    fix: { fr: 'Déclarer des séparateurs distincts, par exemple |^~\\&.', en: 'Declare distinct delimiters, for instance |^~\\&.' },
  }),
  ERR_HL7_CONTROL_ID_MISSING: e({
    disposition: 'permanent',
    ack: 'AE',
    hl7: 101,
    http: 422,
    en: 'MSH-10 is empty: without it an acknowledgement cannot be matched',
    fr: "MSH-10 est vide : l'accusé ne pourrait pas être rapproché",
    fix: { fr: 'Renseigner un identifiant de message unique en MSH-10.', en: 'Put a unique message control id in MSH-10.' },
  }),
  ERR_HL7_TRUNCATED: e({
    disposition: 'permanent',
    ack: 'AE',
    hl7: 100,
    http: 422,
    en: 'the message is cut or two messages were joined',
    fr: 'le message est tronqué, ou deux messages ont été accolés',
    fix: { fr: 'Envoyer un message entier par trame.', en: 'Send one whole message in each frame.' },
  }),
  ERR_HL7_SEGMENT_MISSING: e({
    disposition: 'permanent',
    ack: 'AE',
    hl7: 100,
    http: 422,
    en: 'a required segment is missing',
    fr: 'un segment obligatoire manque',
    fix: { fr: 'Ajouter le segment indiqué.', en: 'Add the segment that is named.' },
  }),
  ERR_HL7_FIELD_MISSING: e({
    disposition: 'permanent',
    ack: 'AE',
    hl7: 101,
    http: 422,
    en: 'a required field is empty',
    fr: 'un champ obligatoire est vide',
    fix: { fr: 'Renseigner le champ indiqué.', en: 'Fill in the field that is named.' },
  }),
  ERR_HL7_FIELD_INVALID: e({
    disposition: 'permanent',
    ack: 'AE',
    hl7: 102,
    http: 422,
    en: 'a field has an impossible value',
    fr: 'un champ a une valeur impossible',
    fix: { fr: 'Corriger le champ indiqué.', en: 'Correct the field that is named.' },
  }),
  ERR_HL7_TYPE_UNSUPPORTED: e({
    disposition: 'permanent',
    ack: 'AR',
    hl7: 200,
    http: 422,
    en: 'this message type is not handled by this endpoint',
    fr: "ce type de message n'est pas traité par ce point d'accès",
    fix: {
      fr: 'Retirer ce type du flux, ou activer un connecteur qui le traite.',
      en: 'Take the type out of the flow, or enable a connector that handles it.',
    },
  }),
  ERR_HL7_EVENT_UNSUPPORTED: e({
    disposition: 'permanent',
    ack: 'AR',
    hl7: 201,
    http: 422,
    en: 'this event is not handled by this endpoint',
    fr: "cet événement n'est pas traité par ce point d'accès",
    fix: {
      fr: 'Retirer cet événement du flux, ou activer un connecteur qui le traite.',
      en: 'Take the event out of the flow, or enable a connector that handles it.',
    },
  }),
  ERR_HL7_PROCESSING_ID: e({
    disposition: 'permanent',
    ack: 'AR',
    hl7: 202,
    http: 422,
    en: 'MSH-11 is not the environment of this endpoint',
    fr: "MSH-11 ne correspond pas à l'environnement de ce point d'accès",
    fix: { fr: 'Envoyer T ou D en test, P en production.', en: 'Send T or D to a test endpoint, P to a production one.' },
  }),
  ERR_HL7_VERSION_UNSUPPORTED: e({
    disposition: 'permanent',
    ack: 'AR',
    hl7: 203,
    http: 422,
    en: 'this HL7 version is not handled by this endpoint',
    fr: "cette version d'HL7 n'est pas traitée par ce point d'accès",
    fix: { fr: 'Utiliser une version du guide français (2.5 ou 2.6).', en: 'Use a version of the French guides (2.5 or 2.6).' },
  }),
  ERR_CODEC_UNREADABLE: e({
    disposition: 'permanent',
    ack: 'AE',
    hl7: 102,
    http: 422,
    en: 'the message cannot be read in its declared format',
    fr: 'le message est illisible dans son format déclaré',
    fix: { fr: 'Vérifier le format et le jeu de caractères.', en: 'Check the format and the character set.' },
  }),
  ERR_ENVELOPE_TOO_LARGE: e({
    disposition: 'permanent',
    ack: 'AE',
    hl7: 102,
    http: 413,
    en: 'the message without its documents is larger than 512 KB',
    fr: 'le message, documents mis à part, dépasse 512 Ko',
    fix: { fr: 'Placer les contenus volumineux en OBX-5.', en: 'Carry large content in OBX-5.' },
  }),

  // --- identities and documents -----------------------------------------------------------------------------------
  ERR_PATIENT_MISSING: e({
    disposition: 'permanent',
    ack: 'AE',
    hl7: 101,
    http: 422,
    en: 'the message names no patient',
    fr: 'le message ne désigne aucun patient',
    fix: { fr: 'Renseigner PID-3 avec un identifiant et son autorité.', en: 'Give PID-3 an identifier with its authority.' },
  }),
  ERR_PATIENT_NO_IDENTIFIER: e({
    disposition: 'quarantine',
    http: 422,
    en: 'no identifier of the patient belongs to a configured authority',
    fr: "aucun identifiant du patient n'appartient à une autorité configurée",
    fix: {
      fr: "Déclarer l'autorité (identityAuthorities) puis rejouer le message.",
      en: 'Declare the authority (identityAuthorities), then replay the message.',
    },
  }),
  ERR_INS_KEY: e({
    disposition: 'quarantine',
    http: 422,
    en: 'the INS number does not agree with its control key',
    fr: 'le matricule INS ne correspond pas à sa clé',
    fix: { fr: "Faire vérifier l'identité par la cellule d'identitovigilance.", en: 'Have identity vigilance check the identity.' },
  }),
  ERR_INS_ENVIRONMENT: e({
    disposition: 'permanent',
    ack: 'AE',
    hl7: 103,
    http: 422,
    en: 'the INS authority belongs to another environment',
    fr: "l'autorité INS appartient à un autre environnement",
    fix: { fr: 'Ne jamais mélanger INS de test et de production.', en: 'Never mix test and production INS.' },
  }),
  ERR_PATIENT_MISMATCH: e({
    disposition: 'permanent',
    ack: 'AE',
    hl7: 207,
    err5: 904,
    http: 422,
    en: 'the document names another patient than the message',
    fr: 'le document désigne un autre patient que le message',
    fix: {
      fr: "Corriger à la source : l'enveloppe et le document doivent désigner le même patient.",
      en: 'Correct it at the source: envelope and document must name the same patient.',
    },
  }),
  ERR_DOCUMENT_TYPE_UNKNOWN: e({
    disposition: 'quarantine',
    http: 422,
    en: 'the type of the document is not known at this site',
    fr: "le type du document n'est pas connu sur ce site",
    fix: {
      fr: 'Ajouter une ligne documentTypes pour ce code, puis rejouer le message.',
      en: 'Add a documentTypes line for this code, then replay the message.',
    },
  }),
  ERR_DOCUMENT_MISSING: e({
    disposition: 'permanent',
    ack: 'AE',
    hl7: 101,
    http: 422,
    en: 'the message carries no document',
    fr: 'le message ne porte aucun document',
    fix: { fr: 'Placer le document en OBX-5 (type ED).', en: 'Carry the document in OBX-5 (type ED).' },
  }),
  ERR_DOCUMENT_BASE64: e({
    disposition: 'permanent',
    ack: 'AE',
    hl7: 102,
    http: 422,
    en: 'the Base64 of the document does not decode',
    fr: 'le contenu Base64 du document est indécodable',
    fix: { fr: 'Encoder le document en Base64 (RFC 4648).', en: 'Encode the document in Base64 (RFC 4648).' },
  }),
  ERR_DOCUMENT_UNREADABLE: e({
    disposition: 'permanent',
    ack: 'AE',
    hl7: 102,
    http: 422,
    en: 'the document cannot be read',
    fr: 'le document est illisible',
    fix: { fr: 'Vérifier que le document est un CDA ou un PDF entier.', en: 'Check that the document is a whole CDA or PDF.' },
  }),
  ERR_DOCUMENT_PLACEHOLDER: e({
    disposition: 'quarantine',
    http: 422,
    en: 'the content announced as a CDA is not one',
    fr: "le contenu annoncé comme CDA n'en est pas un",
    fix: { fr: 'Faire envoyer le document réel, ou écarter le message.', en: 'Have the real document sent, or discard the message.' },
  }),
  ERR_DOCUMENT_INCOHERENT: e({
    disposition: 'permanent',
    ack: 'AE',
    hl7: 103,
    http: 422,
    en: 'the event, ORC-1 and OBX-11 contradict each other',
    fr: "l'événement, ORC-1 et OBX-11 se contredisent",
    fix: {
      fr: 'Accorder MSH-9.2, ORC-1 et OBX-11 (guide de transmission CDA en HL7v2).',
      en: 'Make MSH-9.2, ORC-1 and OBX-11 agree (CDA in HL7v2 guide).',
    },
  }),
  ERR_DESTINATION_UNKNOWN_PATIENT: e({
    disposition: 'quarantine',
    err5: 902,
    http: 422,
    en: 'the patient has no identifier at the destination',
    fr: "le patient n'a pas d'identifiant chez le destinataire",
    fix: { fr: "Attendre l'identité, ou l'envoyer, puis libérer la remise.", en: 'Wait for the identity or send it, then release the delivery.' },
  }),

  // --- transports -------------------------------------------------------------------------------------------------
  ERR_MLLP_NO_START: e({
    disposition: 'protocol',
    http: 400,
    en: 'bytes came before the start block (0x0B)',
    fr: 'des octets précèdent le début de trame (0x0B)',
    fix: { fr: 'Encadrer chaque message par 0x0B et 0x1C 0x0D.', en: 'Frame each message with 0x0B and 0x1C 0x0D.' },
  }),
  ERR_MLLP_FRAME_TOO_LARGE: e({
    disposition: 'protocol',
    ack: 'AR',
    hl7: 207,
    http: 413,
    en: 'the frame is larger than this endpoint takes',
    fr: "la trame dépasse la taille admise par ce point d'accès",
    fix: { fr: 'Relever maxFrameBytes, ou vérifier la fin de trame 0x1C 0x0D.', en: 'Raise maxFrameBytes, or check the end block 0x1C 0x0D.' },
  }),
  ERR_MLLP_FRAME_CUT: e({
    disposition: 'protocol',
    http: 400,
    en: 'the connection ended inside a frame',
    fr: "la connexion s'est fermée au milieu d'une trame",
    fix: {
      fr: "L'émetteur doit renvoyer le message : rien n'a été pris en charge.",
      en: 'The sender has to send again: nothing was taken in charge.',
    },
  }),
  ERR_CONNECTION_REFUSED: e({
    disposition: 'transient',
    http: 503,
    en: 'the counterparty cannot be reached',
    fr: 'le partenaire est injoignable',
    fix: { fr: "Vérifier l'adresse, le port et le pare-feu.", en: 'Check address, port and firewall.' },
  }),
  ERR_CONNECTION_LOST_AFTER_SEND: e({
    disposition: 'ambiguous',
    http: 504,
    en: 'the connection was lost after the message had left',
    fr: "la connexion a été perdue après l'envoi du message",
    fix: { fr: 'Vérifier chez le destinataire, puis renvoyer ou confirmer.', en: 'Check at the receiver, then resend or confirm.' },
  }),
  ERR_ACK_TIMEOUT: e({
    disposition: 'ambiguous',
    http: 504,
    en: 'no acknowledgement came in time',
    fr: "aucun accusé n'est arrivé à temps",
    fix: { fr: 'Vérifier chez le destinataire, puis renvoyer ou confirmer.', en: 'Check at the receiver, then resend or confirm.' },
  }),
  ERR_ACK_UNREADABLE: e({
    disposition: 'ambiguous',
    http: 502,
    en: 'the acknowledgement cannot be read or answers another message',
    fr: "l'accusé est illisible ou répond à un autre message",
    fix: { fr: 'Vérifier chez le destinataire, puis renvoyer ou confirmer.', en: 'Check at the receiver, then resend or confirm.' },
  }),
  ERR_ACK_REFUSED: e({
    disposition: 'permanent',
    http: 502,
    en: 'the counterparty refused the message',
    fr: 'le partenaire a refusé le message',
    fix: { fr: 'Lire le motif, corriger, puis rejouer ou écarter.', en: 'Read the reason, correct, then replay or discard.' },
  }),
  ERR_ACK_LATER: e({
    disposition: 'transient',
    http: 503,
    en: 'the counterparty asks to send again later',
    fr: 'le partenaire demande de renvoyer plus tard',
    fix: { fr: 'Aucune action : nouvel essai automatique.', en: 'Nothing to do: it is tried again.' },
  }),
  ERR_INTERRUPTED: e({
    disposition: 'ambiguous',
    http: 504,
    en: 'the engine stopped while the message was on the wire',
    fr: "le moteur s'est arrêté pendant l'envoi du message",
    fix: { fr: 'Vérifier chez le destinataire, puis renvoyer ou confirmer.', en: 'Check at the receiver, then resend or confirm.' },
  }),
  ERR_CERT_UNTRUSTED: e({
    disposition: 'security',
    http: 403,
    en: 'the certificate of the counterparty is not trusted',
    fr: "le certificat du partenaire n'est pas reconnu",
    fix: { fr: "Ajouter l'autorité de certification du partenaire.", en: "Add the counterparty's certificate authority." },
  }),
  ERR_HTTP_STATUS: e({
    disposition: 'permanent',
    http: 502,
    en: 'the counterparty answered an unexpected HTTP status',
    fr: 'le partenaire a répondu un statut HTTP inattendu',
    fix: { fr: "Vérifier l'adresse et la version de l'interface.", en: 'Check the address and the interface version.' },
  }),
  ERR_HTTP_BODY_TOO_LARGE: e({
    disposition: 'protocol',
    ack: 'AR',
    hl7: 207,
    http: 413,
    en: 'the request body is larger than this endpoint takes',
    fr: 'le corps de la requête dépasse la taille admise',
    fix: { fr: 'Relever maxFrameBytes du point d’accès.', en: 'Raise maxFrameBytes of the endpoint.' },
  }),
  ERR_HTTP_BODY_CUT: e({
    disposition: 'protocol',
    http: 400,
    en: 'the connection ended inside the request body',
    fr: "la connexion s'est fermée au milieu du corps de la requête",
    fix: {
      fr: "L'émetteur doit renvoyer le message : rien n'a été pris en charge.",
      en: 'The sender has to send again: nothing was taken in charge.',
    },
  }),
  ERR_HTTP_UNAUTHENTICATED: e({
    disposition: 'security',
    http: 401,
    en: 'the request is not authenticated',
    fr: "la requête n'est pas authentifiée",
    fix: { fr: 'Présenter le jeton ou le certificat attendu.', en: 'Present the expected token or certificate.' },
  }),

  // --- journal, lanes, hosts --------------------------------------------------------------------------------------
  ERR_JOURNAL_UNAVAILABLE: e({
    disposition: 'transient',
    ack: 'AR',
    hl7: 207,
    http: 503,
    en: 'the journal cannot store the message now',
    fr: 'le journal ne peut pas enregistrer le message',
    fix: { fr: "Renvoyer plus tard ; l'exploitant vérifie disque et base.", en: 'Send again later; operations checks disk and database.' },
  }),
  ERR_JOURNAL_LOCKED: e({
    disposition: 'configuration',
    http: 409,
    en: 'another engine uses this journal',
    fr: 'un autre moteur utilise ce journal',
    fix: { fr: "Arrêter l'autre moteur, ou donner un autre dossier de données.", en: 'Stop the other engine, or give another data directory.' },
  }),
  ERR_JOURNAL_VERSION: e({
    disposition: 'configuration',
    http: 409,
    en: 'the journal was written by a newer engine',
    fr: 'le journal a été écrit par un moteur plus récent',
    fix: { fr: 'Reprendre la version du moteur qui a écrit ce journal.', en: 'Use the engine version that wrote this journal.' },
  }),
  ERR_BACKPRESSURE: e({
    disposition: 'transient',
    ack: 'AR',
    hl7: 207,
    http: 503,
    en: 'the engine is saturated',
    fr: 'le moteur est saturé',
    fix: { fr: 'Renvoyer plus tard.', en: 'Send again later.' },
  }),
  ERR_HOST_UNAVAILABLE: e({
    disposition: 'transient',
    http: 503,
    en: 'the connector does not answer',
    fr: 'le connecteur ne répond pas',
    fix: {
      fr: 'Aucune action : le message est enregistré et sera traduit au retour du connecteur.',
      en: 'Nothing to do: the message is stored and is translated when the connector is back.',
    },
  }),
  ERR_CONNECTOR_FAILED: e({
    disposition: 'defect',
    http: 500,
    en: 'the connector failed on this message',
    fr: 'le connecteur a échoué sur ce message',
    fix: {
      fr: 'Transmettre le message au mainteneur du connecteur, puis rejouer.',
      en: "Give the message to the connector's maintainer, then replay.",
    },
  }),
  ERR_EVENT_SCHEMA: e({
    disposition: 'defect',
    http: 500,
    en: 'the connector made an event that breaks its schema',
    fr: 'le connecteur a produit un événement non conforme à son schéma',
    fix: {
      fr: 'Transmettre le message au mainteneur du connecteur, puis rejouer.',
      en: "Give the message to the connector's maintainer, then replay.",
    },
  }),
  ERR_ENCODE_UNSUPPORTED: e({
    disposition: 'permanent',
    http: 422,
    en: 'the connector cannot write this event for this destination',
    fr: 'le connecteur ne sait pas écrire cet événement pour ce destinataire',
    fix: { fr: "Retirer ce type d'événement du point d'accès.", en: 'Take this event type out of the endpoint.' },
  }),
  ERR_INVARIANT: e({
    disposition: 'defect',
    ack: 'AE',
    hl7: 207,
    http: 500,
    en: 'an internal rule was broken',
    fr: 'une règle interne a été violée',
    fix: { fr: "Signaler l'incident avec l'identifiant du message.", en: 'Report it with the message id.' },
  }),

  // --- decisions of people ----------------------------------------------------------------------------------------
  ERR_NOT_FOUND: e({
    disposition: 'configuration',
    http: 404,
    en: 'nothing has this name or id',
    fr: 'rien ne porte ce nom ou cet identifiant',
    fix: { fr: "Vérifier l'identifiant.", en: 'Check the id.' },
  }),
  ERR_TRANSITION: e({
    disposition: 'configuration',
    http: 409,
    en: 'this action does not apply in this state',
    fr: "cette action ne s'applique pas dans cet état",
    fix: { fr: "Relire l'état du message.", en: 'Look at the state of the message again.' },
  }),
  ERR_REPLAY_STALE: e({
    disposition: 'configuration',
    http: 409,
    en: 'newer deliveries of this patient or document exist',
    fr: 'des remises plus récentes existent pour ce patient ou ce document',
    fix: { fr: 'Rejouer avec un motif (--why) si c’est voulu.', en: 'Replay with a reason (--why) if it is meant.' },
  }),
  ERR_REASON_MISSING: e({
    disposition: 'configuration',
    http: 400,
    en: 'this action needs a reason',
    fr: 'cette action demande un motif',
    fix: { fr: 'Donner un motif.', en: 'Give a reason.' },
  }),
  ERR_TOKEN_INVALID: e({
    disposition: 'security',
    http: 401,
    en: 'the token is missing, unknown or expired',
    fr: 'le jeton est absent, inconnu ou expiré',
    fix: { fr: 'Présenter un jeton valide (Authorization: Bearer).', en: 'Present a valid token (Authorization: Bearer).' },
  }),
  ERR_REQUEST_INVALID: e({
    disposition: 'configuration',
    http: 400,
    en: 'the request is not valid',
    fr: "la requête n'est pas valide",
    fix: { fr: 'Corriger le paramètre indiqué.', en: 'Correct the parameter that is named.' },
  }),

  // --- settings, registry, command line ---------------------------------------------------------------------------
  ERR_CONFIG_UNREADABLE: e({
    disposition: 'configuration',
    http: 422,
    en: 'the settings file cannot be read',
    fr: 'le fichier de paramétrage est illisible',
    fix: { fr: 'Corriger la syntaxe YAML à la ligne indiquée.', en: 'Correct the YAML at the line that is named.' },
  }),
  ERR_CONFIG_INVALID: e({
    disposition: 'configuration',
    http: 422,
    en: 'a setting is not valid',
    fr: 'un paramètre est invalide',
    fix: { fr: 'Corriger le paramètre indiqué.', en: 'Correct the setting that is named.' },
  }),
  ERR_CONFIG_UNKNOWN_FIELD: e({
    disposition: 'configuration',
    http: 422,
    en: 'this setting does not exist',
    fr: "ce paramètre n'existe pas",
    fix: { fr: 'Retirer ce paramètre ou corriger son nom.', en: 'Remove the setting or correct its name.' },
  }),
  ERR_CONFIG_DUPLICATE: e({
    disposition: 'configuration',
    http: 422,
    en: 'this name or address is used twice',
    fr: 'ce nom ou cette adresse est utilisé deux fois',
    fix: { fr: 'Donner un nom et une adresse uniques.', en: 'Give a unique name and address.' },
  }),
  ERR_CONFIG_UNSAFE: e({
    disposition: 'configuration',
    http: 422,
    en: 'this setting is not safe',
    fr: "ce paramètre n'est pas sûr",
    fix: { fr: 'Exiger un certificat client ou une liste d’adresses autorisées.', en: 'Require client certificates or an allow-list of peers.' },
  }),
  ERR_CONNECTOR_UNKNOWN: e({
    disposition: 'configuration',
    http: 422,
    en: 'no such connector or version',
    fr: 'connecteur ou version inconnus',
    fix: { fr: 'Voir « passerelle connectors ».', en: 'See "passerelle connectors".' },
  }),
  ERR_MANIFEST_INVALID: e({
    disposition: 'configuration',
    http: 422,
    en: 'the manifest is not valid',
    fr: 'le manifeste est invalide',
    fix: { fr: 'Corriger le manifeste.', en: 'Correct the manifest.' },
  }),
  ERR_PORT_TAKEN: e({
    disposition: 'configuration',
    http: 409,
    en: 'the port is already in use',
    fr: 'le port est déjà utilisé',
    fix: { fr: 'Choisir un autre port ou arrêter l’autre programme.', en: 'Choose another port or stop the other program.' },
  }),
  ERR_SECRET_MISSING: e({
    disposition: 'configuration',
    http: 422,
    en: 'a secret that the settings refer to is missing',
    fr: 'un secret cité par le paramétrage est absent',
    fix: { fr: 'Créer le fichier ou la variable citée.', en: 'Create the file or variable that is named.' },
  }),
  ERR_ENGINE_UNREACHABLE: e({
    disposition: 'configuration',
    http: 503,
    en: 'no engine answers for this data directory',
    fr: 'aucun moteur ne répond pour ce dossier de données',
    fix: {
      fr: 'Démarrer le moteur (passerelle start), ou donner --data ou --url.',
      en: 'Start the engine (passerelle start), or give --data or --url.',
    },
  }),
  ERR_MESH_UNREACHABLE: e({
    disposition: 'transient',
    http: 503,
    en: 'the message bus cannot be reached',
    fr: 'le bus de messages est injoignable',
    fix: { fr: "Vérifier l'adresse et les droits NATS.", en: 'Check the NATS address and credentials.' },
  }),
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof CATALOGUE;
