/** What secure mail carries: IHE XDM archives and the e-mails around them, taken apart. */
import type { CodecPlugin } from '../../core/contract/index.ts';
import { mail } from './mail.ts';
import { xdm } from './xdm.ts';

export const plugin: CodecPlugin = { kind: 'codec', id: 'xdm', containers: [xdm, mail] };
