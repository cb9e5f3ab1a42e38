/** ORU and MDM messages to document events (HL7v2-CDA guide; local ORU of care software). */
import { PasserelleError, type CdaHeader, type CdaId, type DraftEvent, type EnvelopePart, type IndexTerm } from '../../core/contract/index.ts';
import { NATIONAL_TIME_ZONE, type DocumentData, type Visit } from '../../core/model/index.ts';
import { happenedAt, messageFacts, type Decoded } from './adt.ts';
import { isOpposed, readConsent, type ConsentData } from './consent.ts';
import { destinationsFor, type MatrixMode } from './destinations.ts';
import { readAction } from './document-action.ts';
import { readContent, type ContentReading } from './document-content.ts';
import { readGroups, type Content, type Group } from './document-groups.ts';
import { isOneDocument } from './document-pair.ts';
import { readCodes, routeType } from './document-type.ts';
import { MAIL_BODY_PATIENT, MAIL_BODY_PRO, patientMayReply, readFlags } from './flags.ts';
import { onlyPid, readPatient, warnIncomplete, type PatientReading } from './patient.ts';
import { cdaAuthorRpps, destinationsOf, readCustodian, readParticipants } from './participants.ts';
import { pickProfessional } from './professionals.ts';
import { at, timeAt, warn, type Reading } from './reading.ts';
import { checkSamePatient } from './same-patient.ts';
import { clean, said, toIsoTime } from './values.ts';
import { readVisit } from './visit.ts';
import { visibilityOf } from './visibility.ts';

interface Shared {
  readonly patient: PatientReading;
  readonly visit?: Visit;
  readonly consent?: ConsentData;
  readonly event: string;
  readonly parts: readonly EnvelopePart[];
}

/** `event`: T02, T10, T04, T11 of MDM, R01 of ORU. */
export function decodeDocuments(reading: Reading, event: string, parts: readonly EnvelopePart[]): Decoded {
  const patient = readPatient(reading, onlyPid(reading));
  warnIncomplete(reading, patient.patient);
  const visit = readVisit(reading);
  const consent = readConsent(reading);
  const shared: Shared = { patient, event, parts, ...(visit && { visit }), ...(consent && { consent }) };
  const groups = readGroups(reading, parts);
  const sets = groups.flatMap((group) =>
    contentsOf(group).map((contents) => documentsAmong(reading, contents).map((own): Found => ({ group, contents: own }))),
  );
  const found = sets.flat();
  const itemOf = (one: Found): SourceItem => sourceItemOf(reading, found, found.indexOf(one));
  const made = sets.flatMap((set) => documentEvents(reading, shared, set, itemOf));
  const isPlainDeletion = made.length === 0 && (event === 'T11' || event === 'T04');
  if (isPlainDeletion) made.push(...documentEvents(reading, shared, [{ group: groups[0] ?? NO_GROUP, contents: [] }], () => ({})));
  if (made.length === 0)
    throw new PasserelleError('ERR_DOCUMENT_MISSING', { location: { hl7: 'OBX-5' }, expected: 'a document in an OBX', found: 'none' });
  if (event !== 'R01' && (made.length > 1 || reading.message.all('TXA').length > 1))
    throw new PasserelleError('ERR_HL7_FIELD_INVALID', {
      location: { hl7: 'OBX' },
      expected: 'one document in an MDM',
      found: `${Math.max(made.length, reading.message.all('TXA').length)}`,
    });
  return { events: made.map((one) => one.event), terms: [...patient.terms, ...made.flatMap((one) => one.terms)] };
}

const NO_GROUP: Group = { contents: [], metadata: [], participants: [] };

interface Found {
  readonly group: Group;
  /** One, or the lines of one text. */
  readonly contents: readonly Content[];
}

/** What is of one clinical content: the pair N1 + N3, an embedded copy beside a CDA, the lines of one text, or one alone. Those of another code are another. */
function contentsOf(group: Group): readonly (readonly Content[])[] {
  const texts = group.contents.filter((one) => one.kind === 'text');
  const others = group.contents.filter((one) => one.kind !== 'text');
  const byCode = Map.groupBy(others, ({ obx }) => clean(obx.get('3.1')));
  return [...[...byCode.values()].flatMap(ofOneCode), ...(texts.length > 0 ? [texts] : [])];
}

