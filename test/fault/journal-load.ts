/** A process that writes to a journal as fast as it can and says what was acknowledged, until it is killed. */
import { at, decided, encoded, hashed, incoming, routed } from '../contract/journal/samples.ts';
import { openJournal, type TestJournal } from './journals.ts';

const [which = '', folder = '', round = '0'] = process.argv.slice(2);
const CALLERS = 8;
const journal = await openJournal(JSON.parse(which) as TestJournal, folder);
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
let serial = 0;

async function caller(): Promise<never> {
  for (;;) {
    const controlId = `${round}-${++serial}`;
    const raw = Buffer.alloc(serial % 10 === 0 ? 300_000 : 1000, controlId);
    const [received] = await journal.receive([incoming({ controlId, fingerprint: hashed(controlId), raw })]);
    const message = received!.message;
    say(`received ${message} ${controlId}`);
    const [made] = await journal.decide([decided(message, { events: [routed({ keys: [hashed(controlId)] })] })]);
    const { delivery } = made![0]!;
    say(`decided ${message} ${delivery}`);
    await journal.begin([{ delivery, startedAt: at(0), encoded: encoded() }]);
    await journal.settle([{ delivery, from: 'sending', to: 'delivered', at: at(1), counted: true }]);
    say(`delivered ${delivery} ${message}`);
  }
}

await Promise.all(Array.from({ length: CALLERS }, caller));
