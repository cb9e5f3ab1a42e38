/** What a content is, by its own bytes, against what the message announces (SAFETY B9, specs FACTS C). */
import { PasserelleError, type CdaHeader, type EnvelopePart } from '../../core/contract/index.ts';
import type { DocumentData } from '../../core/model/index.ts';
import { bodyFault } from '../codec-cda/index.ts';
import type { Content } from './document-groups.ts';
import { warn, type Reading } from './reading.ts';
import { clean, said } from './values.ts';

export interface ContentReading {
  /** What the event says of it. */
  readonly facts: Pick<
    DocumentData,
    'format' | 'level' | 'mime' | 'embeddedMime' | 'embeddedSha256' | 'pdfaMark' | 'bytes' | 'text' | 'file' | 'content'
  >;
  readonly cda?: CdaHeader;
}

/** Length of a text document in the event (schema of `document.text`). */
const TEXT_LIMIT = 65_536;

/**
 * Throws ERR_DOCUMENT_IN_PIECES, ERR_DOCUMENT_MISSING, ERR_DOCUMENT_BASE64, ERR_DOCUMENT_UNREADABLE, ERR_DOCUMENT_PLACEHOLDER, ERR_HL7_FIELD_INVALID.
 * `texts`: the text contents of the same document, in order. Of a document to delete, what a CDA wraps is nothing to look at.
 */
export function readContent(reading: Reading, content: Content, texts: readonly Content[], isDeletion = false): ContentReading {
  const where = `OBX[${content.obx.occurrence}]-5`;
  if (content.kind === 'pointer') return readPointer(content, where);
  // A letter of several OBX whose largest stands apart: one of them alone would be half a letter.
  if (content.kind === 'text' && texts.length > 1 && texts.some(({ part }) => part))
    throw new PasserelleError('ERR_DOCUMENT_IN_PIECES', {
      location: { hl7: where },
      expected: 'a letter in one OBX, or in several of less than 16 KB each',
      found: `${texts.length} OBX`,
    });
  if (content.part) return readPart(reading, content.part, { announced: announcedOf(content), where, isDeletion });
  if (content.kind === 'text') return readText(reading, texts, where);
  throw new PasserelleError('ERR_DOCUMENT_MISSING', { location: { hl7: `${where}.5` }, expected: 'a document', found: 'nothing' });
}

/** OBX-5.2 and .3: `^text^XML^Base64^`, `^application^pdf^Base64^`. */
const announcedOf = ({ obx }: Content): string => clean(obx.get('5.3')).toLowerCase() || clean(obx.get('5.2')).toLowerCase();

interface Place {
  readonly announced: string;
  readonly where: string;
  readonly isDeletion: boolean;
}

function readPart(reading: Reading, part: EnvelopePart, { announced, where, isDeletion }: Place): ContentReading {
  const location = { hl7: part.at };
  if (part.damage === 'invalid') throw new PasserelleError('ERR_DOCUMENT_BASE64', { location, expected: 'Base64', found: 'characters that are not' });
  if (part.bytes === 0) throw new PasserelleError('ERR_DOCUMENT_MISSING', { location, expected: 'a document', found: 'nothing' });
  if (part.damage === 'padding') warn(reading, 'base64-padding', undefined, part.at);
  if (part.read?.unreadable !== undefined)
    throw new PasserelleError('ERR_DOCUMENT_UNREADABLE', {
      location,
      expected: `a whole ${part.read.kind === 'cda' ? 'CDA' : 'PDF'}`,
      found: 'one that cannot be read',
    });
  const cda = part.read?.cda;
  const fault = cda && !isDeletion && bodyFault(cda);
  // A CDA around nothing, or around half a PDF, is no better than that alone.
  if (fault)
    throw new PasserelleError(fault === 'missing' ? 'ERR_DOCUMENT_MISSING' : 'ERR_DOCUMENT_UNREADABLE', {
      location,
      expected: 'a CDA around a whole document',
      found: fault === 'missing' ? 'one around nothing' : `one around a document that is none: ${cda.body?.unreadable}`,
    });
  checkAnnounced(reading, part, announced, where);
  return {
    facts: said({
      format: cda && (cda.level === 'N1' ? ('CDA-R2-N1' as const) : ('CDA-R2-N3' as const)),
      level: cda?.level,
      mime: part.mime,
      embeddedMime: cda?.body?.mediaType,
      embeddedSha256: cda?.body?.sha256,
      pdfaMark: part.read?.pdfaMark ?? cda?.body?.pdfaMark,
      bytes: part.bytes,
      content: { part: part.part, bytes: part.bytes, mime: part.mime },
    }),
    ...(cda && { cda }),
  };
}