function ofOneCode(contents: readonly Content[]): readonly (readonly Content[])[] {
  const headers = contents.flatMap((one) => one.part?.read?.cda ?? []);
  // Two of one level are no two forms of one content, nor are two that say another code themselves.
  const codes = new Set(headers.flatMap(({ code }) => code?.code ?? []));
  const isOneOfEach = headers.length > 0 && new Set(headers.map(({ level }) => level)).size === headers.length && codes.size <= 1;
  const isOne = isOneOfEach && headers.every((header) => isOneDocument(headers[0]!, header));
  return isOne ? [contents] : contents.map((one) => [one]);
}

/** The documents of one clinical content, each by itself in the order of the message (decision 0038). The bytes that an N1 wraps are there already. */
function documentsAmong(reading: Reading, contents: readonly Content[]): readonly (readonly Content[])[] {
  if (contents[0]?.kind === 'text') return [contents];
  const wrapped = new Set(contents.flatMap(({ part }) => part?.read?.cda?.body?.sha256 ?? []));
  return contents.flatMap((one) => {
    const isCopy = one.part !== undefined && !one.part.read?.cda && wrapped.has(one.part.sha256);
    if (isCopy) warn(reading, 'embedded-copy', undefined, one.part.at);
    return isCopy ? [] : [[one]];
  });
}

/**
 * Several documents of one order number: what tells this one from the others, the same each time they are sent. The other number of the order, OBX-4, OBX-3;
 * their place when nothing else does.
 */
function sourceItemOf(reading: Reading, found: readonly Found[], index: number): SourceItem {
  const number = (one: Found): string => orderNumberOf(reading, one.group);
  const same = found.filter((one) => number(one) === number(found[index]!));
  if (same.length < 2 || number(found[index]!) === '') return {};
  const obx = ({ contents }: Found, field: string): string => clean(contents[0]?.obx.get(field) ?? '');
  const otherNumber = ({ group }: Found): string => orderOf(group, 5 - orderFieldOf(reading));
  for (const name of [otherNumber, (one: Found) => obx(one, '4'), (one: Found) => obx(one, '3.1')]) {
    const names = same.map(name);
    if (names.every((each) => each !== '') && new Set(names).size === names.length) return { sourceItem: name(found[index]!) };
  }
  return { sourceItem: String(same.indexOf(found[index]!) + 1), sourcePlaces: same.length };
}

type SourceItem = Pick<DocumentData, 'sourceItem' | 'sourcePlaces'>;

const orderFieldOf = ({ dialect }: Reading): number => (dialect.orderNumber === 'placer' ? 2 : 3);
const orderOf = ({ orc, obr }: Group, field: number): string => clean(orc?.get(`${field}.1`) ?? '') || clean(obr?.get(`${field}.1`) ?? '');
const orderNumberOf = (reading: Reading, group: Group): string => orderOf(group, orderFieldOf(reading)) || orderOf(group, 5 - orderFieldOf(reading));

interface Made {
  readonly event: DraftEvent;
  readonly terms: readonly IndexTerm[];
}

/** Of one clinical content; what one of them says of the patient or of secrecy is asked of both, and said of both. */
function documentEvents(reading: Reading, shared: Shared, set: readonly Found[], itemOf: (one: Found) => SourceItem): readonly Made[] {
  const [{ group } = { group: NO_GROUP }] = set;
  const actionOf = (own: readonly Content[]): ReturnType<typeof readAction> =>
    readAction(
      reading,
      shared.event,
      group,
      set.flatMap(({ contents }) => contents),
      own,
    );
  const isDeletion = actionOf([]).action === 'delete';
  const read = set.flatMap((one): ReadDocument[] => {
    const [content] = one.contents;
    if (!content) return [];
    return isDeletion ? deletedContent(reading, one, content) : [{ ...one, read: readContent(reading, content, one.contents) }];
  });
  for (const one of read) if (one.read.cda) checkSamePatient(reading, shared.patient, one.read.cda.patient, one.contents[0]?.part?.at ?? 'OBX-5.5');
  // N3 says more than N1; otherwise the first one leads.
  const lead = read.find((one) => one.read.facts.level === 'N3') ?? read[0];
  const confidentiality = strictestOf(
    reading,
    read.map((one) => one.read.cda?.confidentiality),
  );
  const documents: readonly (Found & Partial<ReadDocument>)[] = read.length > 0 ? read : set;
  return documents.map((one) =>
    documentEvent(reading, shared, one, {
      lead: lead?.read.cda,
      others: read.filter((other) => other !== one),
      confidentiality,
      action: actionOf(one.contents),
      item: itemOf(set.find(({ contents }) => contents === one.contents)!),
    }),
  );
}

