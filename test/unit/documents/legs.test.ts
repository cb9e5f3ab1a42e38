/** SAFETY B3, B6 and B8 at the last moment: what is asked before a leg opens, and what is noted when it does. */
import { expect } from 'chai';
import {
  PasserelleError,
  RELEASED_BY,
  type ActRecord,
  type AttemptRecord,
  type DeliveryMaterial,
  type DeliveryState,
  type EncodedMessage,
  type ErrorCode,
  type MessageHistory,
} from '../../../core/contract/index.ts';
import { Legs } from '../../../core/documents/index.ts';
import { answerTask, closeTask, PERSON, readTask, shownQuestion, TASK, taskKey } from '../../../core/identity/index.ts';
import type { Known } from '../../../core/knowledge/index.ts';
import type { DocumentData, Patient, Visibility } from '../../../core/model/index.ts';
import { Archive, caseOf, index, journalOf, NORTH, oid, RECORD, SOUTH, timeOf, type Said } from './archive.ts';

const TO = { name: 'dcc-out', site: RECORD };
const WANTED: Visibility = { hiddenFromPatient: false, sendToDmp: true, sendToMssPatient: true };

describe('before a document leaves', () => {
  let archive: Archive;
  let legs: Legs;
  /** State of the delivery of each message by that lane. */
  const states = new Map<number, { lane: string; state: DeliveryState }>();
  let attempts: readonly AttemptRecord[] = [];
  let acts: readonly ActRecord[] = [];
  /** What the receiver was told to obey before. */
  let told: readonly string[] = [];
  beforeEach(() => {
    attempts = [];
    acts = [];
    archive = new Archive();
    states.clear();
    legs = legsOf(archive.knowledge);
  });
  const legsOf = (knowledge: Archive['knowledge']): Legs =>
    new Legs({
      index,
      sendersOf: () => [],
      destinations: [],
      knowledge,
      now: () => 0,
      journal: journalOf({
        tag: 'TEST',
        message: async (message) => {
          const { event, parts } = archive.cases.get(message)!;
          const deliveries = states.has(message) ? [{ ...states.get(message), delivery: 10 + message, eventId: event.id }] : [];
          return {
            message: { run: 1, receivedAt: '2026-09-01T00:00:00.000Z' },
            attempts,
            acts,
            deliveries,
            events: [{ event }],
            parts,
          } as unknown as MessageHistory;
        },
        material: async ([delivery]) => [{ delivery, event: {}, encoded: { restrictions: told } }] as unknown as readonly DeliveryMaterial[],
        keep: async (notes) => notes.forEach(({ kind, key, value }) => archive.notes.set(`${kind} ${key}`, value)),
      }),
    });

  const leaving = (said: Said, message = 1): Parameters<Legs['before']>[0] => {
    const { event, parts, keys } = caseOf(said, message, 1);
    return {
      delivery: 7,
      message,
      controlId: `IN${message}`,
      event: { ...event, ...(keys[0] && { subject: keys[0] }) },
      parts: parts as never,
      keys,
    };
  };
  const dataOf = (made: Awaited<ReturnType<Legs['before']>>): { visibility?: Visibility; document?: DocumentData } =>
    ('event' in made ? made.event['data'] : {}) as { visibility?: Visibility };

  it('B6: opposition, and a mask that a copy brought, said while it waited, close the ways to the patient', async () => {
    const one = { document: { id: oid(1) }, content: 'one', visibility: WANTED };
    await archive.takes(one);
    expect(dataOf(await legs.before(leaving(one), TO)).visibility).to.deep.equal(WANTED);
    await archive.takes({ type: 'dcc.identity.updated', opposition: 'IO' });
    expect(dataOf(await legs.before(leaving(one), TO)).visibility).to.include({ sendToDmp: false, sendToMssPatient: false });
    await archive.takes({ type: 'dcc.identity.updated', opposition: 'INO' });
    await archive.takes({ ...one, visibility: { ...WANTED, hiddenFromPatient: true } });
    expect(dataOf(await legs.before(leaving(one), TO)).visibility).to.include({ hiddenFromPatient: true, sendToDmp: false });
  });

  it('B6: opposition said for a number that was merged with this one meanwhile closes them too', async () => {
    const one = { document: { id: oid(1) }, content: 'one', visibility: WANTED };
    await archive.takes({ type: 'dcc.identity.updated', patient: '2', opposition: 'IO' });
    await archive.takes(one);
    expect(dataOf(await legs.before(leaving(one), TO)).visibility).to.deep.equal(WANTED);
    await archive.takes({ absorbs: '2' });
    expect(dataOf(await legs.before(leaving(one), TO)).visibility).to.include({ sendToDmp: false, sendToMssPatient: false });
  });

  describe('A2, A4: of a patient on file who is another by now', () => {
    const [PAUL, JEANNE]: readonly Patient[] = [
      { birthName: 'DURAND', firstGivenName: 'PAUL', birthDate: '1950-01-01', sex: 'M' },
      { birthName: 'ESSAI', firstGivenName: 'JEANNE', birthDate: '1960-01-01', sex: 'F' },
    ];
    const one = { document: { id: oid(1) }, content: 'one', traits: PAUL! };
    const identity = (said: Said): ReturnType<Archive['takes']> => archive.takes({ type: 'dcc.identity.updated', ...said });
    const codeOf = async (said: Said = one, message = 1): Promise<string | undefined> => {
      const made = await legs.before(leaving(said, message), TO);
      return 'held' in made ? made.held.code : undefined;
    };
    const known = (kind: string, key: string): string | undefined => archive.notes.get(`${kind} ${key}`);

    it('it waits with a task, which shows both and is answered once for all', async () => {
      await archive.takes(one);
      expect(await codeOf(), 'nobody on file').to.equal(undefined);
      await identity({ traits: JEANNE! });
      expect(await codeOf()).to.equal('ERR_IDENTITY_CONFLICT');
      const task = readTask(known(TASK, taskKey('TEST-1')) ?? '');
      expect([task.state, task.kind, task.site, task.differences.map(({ attribute }) => attribute)]).to.deep.equal([
        'open',
        'document',
        NORTH,
        ['birthName', 'firstGivenName', 'birthDate', 'sex'],
      ]);
      const refs = [{ kind: TASK, key: taskKey('TEST-1') }, ...task.keys.map((key) => ({ kind: PERSON, key }))];
      const decide = (by: typeof closeTask, run?: number): Promise<void> =>
        archive.knowledge.change(
          refs,
          (now) => {
            const question = shownQuestion(readTask(now(TASK, taskKey('TEST-1'))!))!;
            return {
              notes: by('TEST-1', now, { verdict: 'accepted', who: 'camille', why: 'seen', at: timeOf(9), question }, run).notes,
              result: undefined,
            };
          },
          async (notes) => notes.forEach(({ kind, key, value }) => archive.notes.set(`${kind} ${key}`, value)),
        );
      await decide(answerTask);
      expect(await codeOf(), 'answered').to.equal(undefined);
      await decide(closeTask, 1);
      expect(await codeOf(), 'closed').to.equal(undefined);
    });

    it('a trait that changed since takes its way, and whoever stands for the number now counts', async () => {
      await identity({ traits: PAUL! });
      await archive.takes(one);
      expect(await codeOf(one, 2)).to.equal(undefined);
      await identity({ traits: { ...PAUL, birthDate: '1951-01-01' } });
      expect(await codeOf(one, 2)).to.equal('ERR_IDENTITY_CONFLICT');
      const two = { ...one, patient: '2', document: { id: oid(2) } };
      await archive.takes(two);
      await identity({ patient: '3', traits: JEANNE! });
      expect(await codeOf(two, 4)).to.equal(undefined);
      await archive.takes({ patient: '3', absorbs: '2' });
      expect(await codeOf(two, 4)).to.equal('ERR_IDENTITY_CONFLICT');
    });

    it('A6: whom an undone merge led to is asked no more', async () => {
      await identity({ patient: '2', traits: JEANNE! });
      await archive.takes({ patient: '2', absorbs: '1' });
      archive.undo('1');
      const undone = new Map(archive.notes);
      legs = legsOf(archive.knowledge);
      const { event, parts, keys } = caseOf(one, 1, 1);
      const made = await legs.before(
        { delivery: 7, message: 1, event: event as never, parts: parts as never, keys: [...keys, ...caseOf({ patient: '2' }, 1, 1).keys] },
        TO,
      );
      expect(made).to.have.property('event');
      expect(archive.notes, 'nobody is asked').to.deep.equal(undone);
    });

    /** Why what was decided with those keys does not leave. */
    const leftWith = async (said: Said, ...others: readonly string[]): Promise<unknown> => {
      legs = legsOf(archive.knowledge);
      const { event, parts, keys } = caseOf(said, 1, 1);
      const led = others.flatMap((patient) => caseOf({ patient }, 1, 1).keys);
      const made = await legs.before({ delivery: 7, message: 1, event: event as never, parts: parts as never, keys: [...keys, ...led] }, TO);
      return 'held' in made ? made.held.code : undefined;
    };

    it('A4, A6: the number that a document names counts, though it was merged the other way once: its marks above all', async () => {
      await archive.takes({ ...one, document: { id: oid(1) } });
      await archive.takes({ patient: '1', absorbs: '2' });
      archive.undo('2');
      const merge = { patient: '2', absorbs: '1' };
      const { message } = await archive.takes(merge);
      const answered = { verdict: 'accepted', who: 'camille', why: 'checked', at: timeOf(1) } as const;
      const known: Known = (kind, key) => archive.notes.get(`${kind} ${key}`);
      const question = shownQuestion(readTask(known(TASK, taskKey(`TEST-${message}`))!))!;
      archive.keep(answerTask(`TEST-${message}`, known, { ...answered, question }).notes);
      await archive.takes({ ...merge, replays: message });
      await identity({ traits: { identityFlags: ['DOUB'], automaticFiling: false } });
      expect(await leftWith({ document: { id: oid(1) } }, '2')).to.equal('ERR_FILING_BLOCKED');
    });

    it('A6: once a chain is opened at its start, nobody further along it is asked about its documents', async () => {
      await archive.takes({ document: { id: oid(1) }, patient: '2' });
      await identity({ patient: '3', traits: JEANNE! });
      await archive.takes({ patient: '1', absorbs: '2' });
      await archive.takes({ patient: '3', absorbs: '1' });
      const said = { patient: '2', traits: PAUL!, document: { id: oid(1) } };
      expect(await leftWith(said, '1', '3')).to.equal('ERR_IDENTITY_CONFLICT');
      archive.undo('2');
      expect(await leftWith(said, '1', '3')).to.equal(undefined);
    });

    it('a mark opens for a release of this delivery that a person gave after it was said, for no other', async () => {
      const plain = { document: { id: oid(1) }, content: 'one' };
      await archive.takes(plain);
      await identity({ traits: { identityFlags: ['DOUB'], automaticFiling: false } });
      expect(await codeOf(plain)).to.equal('ERR_FILING_BLOCKED');
      for (const [who, at, delivery, expected] of [
        ['admin', timeOf(1), 7, 'ERR_FILING_BLOCKED'],
        [RELEASED_BY.lane, timeOf(3), 7, 'ERR_FILING_BLOCKED'],
        [RELEASED_BY.identity, timeOf(3), 7, 'ERR_FILING_BLOCKED'],
        ['admin', timeOf(3), 8, 'ERR_FILING_BLOCKED'],
        ['admin', timeOf(3), 7, undefined],
      ] as const) {
        acts = [{ verb: 'release', who, at, delivery }];
        expect(await codeOf(plain), `${who} ${at} ${delivery}`).to.equal(expected);
      }
    });
  });

  it('B6: it closes them for a document that nothing names as well', async () => {
    const nameless = { visibility: WANTED };
    await archive.takes({ type: 'dcc.identity.updated', opposition: 'IO' });
    expect(dataOf(await legs.before(leaving(nameless), TO)).visibility).to.include({ sendToDmp: false });
  });

  describe('B6: at a further attempt, after an opposition or a mask was said', () => {
    const one = { document: { id: oid(1) }, content: 'one', visibility: WANTED };
    const ended = (outcome: DeliveryState | undefined, code?: ErrorCode): AttemptRecord => ({
      delivery: 7,
      ordinal: 1,
      startedAt: '',
      ...(outcome && { outcome }),
      ...(code && { error: new PasserelleError(code).toData() }),
    });
    const again = async (restrictions?: readonly string[]): Promise<string> => {
      const encoded = { ...(restrictions && { restrictions }) } as EncodedMessage;
      const made = await legs.before({ ...leaving(one), encoded }, TO);
      return 'held' in made ? made.held.code : made.isTighter ? 'other bytes' : 'the same bytes';
    };

    it('the bytes are made anew when no attempt arrived, and it waits for a person when one may have', async () => {
      await archive.takes(one);
      attempts = [ended('queued', 'ERR_ACK_TIMEOUT')];
      expect(await again(), 'nothing said').to.equal('the same bytes');
      await archive.takes({ type: 'dcc.identity.updated', opposition: 'IO' });
      for (const [outcome, code, expected] of [
        ['queued', 'ERR_CONNECTION_REFUSED', 'other bytes'],
        ['queued', 'ERR_ACK_LATER', 'other bytes'],
        ['dead', 'ERR_ACK_REFUSED', 'other bytes'],
        ['held', 'ERR_DESTINATION_UNKNOWN_PATIENT', 'other bytes'],
        ['queued', 'ERR_ACK_TIMEOUT', 'ERR_DOCUMENT_RESTRICTED_SINCE'],
        ['review', 'ERR_ACK_UNREADABLE', 'ERR_DOCUMENT_RESTRICTED_SINCE'],
        ['queued', 'ERR_INTERRUPTED', 'ERR_DOCUMENT_RESTRICTED_SINCE'],
        [undefined, undefined, 'ERR_DOCUMENT_RESTRICTED_SINCE'],
      ] as const) {
        attempts = [ended('queued', 'ERR_ACK_LATER'), ended(outcome, code)];
        expect(await again(), `${outcome} ${code}`).to.equal(expected);
      }
    });

    it('B7: confidentiality that a copy brought closes them too; bytes of before it was told to receivers obeyed what their event says', async () => {
      await archive.takes(one);
      const secret = { ...one, document: { ...one.document, confidentiality: 'R' } };
      await archive.takes(secret);
      const made = dataOf(await legs.before(leaving(one), TO));
      expect(made.document?.confidentiality).to.equal('R');
      expect(made.visibility).to.include({ sendToDmp: false, sendToMssPatient: false });
      attempts = [ended('queued', 'ERR_ACK_TIMEOUT')];
      expect(await again(['sendToDmp', 'sendToMssPatient'])).to.equal('ERR_DOCUMENT_RESTRICTED_SINCE');
      expect(await again(['sendToDmp', 'sendToMssPatient', 'restricted'])).to.equal('the same bytes');
      const left = await legs.before(
        { ...leaving(secret), encoded: { restrictions: ['sendToDmp', 'sendToMssPatient'] } as unknown as EncodedMessage },
        TO,
      );
      expect(left).to.have.property('event').and.not.have.property('isTighter');
    });

    it('bytes that say it already, or more, go again as they are', async () => {
      await archive.takes(one);
      await archive.takes({ type: 'dcc.identity.updated', opposition: 'IO' });
      attempts = [ended('queued', 'ERR_ACK_TIMEOUT')];
      expect(await again(['sendToDmp', 'sendToMssPatient', 'opposed'])).to.equal('the same bytes');
      await archive.takes({ type: 'dcc.identity.updated', opposition: 'INO' });
      expect(await again(['sendToDmp', 'sendToMssPatient', 'opposed'])).to.equal('the same bytes');
      await archive.takes({ ...one, visibility: { ...WANTED, hiddenFromPatient: true } });
      expect(await again(['sendToDmp', 'sendToMssPatient', 'opposed'])).to.equal('ERR_DOCUMENT_RESTRICTED_SINCE');
    });
  });

  for (const [how, next] of [
    ['replaced by name', { document: { id: oid(2), action: 'replace', replaces: oid(1) }, content: 'two' }],
    ['of a lower number in its set', { document: { id: oid(2), setId: oid(9), version: 2 }, content: 'two' }],
    ['deleted', { type: 'dcc.document.deleted', document: { id: oid(1) } }],
  ] as const)
    it(`B3: a version ${how} waits once what took its place has left by that lane, and not before`, async () => {
      const one = { document: { id: oid(1), setId: oid(9), version: 1 }, content: 'one' };
      await archive.takes(one);
      await archive.takes(next);
      for (const [lane, state, isHeld] of [
        ['dcc-out', 'queued', false],
        ['other-out', 'delivered', false],
        ['dcc-out', 'review', true],
        ['dcc-out', 'delivered', true],
      ] as const) {
        states.set(2, { lane, state });
        const made = await legs.before(leaving(one), TO);
        expect('held' in made ? made.held.code : undefined, `${lane} ${state}`).to.equal(isHeld ? 'ERR_DOCUMENT_VERSION_CONFLICT' : undefined);
      }
    });

  it('B3: a version waits once what replaced its replacement has left, and once a copy of its replacement has', async () => {
    const one = { document: { id: oid(1) }, content: 'one' };
    const next = (n: number): Said => ({ document: { id: oid(n), action: 'replace', replaces: oid(n - 1) }, content: `version ${n}` });
    for (const said of [one, next(2), next(2), next(3)]) await archive.takes(said);
    states.set(2, { lane: 'dcc-out', state: 'dead' });
    expect(await legs.before(leaving(one), TO)).to.have.property('event');
    for (const message of [3, 4]) {
      states.set(message, { lane: 'dcc-out', state: 'delivered' });
      expect(await legs.before(leaving(one), TO), `message ${message}`).to.have.nested.property('held.code', 'ERR_DOCUMENT_VERSION_CONFLICT');
      states.delete(message);
    }
  });

  it('B3: what a number stood for before does not leave once what it stands for now has', async () => {
    const draft = { document: { sourceId: '4711', status: 'preliminary' }, content: 'draft' } as const;
    await archive.takes(draft);
    await archive.takes({ document: { sourceId: '4711' }, content: 'final' });
    expect(await legs.before(leaving(draft), TO)).to.have.property('event');
    states.set(2, { lane: 'dcc-out', state: 'delivered' });
    expect(await legs.before(leaving(draft), TO)).to.have.property('held');
  });

  it('B2: a document that another message brought there meanwhile stays, unless it tells of a mask that the receiver does not know', async () => {
    const one = { document: { id: oid(1) }, content: 'one', visibility: WANTED };
    await archive.takes(one);
    await archive.takes(one);
    for (const [state, restrictions, isHeld] of [
      ['dead', [], false],
      ['delivered', [], true],
      ['review', [], true],
    ] as const) {
      states.set(2, { lane: 'dcc-out', state });
      told = restrictions;
      expect('held' in (await legs.before(leaving(one), TO)), state).to.equal(isHeld);
    }
    const masked = { ...one, visibility: { ...WANTED, hiddenFromPatient: true } };
    await archive.takes(masked);
    expect(await legs.before(leaving(masked, 3), TO), 'masked').to.have.property('event');
  });

  it('B2: what is in force stays where its copy arrived, and leaves where only the older content that it takes up again did', async () => {
    const step = (content: string, status: 'final' | 'corrected', action: 'new' | 'replace') =>
      ({ document: { sourceId: '4711', status, action }, content }) as const;
    const second = step('two', 'corrected', 'replace');
    await archive.takes(step('one', 'corrected', 'new'));
    await archive.takes(second);
    await archive.takes(second);
    states.set(3, { lane: 'dcc-out', state: 'delivered' });
    expect(await legs.before(leaving(second, 2), TO)).to.have.property('held');
    const third = step('one', 'corrected', 'replace');
    states.clear();
    states.set(1, { lane: 'dcc-out', state: 'delivered' });
    await archive.takes(third);
    expect(await legs.before(leaving(third, 4), TO)).to.have.property('event');
  });

  it('B4, B6: a deletion in doubt goes again though its patient opposed meanwhile, and though its document arrived', async () => {
    const one = { document: { id: oid(1) }, content: 'one', visibility: WANTED };
    const gone = { ...one, type: 'dcc.document.deleted' };
    await archive.takes(one);
    states.set(1, { lane: 'dcc-out', state: 'delivered' });
    await archive.takes(gone);
    await archive.takes(gone);
    await archive.takes({ type: 'dcc.identity.updated', opposition: 'IO' });
    attempts = [{ delivery: 7, ordinal: 1, startedAt: '', outcome: 'queued', error: new PasserelleError('ERR_ACK_TIMEOUT').toData() }];
    for (const message of [2, 3]) {
      const made = await legs.before({ ...leaving(gone, message), encoded: { restrictions: [] } as unknown as EncodedMessage }, TO);
      expect(made, `${message}`).to.have.property('event');
    }
  });

  it('B4: a deletion does not leave once its number, given again, has brought another document there', async () => {
    const numbered = (content: string): Said => ({ document: { sourceId: '4711' }, content });
    const gone = { ...numbered('one'), type: 'dcc.document.deleted' };
    await archive.takes(numbered('one'));
    await archive.takes(gone);
    states.set(1, { lane: 'dcc-out', state: 'delivered' });
    states.set(2, { lane: 'dcc-out', state: 'dead' });
    await archive.takes(numbered('two'));
    expect(await legs.before(leaving(gone, 2), TO), 'before it').to.have.property('event');
    states.set(3, { lane: 'dcc-out', state: 'delivered' });
    expect(await legs.before(leaving(gone, 2), TO)).to.have.nested.property('held.code', 'ERR_DOCUMENT_VERSION_CONFLICT');
    await archive.takes(gone);
    expect(await legs.before(leaving(gone, 4), TO), 'of what it stands for now').to.have.property('event');
  });

  it('A4: a document that was queued before its identity was marked waits for a person', async () => {
    const one = { document: { id: oid(1) }, content: 'one' };
    await archive.takes(one);
    const says = (patient: string, ...identityFlags: string[]): ReturnType<Archive['takes']> => {
      const marks = identityFlags.length > 0 && { identityFlags, automaticFiling: false };
      const data = { patient: { ipp: patient, identityStatus: 'VALI', ...marks }, originApplication: 'GAM' };
      return archive.takes({ type: 'dcc.identity.updated', patient, data });
    };
    const held = async (): Promise<string | undefined> => {
      const made = await legs.before(leaving(one), TO);
      return 'held' in made ? made.held.code : undefined;
    };
    await says('1');
    expect(await held()).to.equal(undefined);
    await says('1', 'COLV');
    expect(await held(), 'since').to.equal('ERR_FILING_BLOCKED');
    await says('1');
    expect(await held(), 'not marked any more').to.equal(undefined);
    await says('2', 'DOUB');
    await archive.takes({ patient: '2', absorbs: '1' });
    expect(await held(), 'who absorbed it since').to.equal('ERR_FILING_BLOCKED');
  });

  it('B8: the control id that leaves leads an answer of that site to the document, and no other site’s', async () => {
    const one = { document: { id: oid(1) }, content: 'one' };
    await archive.takes(one);
    await legs.sent(leaving(one), TO, 'OUT9');
    const answer = (site: string): ReturnType<Archive['takes']> =>
      archive.takes({ type: 'dcc.document.delivered', site, data: { originalMessageId: 'OUT9', ack: 'AA' } });
    expect((await answer(SOUTH)).codes).to.deep.equal(['answer-unmatched']);
    expect((await answer(RECORD)).codes).to.deep.equal([]);
    expect(archive.note(oid(1))?.['proofs']).to.deep.include.members([
      { proof: 'delivered', lane: 'dcc-out', delivery: 'TEST-d7', code: 'AA', at: '2026-09-01T00:03:00.000Z', message: 'TEST-3' },
    ]);
  });

  it('B8: an answer goes on to whoever sent the document, about the message that it knows, once', async () => {
    const one = { document: { id: oid(1) }, content: 'one' };
    await archive.takes(one);
    await legs.sent(leaving(one), TO, 'OUT9');
    const answer = (): ReturnType<Archive['takes']> =>
      archive.takes({ type: 'dcc.delivery.mss.read', site: RECORD, data: { originalMessageId: 'OUT9', reader: 'a' } });
    const { destinations, event } = await answer();
    expect([destinations, event?.data]).to.deep.equal([[NORTH], { originalMessageId: 'IN1', reader: 'a' }]);
    expect((await answer()).targets).to.deep.equal([]);
  });

  it('asks nothing of what is no document', async () => {
    const made = await legs.before(leaving({ type: 'dcc.identity.updated', site: NORTH }), TO);
    expect(made).to.have.property('event');
    expect(archive.notes.size).to.equal(0);
  });
});
