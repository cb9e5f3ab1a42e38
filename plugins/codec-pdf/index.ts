/** Says what a PDF says of itself: whole or cut, and its PDF/A claim. */
import type { CodecPlugin } from '../../core/contract/index.ts';
import { isPdf, readPdf } from './mark.ts';

export { PDF_WINDOW_BYTES, isPdf, readPdf, type PdfFacts } from './mark.ts';

export const plugin: CodecPlugin = {
  kind: 'codec',
  id: 'pdf',
  document: {
    id: 'pdf',
    recognises: (_mime, content) => isPdf(content),
    read: (content) => ({ kind: 'pdf', ...readPdf(content) }),
  },
};