type ReadDocument = Found & { readonly read: ContentReading };

interface Together {
  /** Header of the one that says most. */
  readonly lead: CdaHeader | undefined;
  readonly others: readonly ReadDocument[];
  readonly confidentiality: string | undefined;
  readonly action: ReturnType<typeof readAction>;
  readonly item: SourceItem;
}

function documentEvent(
  reading: Reading,
  shared: Shared,
  { group, contents, read }: Found & Partial<ReadDocument>,
  { lead, others, confidentiality, action, item }: Together,
): Made {
  const cda = read?.cda;
  for (const { code, detail } of cda?.warnings ?? []) warn(reading, code, detail, contents[0]?.part?.at);
  const participants = readParticipants(reading, group.participants, shared.patient.patient.ins);
  const ids = readIds(reading, cda, action.action);
  const document: DocumentData = {
    ...routeType(reading, codesOf(reading, group, contents[0]), lead, action.action === 'delete', cda),
    ...read?.facts,
    ...ids,
    ...item,
    ...action,
    ...readFacts(reading, group, cda, confidentiality),
    // What the CDA codec read of a structured body, in canonical form already.
    ...(cda?.content as Pick<DocumentData, 'rcp' | 'pps' | 'conclusions' | 'unread'> | undefined),
    ...(participants.length > 0 && { participants: [...participants] }),
    ...companionsOf(others.map((one) => one.read)),
    ...mailOf(reading, group, shared.parts),
  };
  return assemble(reading, shared, group, document, { cda, parts: usedParts(document), destinations: destinationsOf(participants) });
}

/**
 * A deletion names its document; it need not carry it again, and what is wrong with the copy that it carries keeps no document visible. Unless
 * that copy alone would have said which one it is.
 */
function deletedContent(reading: Reading, one: Found, content: Content): ReadDocument[] {
  try {
    return [{ ...one, read: readContent(reading, content, one.contents, true) }];
  } catch (thrown) {
    const { code, entry } = PasserelleError.from(thrown);
    const isEmpty = code === 'ERR_DOCUMENT_MISSING';
    if (entry.disposition === 'defect' || (!isEmpty && !entityId(reading, 12))) throw thrown;
    if (!isEmpty) warn(reading, 'deleted-content-unreadable', undefined, `OBX[${content.obx.occurrence}]-5`);
    return [];
  }
}

/** The most precise first: OBX-3, OBR-4, then TXA-2, which names no system. Of several documents of one order OBR-4 names none by itself. */
function codesOf({ message }: Reading, group: Group, content: Content | undefined): ReturnType<typeof readCodes> {
  const own = readCodes(content?.obx, 3);
  const isShared = new Set(contentsOf(group).map(([one]) => clean(one!.obx.get('3.1')))).size > 1;
  const codes = isShared && own.length > 0 ? own : [...own, ...readCodes(group.obr, 4)];
  return codes.length > 0 ? codes : readCodes(message.first('TXA'), 2);
}

type Ids = Pick<DocumentData, 'id' | 'idExtension' | 'setId' | 'setIdExtension' | 'version' | 'replaces' | 'replacesExtension'>;

/** The CDA's own id, else TXA-12: `extension^^root^ISO`, or the root alone (specs FACTS A2; C for what is met). */
function readIds(reading: Reading, cda: CdaHeader | undefined, action: DocumentData['action']): Ids {
  const sent = entityId(reading, 12);
  const id = cda?.id ?? sent;
  if (cda?.id && sent && !sameId(cda.id, sent)) warn(reading, 'document-id-mismatch', undefined, 'TXA-12');
  if (!cda?.id && sent && !/^[\d.]+$/.test(sent.root)) warn(reading, 'document-id-not-oid', undefined, 'TXA-12');
  const parent = entityId(reading, 13);
  if (action === 'replace' && cda && !cda.replaces) warn(reading, 'replace-without-related-document');
  if (action === 'replace' && !cda?.replaces && !parent) warn(reading, 'replaced-document-unknown', undefined, 'TXA-13');
  if (cda?.replaces && parent && !sameId(cda.replaces, parent)) warn(reading, 'replaced-document-mismatch', undefined, 'TXA-13');
  if (action === 'new' && (cda?.replaces ?? parent)) warn(reading, 'replacement-not-announced', undefined, 'TXA-13');
  const replaces = cda?.replaces ?? parent;
  if (action === 'replace' && id && replaces && sameId(id, replaces))
    throw new PasserelleError('ERR_DOCUMENT_VERSION', {
      location: { hl7: 'TXA-13' },
      expected: 'another document than the new one',
      found: 'a document that replaces itself',
    });
  return said({
    id: id?.root,
    idExtension: id?.extension,
    setId: cda?.setId?.root,
    setIdExtension: cda?.setId?.extension,
    version: cda?.version,
    replaces: replaces?.root,
    replacesExtension: replaces?.extension,
  });
}

