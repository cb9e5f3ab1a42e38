/** METADATA.XML of an XDM archive: what is said of each document (ebRIM 3.0, IHE ITI TF-3 4.2). */
import type { SaidOfDocument } from '../../core/contract/index.ts';
import { prepareXml } from '../codec-cda/index.ts';
import { withDocument } from '../codec-cda-reader/index.ts';
import { XmlElement, type XmlDocument } from 'libxml2-wasm';
import { unreadable } from './unzip.ts';

const LIMIT_BYTES = 2 * 1024 * 1024;
const SPACES = { rim: 'urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0' };
const PATIENT_OF_DOCUMENT = 'urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427';
const PATIENT_OF_SUBMISSION = 'urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b50446';
const UNIQUE_ID = 'urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab';

export interface DocumentEntry extends SaidOfDocument {
  /** Relative to the folder of METADATA.XML. */
  readonly uri?: string;
}

/** Throws ERR_ARCHIVE_UNREADABLE. */
export function readMetadata(content: Uint8Array): readonly DocumentEntry[] {
  if (content.length > LIMIT_BYTES) throw unreadable('metadata of more than 2 MB');
  try {
    return withDocument(prepareXml(content), entriesOf);
  } catch (error) {
    throw unreadable('metadata that are no readable XML', error);
  }
}

function entriesOf(document: XmlDocument): readonly DocumentEntry[] {
  const submission = externalIds(document.root, PATIENT_OF_SUBMISSION);
  return elements(document.root, '//rim:ExtrinsicObject').map((entry) => {
    const [id] = externalIds(entry, UNIQUE_ID);
    const [hash] = slot(entry, 'hash');
    const [size] = slot(entry, 'size');
    const uri = uriOf(slot(entry, 'URI'));
    const mime = entry.attr('mimeType')?.value;
    const title = elements(entry, './rim:Name/rim:LocalizedString')[0]?.attr('value')?.value;
    const patients = [...externalIds(entry, PATIENT_OF_DOCUMENT), ...slot(entry, 'sourcePatientId'), ...submission];
    return {
      ...(id !== undefined && { id }),
      ...(hash !== undefined && { hash: hash.toLowerCase() }),
      ...(size !== undefined && { size: Number(size) }),
      ...(uri !== undefined && { uri }),
      ...(mime !== undefined && { mime }),
      ...(title !== undefined && { title }),
      patientIds: patients.map(identifierOf),
      patient: patientOf(slot(entry, 'sourcePatientInfo')),
    };
  });
}

const elements = (from: XmlElement, path: string): readonly XmlElement[] => from.find(path, SPACES).filter((node) => node instanceof XmlElement);

const slot = (entry: XmlElement, name: string): readonly string[] =>
  elements(entry, `./rim:Slot[@name='${name}']/rim:ValueList/rim:Value`).map(({ content }) => content.trim());

const externalIds = (from: XmlElement, scheme: string): readonly string[] =>
  elements(from, `.//rim:ExternalIdentifier[@identificationScheme='${scheme}']`).flatMap((each) => each.attr('value')?.value.trim() || []);

/** A long one is cut into numbered values: `1|SUBSET`, `2|01/DOC1`. */
function uriOf(values: readonly string[]): string | undefined {
  if (values.length < 2) return values[0]?.replace(/^1\|/, '');
  const pieces = values.map((value) => /^(\d+)\|([^]*)$/.exec(value));
  return pieces
    .toSorted((a, b) => Number(a?.[1]) - Number(b?.[1]))
    .map((piece) => piece?.[2] ?? '')
    .join('');
}

/** `147118799890237^^^&1.2.250.1.213.1.4.10&ISO^NH`: HL7 CX. */
function identifierOf(written: string): SaidOfDocument['patientIds'][number] {
  const [value = '', , , authority = ''] = written.split('^');
  const oid = authority.split('&')[1];
  return { value, ...(oid && { oid }) };
}

/** `PID-5|VALMOREE^ELIE^^^^^L`: fields of HL7 v2, one a value. */
function patientOf(values: readonly string[]): SaidOfDocument['patient'] {
  const field = (name: string): string => values.find((value) => value.startsWith(`${name}|`))?.slice(name.length + 1) ?? '';
  const names = field('PID-5')
    .split('~')
    .map((name) => name.split('^'));
  const birthName = names.find(([, , , , , , kind]) => kind === 'L')?.[0];
  const nameAsSent = birthName === undefined && names.length === 1 ? names[0]?.[0] : undefined;
  const [birthDate, sex] = [field('PID-7').slice(0, 8), field('PID-8')];
  return {
    ...(birthName && { birthName }),
    ...(nameAsSent && { nameAsSent }),
    ...(birthDate && { birthDate }),
    ...(sex && { sex }),
  };
}
