/** What arrived in one frame, taken apart: each message with its first look and, when asked, opened. */
import type { DocumentCodec, HttpMeta, MessageCodec, Peek } from '../contract/index.ts';
import { openMessage, type OpenedMessage } from './open.ts';

export interface OpenSettings {
  readonly charsetFallback: string;
  readonly http?: HttpMeta;
}

export interface Examined {
  readonly bytes: Uint8Array;
  readonly peek: Peek;
  /** Present when the message was opened on the way: a large one is, to spare it a second journey. */
  readonly opened?: OpenedMessage;
  /** See `IncomingMessage.spare`. */
  readonly spare?: Uint8Array<ArrayBuffer>;
}

export function examine(codec: MessageCodec, documents: readonly DocumentCodec[], frame: Uint8Array, open?: OpenSettings): readonly Examined[] {
  return codec.split(frame).map((bytes) => ({
    bytes,
    peek: codec.peek(bytes),
    ...(open && { opened: openMessage(bytes, codec, documents, open.charsetFallback, open.http) }),
  }));
}
