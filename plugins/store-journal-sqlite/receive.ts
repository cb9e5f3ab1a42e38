/** `receive`: a message and its raw bytes, or one more retransmission of a message that is here. */
import type { ReceiveResult } from '../../core/contract/index.ts';
import {
  ACK_CODES,
  MESSAGE_CODES,
  type PackedMessage,
  RAW_PART,
  RETRANSMISSION_MEMORY_MS,
  blobOf,
  codeOf,
  hash128,
  hash48,
  nearness,
  wordOf,
} from '../../core/journal-format/index.ts';
import { type Journal } from './journal.ts';
import { MESSAGES } from './tally.ts';

const RECEIVED = codeOf(MESSAGE_CODES, 'received');
const REJECTED = codeOf(MESSAGE_CODES, 'rejected');

/** Messages of a control id: its nearness and its hash, in this order; rows of before version 5 have the nearness 0. */
export const BY_CONTROL = 'near IN (0, ?) AND control = ?';

/** What tells a first sending from another one. */
export interface Sending {
  readonly lane: number;
  /** Hash of the control id; without one nothing says that two equal messages are one. */
  readonly control: number | null;
  /** Nearness of the control id, 0 without one. */
  readonly near: number;
  readonly print: Uint8Array | null;
  /** The same message was received before: what is answered, and its retransmission is counted. */
  readonly duplicate?: ReceiveResult;
  readonly controlIdReused?: boolean;
}

/** Looks a message up among those of the last 30 days. */
export function recogniser({ db, names }: Journal): (message: PackedMessage) => Sending {
  // Most control ids are new: one look says so.
  const any = db.prepare(`SELECT 1 FROM message WHERE ${BY_CONTROL} AND lane = ? AND print > x'' AND received_at > ? LIMIT 1`);
  const first = db.prepare(
    `SELECT id, state, ack FROM message WHERE ${BY_CONTROL} AND lane = ? AND print = ? AND received_at > ? ORDER BY id DESC LIMIT 1`,
  );
  const repeat = db.prepare('UPDATE message SET retransmissions = retransmissions + 1 WHERE id = ?');
  return ({ at, controlId, fingerprint, lane: name }) => {
    const lane = names.of(name);
    if (controlId === undefined) return { lane, control: null, near: 0, print: null };
    const control = hash48(controlId);
    const near = nearness(controlId);
    const print = hash128(`${controlId}\0${fingerprint}`);
    const since = at - RETRANSMISSION_MEMORY_MS;
    if (!any.get(near, control, lane, since)) return { lane, control, near, print };
    const known = first.get(near, control, lane, print, since) as { id: number; state: number; ack: number | null } | undefined;
    if (!known) return { lane, control, near, print, controlIdReused: true };
    repeat.run(known.id);
    const ack = known.ack === null ? {} : { ack: wordOf(ACK_CODES, known.ack) };
    return { lane, control, near, print, duplicate: { message: known.id, duplicate: { state: wordOf(MESSAGE_CODES, known.state), ...ack } } };
  };
}

/** What is known of a message when its row is written: nothing yet, or the decision of the same commit. */
export interface Verdict {
  readonly state: number;
  readonly ack: number | null;
  readonly at: number;
  readonly terms: Uint8Array | null;
  readonly outcome: Uint8Array | null;
}

/** Writes the row of a message and its raw bytes. */
export function messageWriter({ db, names, parts, tally }: Journal): (message: PackedMessage, sending: Sending, verdict?: Verdict) => void {
  const insert = db.prepare(`
    INSERT INTO message (id, lane, site, connector, version, format, received_at, state, run, ack, retransmissions, bytes, raw, link,
      type, control, near, print, decided_at, terms, head, outcome)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  return (message, { lane, control, near, print }, verdict) => {
    const { id, raw, type, ack } = message;
    const state = verdict?.state ?? RECEIVED;
    insert.run(
      id,
      lane,
      names.of(message.site),
      names.of(message.connector),
      names.of(message.version),
      names.of(message.format),
      message.at,
      state,
      verdict?.ack ?? (ack === undefined ? null : codeOf(ACK_CODES, ack)),
      raw.length,
      parts.write(id, RAW_PART, raw),
      message.link ?? null,
      type === undefined ? null : hash48(type),
      control,
      near,
      // A refused message is processed again when it comes again.
      state === REJECTED ? null : print,
      verdict?.at ?? null,
      verdict?.terms ?? null,
      blobOf(message.head),
      verdict?.outcome ?? null,
    );
    tally.move(lane, MESSAGES, undefined, state);
  };
}

export function receiver(journal: Journal): (batch: readonly PackedMessage[]) => (number | ReceiveResult)[] {
  const recognise = recogniser(journal);
  const write = messageWriter(journal);
  const receiveOne = (message: PackedMessage): number | ReceiveResult => {
    const { at, id, outcome } = message;
    const sending = recognise(message);
    if (sending.duplicate) return sending.duplicate;
    const refusal = outcome === undefined ? undefined : { state: REJECTED, ack: null, at, terms: null, outcome: blobOf(outcome) };
    write(message, sending, refusal);
    return sending.controlIdReused ? { message: id, controlIdReused: true } : id;
  };
  return (batch) => batch.map(receiveOne);
}
