/** An archive or a mail as a person wants to know it: each document that it carries, and whether all of it tells of one patient, and the truth. */
import { createHash } from 'node:crypto';
import {
  explain,
  PasserelleError,
  sniffMime,
  type CarriedFile,
  type CdaHeader,
  type ContainerCodec,
  type ContainerReading,
  type ErrorCode,
  type ErrorData,
  type ExplainedError,
  type SaidOfDocument,
  type Warning,
} from '../contract/index.ts';
import { differsFromHeader, isInsOid, patientOfHeader, sharesNumber, type Patient } from '../model/index.ts';
import { readDocument, type ReadDocument, type Readers } from './read-document.ts';

/** `problems`: what should keep its documents from being filed; those of what it carries included. */
export interface ReadContainer extends Pick<ContainerReading, 'kind' | 'mail' | 'warnings'> {
  /** Of what nobody reads, only what it is. */
  readonly documents: readonly (Carried | (Carried & (ReadDocument | ReadContainer)))[];
  readonly problems: readonly ExplainedError[];
}

interface Carried {
  readonly name: string;
  /** By its own signature. */
  readonly mime: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly said?: SaidOfDocument;
}

interface FileReaders extends Readers {
  readonly containers: readonly ContainerCodec[];
}

/** An archive in a mail that is forwarded twice. */
const DEPTH_LIMIT = 4;

/** Any file that carries or is a document. Throws as `readDocument`, and ERR_ARCHIVE_UNREADABLE. */
export function readFile(bytes: Uint8Array, readers: FileReaders, envelope?: Patient): Promise<ReadDocument | ReadContainer> {
  const container = containerOf(bytes, readers);
  const seen: Seen = { envelope, named: envelope ? [described(envelope)] : [], cdas: [], wrapped: [] };
  return container ? readContainer(bytes, container, readers, seen, 1) : readDocument(bytes, readers, envelope);
}

/** What was read so far, over all that is within. */
interface Seen {
  /** Whom everything is to be about: that of the event given, else of the first CDA, else of the first datamatrix. */
  envelope: Patient | undefined;
  /** All who are named: by the event, headers, datamatrices and METADATA.XML. */
  readonly named: Described[];
  readonly cdas: CdaHeader[];
  /** SHA-256 of what each N1 wraps. */
  readonly wrapped: string[];
}

const containerOf = (bytes: Uint8Array, { containers }: FileReaders): ContainerCodec | undefined =>
  containers.find((each) => each.recognises(sniffMime(bytes), bytes));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const problem = (code: ErrorCode, file: string, found: string, expected?: string): ErrorData =>
  new PasserelleError(code, { location: { file }, found, ...(expected !== undefined && { expected }) }).toData();

async function readContainer(bytes: Uint8Array, codec: ContainerCodec, readers: FileReaders, seen: Seen, depth: number): Promise<ReadContainer> {
  const { kind, mail, files, problems, warnings, carriesContainers } = await codec.open(bytes);
  const found = { documents: [] as ReadContainer['documents'][number][], problems: [...problems], warnings: [...warnings] };
  const before = seen.cdas.length;
  // What names a patient first: pages are compared with it.
  for (const file of [...files].sort((a, b) => rank(a.content, readers) - rank(b.content, readers))) {
    const { name, content, said } = file;
    const carried = { name, mime: sniffMime(content), bytes: content.length, sha256: sha256(content), ...(said && { said }) };
    const inner = containerOf(content, readers);
    if (inner && (!carriesContainers || depth >= DEPTH_LIMIT))
      found.problems.push(problem('ERR_ARCHIVE_UNREADABLE', name, carriesContainers ? 'nested too deep' : 'an archive within an archive'));
    else if (inner) {
      try {
        const read = await readContainer(content, inner, readers, seen, depth + 1);
        found.documents.push({ ...carried, ...read });
        found.problems.push(...read.problems);
      } catch (error) {
        // What stands beside it is read all the same.
        const { code, detail } = PasserelleError.from(error);
        found.documents.push(carried);
        found.problems.push(problem(code, name, detail.found ?? 'unreadable'));
      }
    } else await readOne(file, carried, readers, seen, found);
  }
  if (mail) found.problems.push(...headerProblems(mail, seen.cdas.slice(before)));
  return { kind, ...(mail && { mail }), documents: found.documents, problems: found.problems.map(explain), warnings: found.warnings };
}

const PAGES = 2;
const rank = (content: Uint8Array, readers: FileReaders): number =>
  containerOf(content, readers) ? 0 : readers.viewers.some((v) => v.recognises(sniffMime(content), content)) ? PAGES : 1;

interface Found {
  readonly documents: ReadContainer['documents'][number][];
  readonly problems: ErrorData[];
  readonly warnings: Warning[];
}

