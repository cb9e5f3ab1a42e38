/** PDF: what one says of itself at first sight, what is seen of it and of images when they are drawn, and pages of our own. */
import type { CodecPlugin } from '../../core/contract/index.ts';
import type { EventData } from '../../core/model/index.ts';
import { writeLetter } from './letter.ts';
import { canLook, look } from './look.ts';
import { isPdf, readPdf } from './mark.ts';

export { writeLetter } from './letter.ts';
export { PDF_WINDOW_BYTES, isPdf, readPdf, type PdfFacts } from './mark.ts';

export const plugin: CodecPlugin = {
  kind: 'codec',
  id: 'pdf',
  document: {
    id: 'pdf',
    recognises: (_mime, content) => isPdf(content),
    read: (content) => ({ kind: 'pdf', ...readPdf(content) }),
  },
  viewer: { recognises: canLook, look: (content) => look(content) },
  printer: { print: (data, options) => writeLetter(data as EventData<'dcc.document.received'>, options) },
};
export { writePages, type PagesOfText } from './write.ts';
