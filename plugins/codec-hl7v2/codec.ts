/** The HL7 v2 codec as the engine sees it. */
import type { MessageCodec } from '../../core/contract/index.ts';
import { build } from './build.ts';
import { open } from './open.ts';
import { peek } from './peek.ts';
import { plainReply } from './plain-reply.ts';
import { split } from './split.ts';

export const codec: MessageCodec = { id: 'hl7v2', split, peek, open, build, plainReply };
