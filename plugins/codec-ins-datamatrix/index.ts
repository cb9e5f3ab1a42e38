/** INS datamatrix v2.2: what the code on a document says of its patient, and the code of a qualified identity (specs FACTS F3). No pixels here. */
export { isInsDatamatrix, readPayload } from './read.ts';
export { QUIET_MODULES, symbolOf, type DatamatrixSymbol } from './symbol.ts';
export { payloadOf } from './write.ts';
