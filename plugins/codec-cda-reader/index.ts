/**
 * Reads CDA, and holds it to its rules: the codec of the engine. Apart from `codec-cda`, which knows and writes what it reads, because the XML parser takes 18 MB in each
 * thread that loads it, and a connector's host loads all that its connector names.
 */
import type { CodecPlugin } from '../../core/contract/index.ts';
import type { EventData } from '../../core/model/index.ts';
import { writeEvent } from '../codec-cda/index.ts';
import { cda } from './read.ts';
import { wrapped } from './wrapped.ts';

export { validate, type ValidateOptions } from './rules/index.ts';
export { withDocument } from './tree.ts';

export const plugin: CodecPlugin = {
  kind: 'codec',
  id: 'cda',
  document: { ...cda, wrapped, write: (data, options) => writeEvent(data as EventData<'dcc.document.received'>, options) },
};
