/** The dialect of DxCare: what differs from the national profile, and nothing else. Assumed: no interface book is public. */
import { dialect, type DialectProfile } from 'passerelle/codec/hl7v2-fr';

export const DXCARE: DialectProfile = dialect('dxcare', {
  writing: {
    receivingApplication: 'DXCARE',
    // What comes from the record reaches care software: four flags, the mail that announces the document.
    document: { message: 'MDM', guide: 'lps-1.1' },
    answers: 'none',
    // As DxCare itself sends a PDF.
    plainDocument: 'ORU',
  },
});
