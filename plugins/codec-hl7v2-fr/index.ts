/** French HL7 v2: PAM France and HL7v2-CDA, read and written from a dialect profile (ARCHITECTURE D5). */
import type { CodecPlugin } from '../../core/contract/index.ts';

export { acknowledgeFr } from './acknowledge.ts';
export { decodeFr } from './decode.ts';
export { knownThere } from './document-form.ts';
export { encodeFr } from './encode.ts';
export { interpretFr } from './interpret.ts';
export { dialect, NATIONAL_PROFILE, type DialectProfile, type NameUse, type ReadingProfile, type ReplyRule, type WritingProfile } from './profile.ts';
export { frenchSettings, type OwnSettings } from './settings.ts';

/** Bytes are the business of `hl7v2`; this codec is what connectors call. */
export const plugin: CodecPlugin = { kind: 'codec', id: 'hl7v2-fr' };
