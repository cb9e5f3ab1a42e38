/** What official rules and a document's own marks say of documents that came and of those we write: a diagnosis for people, kept with the message (SAFETY B9). */
export { DocumentChecks, type ChecksSettings, type MisnamedDocument } from './checks.ts';
export { checksOf } from './results.ts';
