/**
 * What a connector receives and returns (ARCHITECTURE section 3, "Envelope"). Plain JSON, at most 512 KB, the same in a worker,
 * in a child process and over the mesh. Documents are never inside: the codec empties every embedded document (HL7 OBX-5 of
 * type ED or with Base64; any other value above 16 KB) and names it as a part; the part's bytes stay in the journal.
 */
import type { ErrorData, Location } from './errors.ts';

/** Something tolerated, kept with the message. `code` is kebab-case, `detail` its argument: `flag-missing` + `MASQUE_PS`. */
export interface Warning {
  readonly code: string;
  readonly detail?: string;
  readonly location?: Location;
}

/** One document or large value taken out of the text of a message. */
export interface EnvelopePart {
  /** Name inside this message: `p1`, `p2`... in order of appearance. */
  readonly part: string;
  /** Where it stood: an HL7 position (`OBX[1]-5.5`, segment occurrence 1-based) or a JSON pointer. */
  readonly at: string;
  /** Size of the *decoded* content. */
  readonly bytes: number;
  readonly sha256: string;
  /** What the bytes are, by their own signature: `application/pdf`, `text/xml` (CDA), `text/plain`, `application/octet-stream`... */
  readonly mime: string;
  /** How the text of the message carried it. */
  readonly encoding: 'base64' | 'text';
  /** Set when the carried text could not be decoded strictly: `padding` was repaired (warn), `invalid` was not (refuse). */
  readonly damage?: 'padding' | 'invalid';
  /** What a document codec read in it: header of a CDA, marks of a PDF. */
  readonly read?: DocumentReading;
}

/** Header facts of a document. CDA: French header rules in specs FACTS G0 to G4. PDF: what its bytes say without being drawn. */
export interface DocumentReading {
  readonly kind: 'cda' | 'pdf' | 'image';
  readonly cda?: CdaHeader;
  /** PDF/A claim of the XMP metadata, such as `1B`; absent when there is none. */
  readonly pdfaMark?: string;
  /** PDF: `1.7`. */
  readonly version?: string;
  /** PDF: said only when true. PDF/A forbids it. */
  readonly encrypted?: true;
  /** Set when it begins like this kind but cannot be read: not well-formed, cut, too deep. */
  readonly unreadable?: string;
}

/** What is seen of a document when its pages are drawn, and the codes on them read: slow, hence only on demand. */
export interface DocumentLook extends DocumentReading {
  readonly pages?: number;
  /** Pages that were searched for codes, from the first; absent = all. */
  readonly searched?: number;
  readonly title?: string;
  readonly datamatrix?: readonly DatamatrixReading[];
}

/** A datamatrix on a page: an INS one has `ins`, or the `error` that keeps it from being read; without both it is of another kind. */
export interface DatamatrixReading {
  /** 1-based. */
  readonly page: number;
  readonly ins?: InsIdentity;
  readonly error?: ErrorData;
}

/** What an INS datamatrix says of the patient, under the names of the canonical patient: five strict traits with number and OID. */
export interface InsIdentity {
  readonly ins: string;
  readonly insOid: string;
  readonly birthGivenNames: string;
  readonly birthName: string;
  /** `U`: said to be undetermined (`I`). */
  readonly sex: 'F' | 'M' | 'U';
  /** `1958-03-14`, as said: day and month may be none of our calendar. */
  readonly birthDate: string;
  readonly birthPlaceCog?: string;
}

/** A CDA identifier; `id` is the HL7 v2 habit of writing it: `root` or `root.extension` is never built, both are kept. */
export interface CdaId {
  readonly root: string;
  readonly extension?: string;
}

export interface CdaPerson {
  readonly ids: readonly CdaId[];
  readonly family?: string;
  readonly given?: string;
  readonly organization?: { readonly ids: readonly CdaId[]; readonly name?: string };
}

/** Somebody or some place that takes part in the act: requester (REF, REFB), treating doctor (INF with PCP), member of an RCP (PRF)... */
export interface CdaParticipant extends CdaPerson {
  /** participant/@typeCode. */
  readonly type: string;
  /** functionCode/@code. */
  readonly function?: string;
  /** functionCode/originalText: the words of the sender. */
  readonly mention?: string;
  /** functionCode/translation: what a PPS says the contact is (ORG-177 reference hospital, ORG-190 3C, ORG-178 proximity). */
  readonly contact?: string;
}

