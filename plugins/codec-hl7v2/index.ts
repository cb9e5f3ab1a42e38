/** HL7 v2 messages: reading without rewriting, writing, and the bytes around them (charset, terminators, embedded documents). */
import type { CodecPlugin } from '../../core/contract/index.ts';
import { codec } from './codec.ts';

export { restore } from './assembly.ts';
export { charsetNamed, type Charset } from './charset.ts';
export { codec } from './codec.ts';
export { DEFAULT_DELIMITERS, type Delimiters } from './delimiters.ts';
export { parseHl7, type Hl7Field, type Hl7Message, type Hl7Segment } from './message.ts';
export { open, type Opened } from './open.ts';
export { repeat, writeHl7, type Hl7Value, type Repeat } from './write.ts';

export const plugin: CodecPlugin = { kind: 'codec', id: 'hl7v2', message: codec };