const sameId = (one: CdaId, other: CdaId): boolean => one.root === other.root && (one.extension ?? '') === (other.extension ?? '');

/** A key of the engine: documents of one root that differ by extension are different documents. */
const idKey = (root: string | undefined, extension: string | undefined): string | undefined =>
  root !== undefined && extension !== undefined ? `${extension}^^${root}` : root;

function entityId(reading: Reading, field: number): CdaId | undefined {
  const [first, root] = [at(reading, `TXA-${field}.1`), at(reading, `TXA-${field}.3`)];
  if (root && root !== 'ISO') return { root, ...(first && { extension: first }) };
  return first ? { root: first } : undefined;
}

function readFacts(reading: Reading, group: Group, cda: CdaHeader | undefined, confidentiality: string | undefined): Partial<DocumentData> {
  const obr = group.obr ? `OBR[${group.obr.occurrence}]` : undefined;
  const cdaTime = (value: string | undefined): string | undefined => (value === undefined ? undefined : toIsoTime(value));
  const date = (obr && timeAt(reading, `${obr}-7.1`)) ?? cdaTime(cda?.serviceStart) ?? cdaTime(cda?.effectiveTime) ?? timeAt(reading, 'TXA-4.1');
  const custodian = readCustodian(cda);
  return {
    ...said({
      sourceId: orderNumberOf(reading, group),
      title: cda?.title?.slice(0, 250),
      date,
      createdAt: cdaTime(cda?.effectiveTime) ?? timeAt(reading, 'TXA-6.1'),
      confidentiality,
      language: cda?.language,
    }),
    ...(custodian && { custodian }),
  };
}

/**
 * What the contents say of themselves. Two copies that differ: the more restrictive counts (SAFETY B7). TXA-18 (table 0272: V, R, U) may only
 * restrict further.
 */
function strictestOf(reading: Reading, own: readonly (string | undefined)[]): string | undefined {
  const stated = own.filter((one) => one !== undefined);
  if (new Set(stated).size > 1) warn(reading, 'confidentiality-mismatch');
  const sent = at(reading, 'TXA-18').toUpperCase();
  return ['V', 'R'].find((one) => sent === one || stated.includes(one)) ?? stated[0];
}

function companionsOf(others: readonly ContentReading[]): Pick<DocumentData, 'companions'> {
  const companions = others.flatMap(({ cda, facts: { format } }) => (cda?.id ? [said({ ...idOf(cda.id), format })] : []));
  return companions.length > 0 ? { companions } : {};
}

const idOf = ({ root, extension }: CdaId): { id: string; idExtension?: string } => ({
  id: root,
  ...(extension !== undefined && { idExtension: extension }),
});

/** Bodies asked for by CORPSMAIL_*, or the mail that brought the document (its OBX-3 = Message-ID and subject). */
function mailOf(reading: Reading, group: Group, parts: readonly EnvelopePart[]): Partial<DocumentData> {
  const body = (code: string): DocumentData['mailBody'] => {
    const obx = group.metadata.find((one) => clean(one.get('3.1')).toUpperCase() === code);
    const part = obx && parts.find((one) => one.at.startsWith(`OBX[${obx.occurrence}]-5`));
    if (part?.damage) warn(reading, part.damage === 'padding' ? 'base64-padding' : 'mail-body-unreadable', undefined, part.at);
    return part && part.damage !== 'invalid' ? { part: part.part, bytes: part.bytes, mime: part.mime } : undefined;
  };
  const { mail } = group;
  const own = mail?.part && mail.part.damage !== 'invalid' ? { part: mail.part.part, bytes: mail.part.bytes, mime: mail.part.mime } : undefined;
  return said({
    mailMessageId: mail && clean(mail.obx.get('3.1')),
    mailSubject: mail && clean(mail.obx.get('3.2')),
    mailBody: own ?? body(MAIL_BODY_PRO),
    mailBodyPatient: body(MAIL_BODY_PATIENT),
  });
}

const usedParts = (document: DocumentData): readonly string[] =>
  [document.content, document.mailBody, document.mailBodyPatient].map((one) => one?.part).filter((part) => part !== undefined);