export interface CdaHeader {
  readonly templateIds: readonly CdaId[];
  /** N1 = unstructured body (nonXMLBody), N3 = structured body with entries or sections. */
  readonly level: 'N1' | 'N3';
  readonly id?: CdaId;
  readonly setId?: CdaId;
  readonly version?: number;
  readonly code?: { readonly code: string; readonly system?: string; readonly label?: string };
  readonly title?: string;
  /** As in the document: `20260914170000+0200`. */
  readonly effectiveTime?: string;
  /** documentationOf/serviceEvent/effectiveTime/low: when the act took place. */
  readonly serviceStart?: string;
  readonly confidentiality?: string;
  /** All codes, when there are several: the strictest counts. */
  readonly confidentialities?: readonly string[];
  readonly language?: string;
  /** Every relatedDocument: what this one replaces (RPLC), completes (APND) or transforms (XFRM). */
  readonly parents?: readonly { readonly relation: string; readonly id: CdaId; readonly setId?: CdaId; readonly version?: number }[];
  /** Orders that it answers (inFulfillmentOf). */
  readonly orders?: readonly CdaId[];
  /** documentationOf/serviceEvent/code: the acts documented; of an FRCP the meeting, then the tumour. */
  readonly acts?: readonly { readonly code: string; readonly system?: string; readonly label?: string; readonly start?: string }[];
  /** relatedDocument[@typeCode='RPLC']/parentDocument/id. */
  readonly replaces?: CdaId;
  readonly patient: {
    readonly ids: readonly CdaId[];
    readonly birthName?: string;
    readonly usedName?: string;
    /** A family name without qualifier: of a kind the document does not say. */
    readonly nameAsSent?: string;
    /** The list of the birth certificate, as one string. */
    readonly givenNames?: string;
    readonly firstGivenName?: string;
    readonly usedGivenName?: string;
    /** administrativeGenderCode/@code: `F`, `M`, `UN`... */
    readonly sex?: string;
    /** As in the document: `19580314`. */
    readonly birthDate?: string;
    readonly birthPlaceCog?: string;
  };
  readonly author?: CdaPerson;
  /** Every author, when there are several. */
  readonly authors?: readonly CdaPerson[];
  readonly legalAuthenticator?: CdaPerson;
  /** participant INF with PCP. */
  readonly treatingDoctor?: CdaPerson;
  readonly custodian?: { readonly ids: readonly CdaId[]; readonly name?: string };
  /** Never used for routing (specs FACTS A3): said for people. */
  readonly recipients: readonly CdaPerson[];
  readonly participants: readonly CdaParticipant[];
  /** componentOf/encompassingEncounter: the stay, and where. Times as in the document. */
  readonly encounter?: {
    readonly ids: readonly CdaId[];
    readonly start?: string;
    readonly end?: string;
    readonly facility?: { readonly ids: readonly CdaId[]; readonly name?: string };
    /** Ids of an RCP: network (RRC), manager, meeting. */
    readonly rcp?: { readonly network?: string; readonly manager?: string; readonly rcp?: string };
  };
  /** N1: what the body holds. `unreadable`: its Base64 does not decode, or the PDF inside is not whole. */
  readonly body?: {
    readonly mediaType?: string;
    readonly bytes?: number;
    /** SHA-256 (hex) of what it wraps in Base64, decoded. */
    readonly sha256?: string;
    readonly pdfaMark?: string;
    readonly encrypted?: true;
    readonly unreadable?: string;
  };
  /** N3 of a model whose content is read: `rcp`, `pps` or `conclusions` of core/model, at most 64 KB. */
  readonly content?: Readonly<Record<string, unknown>>;
  /** What was tolerated or cut while it was read. */
  readonly warnings?: readonly Warning[];
}

/** Where a part of an outgoing message comes from: a part of the incoming one, or text with such a part inside (a CDA N1 around a PDF). */
export type PartSource =
  | { readonly part: string }
  | { readonly pieces: readonly (string | { readonly part: string; readonly encoding: 'base64' | 'text' })[]; readonly mime: string };

/** A part that an encoder places: the engine writes its bytes at `at` when it builds the message. */
export interface OutgoingPart {
  readonly at: string;
  readonly encoding: 'base64' | 'text';
  readonly from: PartSource;
}

/** HTTP side of a message; absent on MLLP. */
export interface HttpMeta {
  readonly method: string;
  /** Path below the endpoint's base address, without query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of a reply. */
  readonly status?: number;
}

export interface Envelope {
  /** Codec: `hl7v2`, `json`. */
  readonly format: string;
  /** The message as text, documents emptied. For hl7v2 the delimiters are the sender's and segments end with CR. */
  readonly text: string;
  readonly parts: readonly EnvelopePart[];
  /** What the bytes were decided to be: `utf-8`, `windows-1252`, `iso-8859-15`... */
  readonly charset: string;
  readonly http?: HttpMeta;
  /** What the codec had to tolerate (`segment-terminator:LF`, `charset-mismatch`, `segment-leading-space:ZBE`...). */
  readonly warnings: readonly Warning[];
}

/** Ids that name one document and its set. */
export interface DocumentIds {
  readonly id?: string;
  readonly idExtension?: string;
  readonly setId?: string;
  readonly setIdExtension?: string;
  /** The number of its source, where that alone names it. */
  readonly number?: string;
}

/** What `encode` and `acknowledge` return. */
export interface OutgoingEnvelope {
  readonly format: string;
  readonly text: string;
  readonly parts?: readonly OutgoingPart[];
  /** Charset to write in; default utf-8. */
  readonly charset?: string;
  readonly http?: HttpMeta;
  /** MSH-10 or its like: what a receiver deduplicates and acknowledges by. */
  readonly controlId?: string;
  /** Of a document: what names it as it leaves. Absent = what its event says. */
  readonly document?: DocumentIds;
}

export const ENVELOPE_LIMIT_BYTES = 512 * 1024;
export const PART_THRESHOLD_BYTES = 16 * 1024;
