/** What the sandbox needs of a protocol: something that listens, and a line to the other side. */
import type { PeerIncoming, PeerMessage, PeerReply } from '../../core/contract/index.ts';

/** `nothing`: stay silent; `cut`: break the connection. */
export type Handle = (message: PeerIncoming) => Promise<PeerReply | 'nothing' | 'cut'>;

export interface Listening {
  readonly address: string;
  readonly close: () => Promise<void>;
}

export interface Line {
  /** Sends once and waits for an answer that `accept` takes for its own. Rejects when none came. */
  readonly exchange: (message: PeerMessage, accept: (reply: PeerReply) => boolean, timeoutMs: number) => Promise<PeerReply>;
  readonly close: () => Promise<void>;
}
