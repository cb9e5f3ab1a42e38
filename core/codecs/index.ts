/** Bytes of messages taken apart, read and built: small ones at once, large ones in a thread of their own, so that nobody waits for them. */
export { sha256Of, type Built } from './build-message.ts';
export { Codecs, LARGE_BYTES, type Examined } from './codecs.ts';
export { contentOf } from './part-content.ts';
export { openMessage, unopened, type OpenedMessage } from './open.ts';
export { CodecThread } from './thread.ts';