/** Wishes of the sender that a rule may overcome: said, so that nobody waits for a mail that never leaves. */
const LEGS = ['DESTDMP', 'DESTMSSANTEPS', 'DESTMSSANTEPAT'] as const;

/** The guide says which documents may be sent to whom; it keeps none from being withdrawn. */
const matrixMode = ({ settings }: Reading, { action }: DocumentData): MatrixMode =>
  settings.connector['mailMatrix'] === 'strict' && action !== 'delete' ? 'strict' : 'practical';

interface Around {
  readonly cda: CdaHeader | undefined;
  readonly parts: readonly string[];
  readonly destinations: readonly string[];
}

function assemble(reading: Reading, shared: Shared, group: Group, document: DocumentData, around: Around): Made {
  const { patient, keys } = shared.patient;
  const facts = { ...messageFacts(reading, shared.event), ...said({ recordedAt: recordedAt(reading, group) }) };
  const flags = readFlags(reading, group.metadata);
  const restrictions = { opposed: isOpposed(shared.consent), ...said({ confidentiality: document.confidentiality }) };
  const destinations = flags?.audience === 'platform' ? destinationsFor(flags.flags, restrictions, matrixMode(reading, document)) : undefined;
  const visibility = flags && visibilityOf(flags.flags, destinations, patientMayReply(reading));
  for (const code of LEGS) if (flags?.flags[code] && destinations?.legs[code] === false) warn(reading, 'leg-refused', code);
  // Another visibility is another version (specs FACTS A6).
  if (flags?.flags.MODIF_CONF_CODE && document.action === 'new') warn(reading, 'visibility-change-not-announced', undefined, 'ORC-1');
  if (destinations?.outside) warn(reading, 'mail-combination');
  // Nothing names it but the number its source gave it (SAFETY B2).
  const id =
    idKey(document.id, document.idExtension) ??
    (document.sourceId && `${facts.originApplication ?? ''}/${[document.sourceId, document.sourceItem].filter(Boolean).join('#')}`);
  const isDeletion = document.action === 'delete';
  const { timeZone: zone } = reading.settings;
  if (isDeletion && id === undefined)
    throw new PasserelleError('ERR_HL7_FIELD_MISSING', { location: { hl7: 'TXA-12' }, expected: 'the id of the document to delete', found: 'none' });
  const replaces = isDeletion ? undefined : idKey(document.replaces, document.replacesExtension);
  const named = said({ id, setId: idKey(document.setId, document.setIdExtension), version: document.version, replaces });
  return {
    event: {
      type: isDeletion ? 'dcc.document.deleted' : 'dcc.document.received',
      ...happenedAt(reading),
      keys,
      data: {
        patient,
        ...(shared.visit && { visit: shared.visit }),
        document,
        ...(visibility && { visibility }),
        ...(shared.consent && { consent: shared.consent }),
        ...said({ authorRpps: authorOf(reading, group, document, around.cda) }),
        ...facts,
        ...said({ timeZone: zone === NATIONAL_TIME_ZONE ? undefined : zone }),
      },
      document: named,
      ...(around.parts.length > 0 && { parts: around.parts }),
      ...(around.destinations.length > 0 && { destinations: around.destinations }),
    },
    terms: [document.id ?? document.sourceId, document.setId]
      .filter((value) => value !== undefined)
      .map((value) => ({ field: 'document' as const, value })),
  };
}

/** An ORU has no EVN: ORC-9 says when it was entered at its source. */
const recordedAt = (reading: Reading, { orc }: Group): string | undefined =>
  orc && !at(reading, 'EVN-2.1') ? timeAt(reading, `ORC[${orc.occurrence}]-9.1`) : undefined;

/** The author the document names, else TXA-9, OBR-32, OBR-16, TXA-22, else who sends it. */
function authorOf(reading: Reading, group: Group, document: DocumentData, cda: CdaHeader | undefined): string | undefined {
  const txa = reading.message.first('TXA');
  const fields = [
    ['TXA-9', txa?.reps(9)],
    ['OBR-32', group.obr?.reps(32)],
    ['OBR-16', group.obr?.reps(16)],
    ['TXA-22', txa?.reps(22)],
  ] as const;
  const named = fields.map(([where, field]) => field && pickProfessional(reading, field, where)?.rpps).find(Boolean);
  return cdaAuthorRpps(reading, cda) ?? named ?? document.participants?.find((one) => one.role === 'sender')?.rpps;
}
