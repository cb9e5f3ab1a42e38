/** The document codec: bytes of a CDA to what its header says. */
import { PasserelleError, release, sniffMime, type DocumentCodec, type DocumentReading } from '../../core/contract/index.ts';
import { contentModelOf, HL7_V3, prepareXml, readContent, readHeader, readTree, unreadable } from '../codec-cda/index.ts';
import { modelIdsOf, wholeText, withDocument, writtenRoot } from './tree.ts';
import { validate } from './rules/index.ts';

/** How far the root element may stand: official files begin with pages of comments and instructions. */
const ROOT_WITHIN_BYTES = 64 * 1024;

/** XML whose beginning names a ClinicalDocument, whole or not: what is then wrong with it is for `read` to say. */
function recognises(_mime: string, content: Uint8Array): boolean {
  if (sniffMime(content) !== 'text/xml') return false;
  const head = Buffer.from(content.buffer, content.byteOffset, Math.min(content.byteLength, ROOT_WITHIN_BYTES));
  return head.includes('ClinicalDocument') || head.toString('latin1').replaceAll('\0', '').includes('ClinicalDocument');
}

function read(content: Uint8Array): DocumentReading {
  try {
    const prepared = prepareXml(content);
    const cda = withDocument(prepared, (document) => {
      const { root } = document;
      if (root.name !== 'ClinicalDocument' || root.namespaceUri !== HL7_V3) throw unreadable('its root is not a ClinicalDocument of HL7 v3');
      // Sections are read of the models that say what they hold; of others they stay behind.
      const ids = modelIdsOf(document);
      const tree = readTree(contentModelOf(ids) ? wholeText(document) : writtenRoot(document));
      const header = readHeader(tree, prepared.runs);
      const read = readContent(tree, ids);
      return { ...header, ...(read && { content: read.content }), ...(read && read.warnings.length > 0 && { warnings: read.warnings }) };
    });
    for (const { content: decoded } of prepared.runs) if (decoded) release(decoded);
    return { kind: 'cda', cda };
  } catch (error) {
    // The parser is a WebAssembly module: whatever it throws, the document is one we cannot read, and the message goes on with that.
    return { kind: 'cda', unreadable: (error instanceof PasserelleError && error.detail.found) || 'the XML parser failed' };
  }
}

export const cda: DocumentCodec = { id: 'cda', recognises, read, validate };
