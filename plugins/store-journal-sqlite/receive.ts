/** `receive`: a message and its raw bytes, or one more retransmission of a message that is here. */
import type { ReceiveResult } from '../../core/contract/index.ts';
import type { PackedMessage } from './calls.ts';
import { ACK_CODES, codeOf, MESSAGE_CODES, wordOf } from './codes.ts';
import { hash128, hash48 } from './hashes.ts';
import { blobOf, type Journal } from './journal.ts';
import { RETRANSMISSION_MEMORY_MS } from './limits.ts';
import { RAW_PART } from './parts.ts';
import { MESSAGES } from './tally.ts';

const RECEIVED = codeOf(MESSAGE_CODES, 'received');
const REJECTED = codeOf(MESSAGE_CODES, 'rejected');

export function receiver({ db, names, parts, tally, nextId }: Journal): (batch: readonly PackedMessage[]) => (number | ReceiveResult)[] {
  const first = db.prepare(
    'SELECT id, state, ack FROM message WHERE control = ? AND lane = ? AND print = ? AND received_at > ? ORDER BY id DESC LIMIT 1',
  );
  const other = db.prepare(`SELECT 1 FROM message WHERE control = ? AND lane = ? AND print > x'' AND print <> ? AND received_at > ? LIMIT 1`);
  const repeat = db.prepare('UPDATE message SET retransmissions = retransmissions + 1 WHERE id = ?');
  const insert = db.prepare(`
    INSERT INTO message (id, lane, site, connector, version, format, received_at, state, run, ack, retransmissions, bytes, raw, link,
      type, control, print, decided_at, head, outcome)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);

  const receiveOne = (message: PackedMessage): number | ReceiveResult => {
    const { at, controlId, raw } = message;
    const lane = names.of(message.lane);
    // Without a control id nothing says that two equal messages are one.
    const control = controlId === undefined ? null : hash48(controlId);
    const print = control === null ? null : hash128(`${controlId}\0${message.fingerprint}`);
    let controlIdReused = false;
    if (control !== null) {
      const known = first.get(control, lane, print, at - RETRANSMISSION_MEMORY_MS) as { id: number; state: number; ack: number | null } | undefined;
      if (known) {
        repeat.run(known.id);
        const ack = known.ack === null ? {} : { ack: wordOf(ACK_CODES, known.ack) };
        return { message: known.id, duplicate: { state: wordOf(MESSAGE_CODES, known.state), ...ack } };
      }
      controlIdReused = other.get(control, lane, print, at - RETRANSMISSION_MEMORY_MS) !== undefined;
    }
    const id = nextId('message');
    const state = message.outcome === undefined ? RECEIVED : REJECTED;
    insert.run(
      id,
      lane,
      names.of(message.site),
      names.of(message.connector),
      names.of(message.version),
      names.of(message.format),
      at,
      state,
      message.ack === undefined ? null : codeOf(ACK_CODES, message.ack),
      raw.length,
      parts.write(id, RAW_PART, raw),
      message.link ?? null,
      message.type === undefined ? null : hash48(message.type),
      control,
      // A refused message is processed again when it comes again.
      state === REJECTED ? null : print,
      state === REJECTED ? at : null,
      blobOf(message.head),
      blobOf(message.outcome),
    );
    tally.move(lane, MESSAGES, undefined, state);
    return controlIdReused ? { message: id, controlIdReused } : id;
  };
  return (batch) => batch.map(receiveOne);
}
