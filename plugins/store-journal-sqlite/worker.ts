/**
 * The worker that owns the file (entry of the thread). It drains its inbox, commits the writes that wait in groups, answers reads
 * between two commits, and says each answer of a group in one message. It blocks on the disk; nobody else does.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { PasserelleError } from '../../core/contract/index.ts';
import { GROUP_BYTES, GROUP_ITEMS, type PackedAdmission, type PackedMessage } from '../../core/journal-format/index.ts';
import { actor } from './act.ts';
import type { Answer, Command, FileCalls, OpenOptions, Opened, Reads, Writes } from './calls.ts';
import { openDatabase } from './database.ts';
import { admitter, decider } from './decide.ts';
import { beginner, settler } from './deliveries.ts';
import { freezer } from './freeze.ts';
import { groupCommitter, refusal } from './group.ts';
import { historyReader } from './history.ts';
import { openJournal, type Journal } from './journal.ts';
import { ANSWER_BYTES, LONG_READING_MS, READING_MS, TRANSFER_BYTES } from './limits.ts';
import { backlogReader, deliveryLister, materialReader, stateReader } from './list-deliveries.ts';
import { messageLister } from './list-messages.ts';
import { feedReader, laneReader, rawReader, undecidedReader } from './read.ts';
import { noteForgetter, noteReaders, noteSwapper, noteWriter } from './notes.ts';
import { orderReader, orderWriters, pauseReader, pauser } from './pauses.ts';
import { receiver } from './receive.ts';
import { factKeeper, settingsReaders, settingsWriter } from './settings.ts';

const writesOf = (journal: Journal): Writes => ({
  receive: receiver(journal),
  decide: decider(journal),
  admit: admitter(journal),
  begin: beginner(journal),
  settle: settler(journal),
  act: actor(journal),
  pause: pauser(journal),
  keep: noteWriter(journal),
  swap: noteSwapper(journal),
  forget: noteForgetter(journal),
  fact: factKeeper(journal),
  ...orderWriters(journal),
  saveSettings: settingsWriter(journal),
});

const readsOf = (journal: Journal, file: FileCalls): Reads & FileCalls => ({
  undecided: undecidedReader(journal),
  raw: rawReader(journal),
  backlog: backlogReader(journal),
  material: materialReader(journal),
  states: stateReader(journal),
  messages: messageLister(journal),
  message: historyReader(journal),
  deliveries: deliveryLister(journal),
  events: feedReader(journal),
  lanes: laneReader(journal),
  paused: pauseReader(journal),
  ...noteReaders(journal),
  orders: orderReader(journal),
  ...settingsReaders(journal),
  ...file,
});

/** Gives the memory of payloads back now: this thread makes so little waste that it would wait long for its garbage collector. */
function release({ name, args }: Command): void {
  if (name !== 'receive' && name !== 'admit') return;
  for (const one of args[0] as readonly (PackedMessage | PackedAdmission)[]) {
    const { raw } = 'raw' in one ? one : one.message;
    if (raw.length >= TRANSFER_BYTES && raw.buffer instanceof ArrayBuffer) raw.buffer.transfer(0);
  }
}

function serve(port: NonNullable<typeof parentPort>, journal: Journal, folder: string, options: OpenOptions): void {
  const writes = writesOf(journal);
  const file = freezer(journal, folder);
  const reads = readsOf(journal, file.calls);
  const commit = groupCommitter(journal, writes, options);
  const groupItems = options.groupItems ?? GROUP_ITEMS;
  let waitingWrites: Command[] = [];
  const waitingReads: Command[] = [];
  let closing: Command | undefined;

  const take = (commands: readonly Command[]): void => {
    for (const command of commands) {
      if (command.name === 'close') closing = command;
      else (command.name in writes ? waitingWrites : waitingReads).push(command);
    }
  };
  /** The oldest writes that fit one commit; one at least, whatever its size. */
  const cutGroup = (): Command[] => {
    let items = 0;
    let bytes = 0;
    const fits = (c: Command): boolean => (items += c.items) <= groupItems && (bytes += c.bytes) <= GROUP_BYTES;
    const end = waitingWrites.findIndex((command, index) => !fits(command) && index > 0);
    const group = end < 0 ? waitingWrites : waitingWrites.slice(0, end);
    waitingWrites = end < 0 ? [] : waitingWrites.slice(end);
    return group;
  };
  const read = ({ id, name, args }: Command): Answer => {
    try {
      return { id, value: (reads[name as keyof (Reads & FileCalls)] as (...args: readonly unknown[]) => unknown)(...args) };
    } catch (error) {
      return { id, error: refusal(error) };
    }
  };
  /** Those that waited together are answered together, up to some bytes of payload: waking a thread costs more than most reads. */
  const answerReads = (until: number): void => {
    let answers: Answer[] = [];
    let transfers: ArrayBuffer[] = [];
    let bytes = 0;
    const post = (): void => {
      if (answers.length > 0) port.postMessage(answers, transfers);
      [answers, transfers, bytes] = [[], [], 0];
    };
    do {
      const command = waitingReads.shift();
      if (!command) break;
      const answer = read(command);
      answers.push(answer);
      const payload = 'value' in answer && answer.value instanceof Uint8Array ? answer.value.buffer : undefined;
      if (payload instanceof ArrayBuffer) transfers.push(payload);
      if ((bytes += payload?.byteLength ?? 0) >= ANSWER_BYTES) post();
    } while (performance.now() < until);
    post();
  };

  port.on('message', (commands: readonly Command[]) => {
    take(commands);
    while (waitingWrites.length > 0 || waitingReads.length > 0) {
      for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port)) take(more.message as readonly Command[]);
      // First: whoever reads what is known of a patient has its own commit still to come, and would wait for this one too.
      answerReads(performance.now() + (waitingWrites.length > 0 ? READING_MS : LONG_READING_MS));
      if (waitingWrites.length > 0) {
        const group = cutGroup();
        port.postMessage(commit(group));
        for (const command of group) release(command);
        file.shorten();
      }
    }
    if (!closing) return;
    journal.db.close();
    port.postMessage([{ id: closing.id, value: undefined }]);
    port.close();
  });
}

function start(port: NonNullable<typeof parentPort>): void {
  const { folder, options } = workerData as { folder: string; options: OpenOptions };
  try {
    const journal = openJournal(openDatabase(folder));
    serve(port, journal, folder, options);
    port.postMessage({ tag: journal.tag, lastMessage: journal.lastMessage } satisfies Opened);
  } catch (error) {
    port.postMessage({ failed: PasserelleError.from(error).toData() } satisfies Opened);
    port.close();
  }
}

if (parentPort) start(parentPort);
