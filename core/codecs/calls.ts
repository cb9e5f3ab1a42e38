/** What crosses between the engine's thread and the codec thread. Bytes are handed over, never copied on the way. */
import type { ErrorData, HttpMeta, OutgoingEnvelope, Peek } from '../contract/index.ts';
import type { Built, IncomingParts } from './build-message.ts';
import type { OpenSettings } from './examine.ts';
import type { OpenedMessage } from './open.ts';

export type OpenedData = Omit<OpenedMessage, 'error'> & { readonly error?: ErrorData };

export type Call =
  | { readonly operation: 'examine'; readonly format: string; readonly bytes: Uint8Array<ArrayBuffer>; readonly open: OpenSettings | undefined }
  | {
      readonly operation: 'open';
      readonly format: string;
      readonly bytes: Uint8Array;
      readonly charsetFallback: string;
      readonly http: HttpMeta | undefined;
    }
  | { readonly operation: 'build'; readonly envelope: OutgoingEnvelope; readonly incoming: IncomingParts };

export interface Results {
  /** Places of the messages in the frame, and the frame itself, given back. */
  readonly examine: {
    readonly frame: Uint8Array<ArrayBuffer>;
    readonly messages: readonly { readonly from: number; readonly to: number; readonly peek: Peek; readonly opened?: OpenedData }[];
  };
  readonly open: OpenedData;
  readonly build: Built;
}

export type Result = { readonly value: Results[keyof Results] } | { readonly error: ErrorData };