async function readOne({ name, content, said }: CarriedFile, carried: Carried, readers: FileReaders, seen: Seen, found: Found): Promise<void> {
  const isRead = [...readers.documents, ...readers.viewers].some((each) => each.recognises(sniffMime(content), content));
  if (!isRead) {
    found.documents.push(carried);
    found.warnings.push({ code: 'document-not-read', detail: name });
    return;
  }
  // A CDA names its patient itself; pages are held against whom the others name.
  const read = await readDocument(content, readers, rank(content, readers) === PAGES ? seen.envelope : undefined);
  const { cda, unreadable = read.wrapped?.unreadable, samePatient } = read;
  found.documents.push({ ...carried, ...read });
  if (unreadable !== undefined) found.problems.push(problem('ERR_DOCUMENT_UNREADABLE', name, unreadable));
  if (samePatient?.verdict === 'another') found.problems.push(problem('ERR_PATIENT_MISMATCH', name, samePatient.reason ?? 'another patient'));
  const codes = (read.datamatrix ?? []).flatMap(({ ins }) => ins ?? []);
  const namings = cda ? [cda.patient] : [...codes.map(described), ...(said ? [describedBy(said)] : [])];
  const others = namings.map((one) => {
    const other = seen.named.map((known) => between(one, known)).find((differs) => differs !== undefined);
    seen.named.push(one);
    return other;
  });
  const other = others.find((differs) => differs !== undefined);
  // Of pages it is said already.
  if (other !== undefined && (cda || samePatient?.verdict !== 'another'))
    found.problems.push(problem('ERR_PATIENT_MISMATCH', name, other, 'one patient in all that is carried'));
  if (!cda) {
    seen.envelope ??= codes[0];
    // Beside an N1 goes the very PDF that it wraps (specs FACTS E1).
    if (seen.wrapped.length > 0 && read.kind === 'pdf' && !seen.wrapped.includes(carried.sha256))
      found.warnings.push({ code: 'attached-pdf-differs', detail: name });
    return;
  }
  const inside = readers.documents.find((each) => each.recognises('text/xml', content))?.wrapped?.(content);
  if (inside) seen.wrapped.push(sha256(inside));
  if (said) seen.named.push(describedBy(said));
  if (said) found.problems.push(...saidProblems(name, cda, said));
  if (said && said.patientIds.length > 0 && !sharesNumber(cda.patient, said.patientIds))
    found.warnings.push({ code: 'patient-unproven', detail: name });
  seen.cdas.push(cda);
  seen.envelope ??= patientOfHeader(cda.patient);
}

/** A patient as a header has it. */
type Described = CdaHeader['patient'];

function between(one: Described, { ids, ...traits }: Described): string | undefined {
  const numbers = ids.flatMap(({ root, extension }) => (extension === undefined ? [] : [{ value: extension, oid: root }]));
  return differsFromHeader(one, numbers, traits);
}

const describedBy = ({ patientIds, patient }: SaidOfDocument): Described => ({
  ...patient,
  ids: patientIds.flatMap(({ value, oid }) => (oid === undefined ? [] : [{ root: oid, extension: value }])),
});

const described = ({
  ins,
  insOid,
  birthName,
  usedName,
  nameAsSent,
  firstGivenName,
  birthGivenNames,
  birthDate,
  sex,
  birthPlaceCog,
}: Patient): Described => ({
  ...Object.fromEntries(
    Object.entries({ birthName, usedName, nameAsSent, firstGivenName, givenNames: birthGivenNames, birthDate, sex, birthPlaceCog }).filter(
      ([, value]) => typeof value === 'string' && value !== '',
    ),
  ),
  ids: ins && insOid ? [{ root: insOid, extension: ins }] : [],
});

/** METADATA.XML against the header of its document: whose, and which. */
function saidProblems(name: string, { id, patient }: CdaHeader, said: SaidOfDocument): readonly ErrorData[] {
  const differs = differsFromHeader(patient, said.patientIds, said.patient);
  const isId = said.id === undefined || !id || [id.root, `${id.root}^${id.extension}`].includes(said.id);
  return [
    ...(differs === undefined ? [] : [problem('ERR_PATIENT_MISMATCH', name, differs, 'the patient that METADATA.XML names')]),
    ...(isId ? [] : [problem('ERR_ARCHIVE_DISAGREES', name, 'another id', 'the uniqueId that METADATA.XML says')]),
  ];
}

/** The header of a mail against the documents that it carries (specs FACTS E2). */
function headerProblems({ codes, hasIns }: NonNullable<ContainerReading['mail']>, cdas: readonly CdaHeader[]): readonly ErrorData[] {
  const carried = cdas.flatMap(({ code }) => code?.code ?? []);
  const list = (all: readonly string[]): string => [...new Set(all)].toSorted().join(', ') || 'none';
  const isNamed = cdas.some(({ patient }) => patient.ids.some(({ root }) => isInsOid(root)));
  return [
    ...(codes.length > 0 && list(codes) !== list(carried) ? [problem('ERR_ARCHIVE_DISAGREES', 'X-MSS-CODECDA', list(carried), list(codes))] : []),
    ...(hasIns !== undefined && hasIns !== isNamed
      ? [problem('ERR_ARCHIVE_DISAGREES', 'X-MSS-INS', isNamed ? 'an INS in a document' : 'no INS in any document', hasIns ? 'O' : 'N')]
      : []),
  ];
}
