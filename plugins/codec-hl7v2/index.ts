/** HL7 v2 messages: reading without rewriting, writing, and the bytes around them (charset, terminators, embedded documents). */
export { DEFAULT_DELIMITERS, type Delimiters } from './delimiters.ts';
export { parseHl7, type Hl7Field, type Hl7Message, type Hl7Segment } from './message.ts';
export { repeat, writeHl7, type Hl7Value, type Repeat } from './write.ts';
