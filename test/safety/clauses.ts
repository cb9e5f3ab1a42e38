/**
 * What the safety rules A and B say, clause by clause, and the tests that fail when a clause is broken: the beginning of a title, or the folder of a
 * connector's case. `node dist/test/safety/table.js` prints it with every test that names a rule.
 */
export interface Clause {
  readonly says: string;
  readonly tests: readonly string[];
  /** What of it waits for a part of the product that is not there. */
  readonly open?: string;
}

const c = (says: string, ...tests: readonly string[]): Clause => ({ says, tests });

export const CLAUSES: Readonly<Record<string, readonly Clause[]>> = {
  A1: [
    c('one identity for each domain and number', 'A1: keeps one identity for each number of a domain'),
    c('a domain may be that of several sites', 'A1: two sites of one domain tell of one identity'),
    c('lanes know a patient by the same pair', 'A1: lanes know a patient by the pair of domain and number'),
  ],
  A2: [
    c('the state of a sender is a fold, whatever the order of arrival', 'A2: any order of the same events gives the same person'),
    c('sorted by PID-33, then EVN-2, then the control id', 'A2: PID-33 counts before EVN-2, then the control id by its number'),
    c(
      'a late older event is stale and changes nothing',
      'A2: a late older event that changes nothing is stale',
      'A2: a late older event adds what nobody said since',
    ),
    c(
      'across senders attribute by attribute by priority, clocks never compared',
      'A2: attribute by attribute the most trusted sender counts, whatever its clock',
    ),
    c('equal priority and strict traits that differ are a conflict', 'A2: senders trusted alike that differ on a strict trait are for a person'),
    c('time zone and summer time are settings', 'A2: times of a site without offset are of its time zone', 'A2: in the hour that autumn repeats'),
  ],
  A3: [
    c('absence of INS or PROV from who is no INS authority withdraws nothing', 'A3: absence of an INS, or PROV, from who is not INS authority'),
    c('a changed strict trait downgrades', 'A3: a changed strict trait downgrades and takes number and OID away'),
    c('empty is unchanged, and erases no strict trait', 'A3: empty means unchanged'),
  ],
  A4: [
    c(
      'a received INS is a claim until a trust contract says otherwise',
      'A4: a late INS qualifies; it is its sender’s claim unless a contract is recorded',
    ),
    c(
      'INS and traits are compared with what is on file: a mismatch updates and files nothing',
      'A4: another INS, or the same with other traits, changes nothing',
      'A4: a document that contradicts the person on file is filed nowhere',
    ),
    c(
      'each of six marks of PID-32 blocks filing',
      'A4: the mark ${mark} beside the status of PID-32',
      'A4: marks of PID-32 hold documents until they are gone',
    ),
    c('no number is refused for what its digits say', 'A4: a number whose digits disagree with sex, month and birth place is taken'),
    c('number and OID leave only when qualified', 'A4: number and OID of what is not qualified go nowhere'),
    c('neither a social security number nor a telephone is a key', 'A4: neither a telephone nor a social security number is a key'),
  ],
  A5: [
    c('MSH-11 of another environment: AR 202', 'A5 refuses the other environment: AR 202 for the message'),
    c(
      'an INS authority of the other environment: AE, never accepted',
      'AE for the INS',
      'A5: refuses a test or demonstration authority in production, and the reverse',
    ),
  ],
  A6: [
    c(
      'a merge relinks numbers of its domain',
      'A6: relink the absorbed number and leave what is known of both',
      'A6: a merge relinks the numbers of its domain, and not those of another',
    ),
    c(
      'reversibly, with who and why',
      'A6: a merge that is undone restores exactly what was there',
      'A6: a merge is told and relinks, its undo gives the number back',
    ),
    c('two INS are a conflict and a task', 'A6: two INS are never merged by themselves'),
    c('two records are a conflict: the record refuses the merge', 'connectors/k-process/fixtures/acknowledge/reply-identity-conflict'),
    c('chains and circles are seen', 'A6: follow chains to their end', 'A6: a circle is quarantined and cannot be accepted'),
  ],
  A7: [
    c(
      'the IPP is that of a configured authority, never of a place or type',
      'A7: the IPP is that of the configured authority',
      'A7: of two configured authorities the first of the settings counts',
    ),
    c('nothing matched is no IPP', 'A7: where nothing matches there is no IPP'),
  ],
  A8: [
    c(
      'envelope and document name the same patient by number and OID, or IPP, and traits',
      'A8: number and OID, or the IPP with its authority, and every trait',
    ),
    c('else AE with 904', 'A8: the answer is AE with ERR-5 904'),
    c('a copy is kept', 'A8: refuses a document that names another patient inside, and keeps a copy'),
    c('the site is alerted', 'A8 ALERT_PATIENT_MISMATCH'),
    c(
      'no document is attached to a patient that both do not name',
      'A8, B6: what leaves names the patient of its message',
      'A8: no document moves to another patient',
    ),
  ],
  B1: [
    c('model, then the map of the site, then the title of a PPAC, then the national code', 'B1: first the model, then the map of the site'),
    c('18776-5 by itself waits to be typed', 'B1: 18776-5 alone waits to be typed', 'B1: a document nobody can type waits in a list'),
    c('OTHER is explicit', 'B1: OTHER is a line of the map'),
    c('a PPAC leaves with an agreed code only', 'B1: a PPAC leaves with the code that was agreed'),
    c('check refuses the absence of that code', 'B1: refuses that a code which has to be agreed with the receiver is absent'),
  ],
  B2: [
    c('a duplicate is the same id and the same content', 'B2: the same document again, by another message, is kept'),
    c('or set and version', 'B2: another id of the same set and version is a copy with the same content'),
    c('the same key with another content is quarantined, never dropped', 'B2: the same id with other content waits as a version conflict'),
    c(
      'without id the key is site, sender and number',
      'B2: without an id the key is the number of its source at that site',
      'B2: nor with another application of the same site',
      'B2, B10: the number of a document is one of its site',
    ),
  ],
  B3: [
    c(
      'a replacement of an unknown original is delivered at once, with a warning; the late original is kept and not delivered',
      'B3: a replacement whose original is unknown is delivered at once',
      'B3: a replacement before its original; the late original goes nowhere',
    ),
  ],
  B4: [
    c(
      'deletion only by the organisation of the author; else refused',
      'B4: by another organisation it is refused with 901',
      'B4: by the establishment it came from, it is passed on',
      'B4: a deletion by the receiver is one of the document',
    ),
  ],
  B5: [
    c('what comes back is recognised by its id', 'B5: what came from the record and comes back by its id'),
    c('by its set', 'B5: by its set and version too'),
    c(
      'by its content, in any wrapping',
      'B5: the same bytes under a number of the establishment they were sent to',
      'B5: an N1 under the id that we gave it',
      'B5: an N1 around a PDF, under the id of that PDF',
    ),
    c('and goes no further, in both directions', 'B5: what the record sent and the hospital sends back', 'B5: the other way round'),
    c('never between two patients', 'A8, B5: the same bytes about another patient are no echo'),
  ],
  B6: [
    c(
      'a document goes where it is named to go, not where an IPP exists',
      'B6: a document of the record goes to those that it names',
      'B6: nothing leaves towards an establishment that the message does not name',
    ),
    c(
      'a patient unknown there is held, and looked at again at each identity',
      'B6: a document of a patient unknown there is held',
      'B6: what is held as unknown there',
      'B3, B6: what makes a patient known there is not held back',
      'B6: the identity that makes a patient known there passes',
    ),
    c('we make no record in a hospital', 'B6: the record makes no identity and no stay at an establishment'),
    c(
      'opposition is asked before every leg',
      'B6: opposition, and a mask that a copy brought, said while it waited',
      'B6: opposition said once holds for later documents',
    ),
  ],
  B7: [
    c(
      'an absent flag is unknown: accepted with flag-missing, the ways to the DMP and the patient held',
      'B7: whichever mask is absent, the document is accepted with flag-missing',
      'B7 a missing one is unknown, never N',
    ),
    c(
      'opposition, R or V and INVISIBLE_PATIENT override',
      'B7 in every mode: hidden from professionals, from the patient, opposed',
      'B7: confidentiality R or V and INVISIBLE_PATIENT close the ways',
    ),
    c('a second copy may make a flag known', 'B7: a second copy makes unknown flags known'),
    c('of copies that contradict the more restrictive counts, with a warning', 'B7: copies that contradict each other'),
  ],
  B8: [
    c(
      'relayed, delivered and filed are different facts',
      'B8: each answer is one fact of one delivery and recipient',
      'B8 say no more than is known',
    ),
    {
      says: 'a receipt says processed only when it is filed',
      tests: ['B8 whose code and event are of two facts are refused'],
      open: 'nothing here sends receipts of mail (MDN) yet: the transport of secure mail is not built',
    },
  ],
  B9: [
    c(
      'a received document that fails the schema is accepted with a warning',
      'B9: a CDA that breaks the schema is delivered',
      'B9: where a site asks for it before, a schema that fails is a warning',
    ),
    c('checks run after delivery unless a site asks for them before', 'B9: one that came is checked once it is delivered, not before'),
    c(
      'what we write passes the schema and fails no rule of its own',
      'B9: a CDA that we write does not leave when the schema refuses it',
      'B9: ${title} passes the schema and the rules of its model',
    ),
  ],
  B10: [
    c('models are versioned data', 'B1, B10: follows the model OID, whatever version'),
    c(
      'several live at once, chosen for each recipient',
      'B10: an FRCP of a version that the recipient does not take is written anew',
      'B10: one of a version that it takes leaves as it came',
    ),
  ],
};

/** Rules that a title names; sections of specs FACTS (`FACTS A4`) are none. */
export const rulesIn = (title: string): readonly string[] => [
  ...new Set([...title.replaceAll(/FACTS [A-H]\d*/g, '').matchAll(/\b(A[1-8]|B10|B[1-9])\b(?=[ :,]|$)/g)].map(([rule]) => rule)),
];
