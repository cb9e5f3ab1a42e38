/** The document that an N1 wraps, decoded: for who wants to look at it, never on the way of a message. */
import { decodeBase64 } from '../../core/contract/index.ts';
import { prepareXml, readTree, runOf } from '../codec-cda/index.ts';
import { withDocument, writtenRoot } from './tree.ts';

/** `undefined` when it wraps nothing in Base64, or cannot be read: what is wrong is for `read` to say. Never throws. */
export function wrapped(content: Uint8Array): Uint8Array | undefined {
  try {
    const prepared = prepareXml(content);
    return withDocument(prepared, (document) => {
      const text = readTree(writtenRoot(document)).first('component', 'nonXMLBody', 'text');
      if (text?.attribute('representation') !== 'B64') return undefined;
      const run = runOf(text.rawText, prepared.runs);
      return run?.content ?? decodeBase64(run?.carried ?? Buffer.from(text.rawText, 'latin1')).content;
    });
  } catch {
    return undefined;
  }
}
