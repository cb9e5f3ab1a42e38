/** A document as a person wants to know it: its header, its pages, the codes on them, and whether all of it names one patient. */
import { PasserelleError, sniffMime, type DocumentCodec, type DocumentLook, type DocumentViewer } from '../contract/index.ts';
import { patientOfHeader, sameAs, type Patient, type Sameness } from '../model/index.ts';

/** What an N1 wraps is looked at too. Throws ERR_DOCUMENT_UNREADABLE for a kind that nobody reads. */
export interface ReadDocument extends DocumentLook {
  readonly wrapped?: DocumentLook;
  /** Said when there is an INS datamatrix to compare with an envelope (SAFETY A8). */
  readonly samePatient?: Sameness;
}

export interface Readers {
  readonly documents: readonly DocumentCodec[];
  readonly viewers: readonly DocumentViewer[];
}

/** `envelope`: the patient that the document came for; a CDA names its own. */
export async function readDocument(bytes: Uint8Array, { documents, viewers }: Readers, envelope?: Patient): Promise<ReadDocument> {
  const viewerOf = (content: Uint8Array): DocumentViewer | undefined => viewers.find((v) => v.recognises(sniffMime(content), content));
  const codec = documents.find((d) => d.recognises(sniffMime(bytes), bytes));
  const viewer = viewerOf(bytes);
  if (viewer) return compared(await viewer.look(bytes), envelope);
  if (!codec)
    throw new PasserelleError('ERR_DOCUMENT_UNREADABLE', {
      expected: 'a CDA, a PDF, a JPEG, a PNG, an XDM archive or a mail',
      found: sniffMime(bytes),
    });
  const reading = codec.read(bytes);
  const inside = codec.wrapped?.(bytes);
  const look = inside && (await viewerOf(inside)?.look(inside));
  return compared({ ...reading, ...(look && { wrapped: look }) }, envelope ?? (reading.cda && patientOfHeader(reading.cda.patient)));
}

function compared(document: Omit<ReadDocument, 'samePatient'>, envelope: Patient | undefined): ReadDocument {
  const codes = ((document.wrapped ?? document).datamatrix ?? []).flatMap(({ ins }) => ins ?? []);
  return envelope && codes.length > 0 ? { ...document, samePatient: sameAs(envelope, codes) } : document;
}