/**
 * A sentence where a CDA is announced is a message of somebody's test, or a fault of the sender: it is kept for a person, since a
 * document may be behind it, and never passed on. The bytes decide about everything else.
 */
function checkAnnounced(reading: Reading, part: EnvelopePart, announced: string, where: string): void {
  const location = { hl7: part.at };
  const isXml = announced === 'xml' || announced.endsWith('+xml') || announced === 'cda';
  if (isXml && !part.read?.cda && (part.mime === 'text/plain' || part.mime === 'text/xml' || part.mime === 'application/octet-stream'))
    throw new PasserelleError('ERR_DOCUMENT_PLACEHOLDER', { location, expected: 'a CDA', found: `${part.bytes} bytes of ${part.mime}` });
  if (announced === 'pdf' && (part.mime === 'text/plain' || part.mime === 'application/octet-stream'))
    throw new PasserelleError('ERR_DOCUMENT_UNREADABLE', { location, expected: 'a PDF', found: `${part.bytes} bytes of ${part.mime}` });
  if ((isXml && part.mime !== 'text/xml') || (announced === 'pdf' && part.mime !== 'application/pdf'))
    warn(reading, 'content-not-as-announced', part.mime, where);
}

/** RP: the name of a file elsewhere. A path is refused: it could leave the folder that the site opened for it. */
function readPointer({ obx }: Content, where: string): ContentReading {
  const file = clean(obx.get('5.1'));
  if (!file) throw new PasserelleError('ERR_DOCUMENT_MISSING', { location: { hl7: where }, expected: 'the name of a file', found: 'nothing' });
  if (/[/\\:\p{Cc}]|^\.\.?$/u.test(file))
    throw new PasserelleError('ERR_HL7_FIELD_INVALID', { location: { hl7: where }, expected: 'the name of a file', found: 'a path' });
  const [type, subtype] = [clean(obx.get('5.3')), clean(obx.get('5.4'))].map((one) => one.toLowerCase());
  return { facts: { file, ...(type && subtype && { mime: `${type}/${subtype}` }) } };
}

function readText(reading: Reading, texts: readonly Content[], where: string): ContentReading {
  const { component, subcomponent } = reading.message.delimiters;
  const fields = texts.flatMap(({ obx }) => obx.reps(5));
  // FT and TX have no components: what stands after an `&` that nobody escaped is the rest of the sentence.
  const raw = fields.find((field) => field.raw.includes(component) || field.raw.includes(subcomponent));
  if (raw) warn(reading, 'text-raw-separator', undefined, raw.at);
  const lines = fields.map((field) => (clean(field.raw) === '' ? '' : field.whole));
  const text = lines.join('\n').trim();
  if (!text) throw new PasserelleError('ERR_DOCUMENT_MISSING', { location: { hl7: where }, expected: 'a text', found: 'nothing' });
  if (text.length > TEXT_LIMIT)
    throw new PasserelleError('ERR_HL7_FIELD_INVALID', {
      location: { hl7: where },
      expected: `at most ${TEXT_LIMIT} characters`,
      found: `${text.length}`,
    });
  return { facts: { mime: 'text/plain', text } };
}
