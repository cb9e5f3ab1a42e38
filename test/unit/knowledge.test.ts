/** Notes are judged in the order of messages, and nobody sees what a commit under way may still take back. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { PasserelleError, UNCONFIGURED, type Note } from '../../core/contract/index.ts';
import { Knowledge, type Case, type Judge } from '../../core/knowledge/index.ts';

const KIND = 'person';

/** A journal of notes that answers when it is told to. */
class Notes {
  readonly kept = new Map<string, string>();
  reads = 0;
  wait: Promise<void> = Promise.resolve();

  async notes(_kind: string, keys: readonly string[]): Promise<readonly (string | undefined)[]> {
    this.reads += 1;
    const values = keys.map((key) => this.kept.get(key));
    await this.wait;
    return values;
  }

  commit(notes: readonly Note[]): void {
    for (const { key, value } of notes) this.kept.set(key, value);
  }
}

/** Appends what an event says to the note of its first patient; a note `-> b` leads to the note of b. */
const judge: Judge = {
  needs: ({ keys }, known) => {
    const chain = [keys[0]!];
    for (let next = known(KIND, chain[0]!); next?.startsWith('-> '); next = known(KIND, chain.at(-1)!)) chain.push(next.slice(3));
    return chain.map((key) => ({ kind: KIND, key }));
  },
  judge: ({ keys, event }, known) => {
    let key = keys[0]!;
    while (known(KIND, key)?.startsWith('-> ')) key = known(KIND, key)!.slice(3);
    const { says } = event.data as unknown as { says: string };
    const notes = [{ kind: KIND, key, value: says.startsWith('-> ') ? says : `${known(KIND, key) ?? ''}${says}` }];
    return says === 'stop' ? { quarantine: { code: 'ERR_INVARIANT', message: '' } as never, notes: [] } : { notes };
  },
};

const said = (patient: string, says: string): Case =>
  ({
    event: { data: { says } },
    draft: {},
    kind: 'identity',
    keys: [patient],
    role: 'establishment',
    settings: UNCONFIGURED,
    message: {},
    now: '',
  }) as unknown as Case;

describe('knowledge', () => {
  let journal: Notes;
  let knowledge: Knowledge;
  const notesOf = (judgements: readonly (readonly { readonly notes?: readonly Note[] }[])[]): Note[] =>
    judgements.flat().flatMap(({ notes = [] }) => notes);
  const judgeAndCommit = async (...messages: Case[]): Promise<void> => {
    const { judgements, release } = await knowledge.judge(messages.map((one) => [one]));
    journal.commit(notesOf(judgements));
    release(true);
  };

  beforeEach(() => {
    journal = new Notes();
    knowledge = new Knowledge(journal, [judge]);
  });

  it('shows each message what those before it left, and reads a note once', async () => {
    await judgeAndCommit(said('a', '1'), said('b', '2'), said('a', '3'));
    await judgeAndCommit(said('a', '4'));
    expect(Object.fromEntries(journal.kept)).to.deep.equal({ a: '134', b: '2' });
    expect(journal.reads).to.equal(1);
  });

  it('follows a note to another one', async () => {
    journal.kept.set('a', '-> b').set('b', '-> c');
    await judgeAndCommit(said('a', '1'), said('b', '2'));
    expect(journal.kept.get('c')).to.equal('12');
  });

  it('lets nobody see what is not committed, and nothing of what never was', async () => {
    const first = await knowledge.judge([[said('a', 'lost')]]);
    let isSecondDone = false;
    const second = judgeAndCommit(said('a', '2')).then(() => (isSecondDone = true));
    await judgeAndCommit(said('b', 'else'));
    expect(isSecondDone).to.equal(false);
    first.release(false);
    await second;
    expect(journal.kept.get('a')).to.equal('2');
  });

  it('counts nothing of a message that stops, and what comes after it in the batch goes on', async () => {
    const { judgements, release } = await knowledge.judge([[said('a', 'x'), said('b', 'stop')], [said('a', '1')]]);
    expect(judgements[1]![0]!.notes).to.deep.equal([{ kind: KIND, key: 'a', value: '1' }]);
    release(true);
  });

  it('shows nothing of what is not stored with an earlier message', async () => {
    const { judgements, release } = await knowledge.judge([[said('a', 'x')], [said('a', '1')]], (message, made) =>
      message === 0 ? [] : notesOf([made]),
    );
    expect(judgements[1]![0]!.notes).to.deep.equal([{ kind: KIND, key: 'a', value: '1' }]);
    release(true);
  });

  it('judges each message once, when all that they ask for is read', async () => {
    let judged = 0;
    const counting: Judge = { ...judge, judge: (...args) => ((judged += 1), judge.judge(...args)) };
    journal.kept.set('a', '-> b').set('b', '-> c');
    const { release } = await new Knowledge(journal, [counting]).judge([[said('d', '1')], [said('a', '1')], [said('c', '2')]]);
    release(true);
    expect(judged).to.equal(3);
  });

  it('reads together what judging leads to in several messages of a batch', async () => {
    const led: Judge = {
      needs: ({ keys }, known) => [keys[0]!, ...(known(KIND, keys[0]!) === undefined ? [] : [`of ${keys[0]}`])].map((key) => ({ kind: KIND, key })),
      judge: ({ keys }, known) => ({ notes: [{ kind: KIND, key: `of ${keys[0]}`, value: known(KIND, keys[0]!) ?? '' }] }),
    };
    knowledge = new Knowledge(journal, [judge, led]);
    await judgeAndCommit(said('a', '1'), said('b', '2'), said('c', '3'));
    expect([journal.kept.get('of a'), journal.kept.get('of c'), journal.reads]).to.deep.equal(['1', '3', 2]);
  });

  it('stops at references without an end the message that leads there, and no other', async () => {
    const endless: Judge = {
      needs: ({ keys: [key] }) => Array.from({ length: key === 'a' ? 2000 : 1 }, (_, n) => ({ kind: KIND, key: `${key}${n}` })),
      judge: () => ({}),
    };
    const { judgements, release } = await new Knowledge(journal, [endless]).judge([[said('a', '1')], [said('b', '1')]]);
    release(true);
    expect(judgements.map(([one]) => one?.quarantine?.code)).to.deep.equal(['ERR_INVARIANT', undefined]);
  });

  it('keeps of a message that one judge stops the notes of that judge alone', async () => {
    const registers: Judge = { needs: judge.needs, judge: ({ keys }) => ({ notes: [{ kind: 'document', key: keys[0]!, value: 'registered' }] }) };
    const stops: Judge = {
      needs: judge.needs,
      judge: ({ keys }) => ({ quarantine: { code: 'ERR_INVARIANT', message: '' }, notes: [{ kind: 'task', key: keys[0]!, value: 'asked' }] }),
    };
    for (const judges of [
      [registers, stops],
      [stops, registers],
    ]) {
      const { judgements, release } = await new Knowledge(journal, judges).judge([[said('a', '1')]]);
      expect(notesOf(judgements).map(({ kind }) => kind)).to.deep.equal(['task']);
      release(true);
    }
  });

  it('reads ahead what will be asked for, once, whoever waits for it', async () => {
    journal.commit([{ kind: KIND, key: 'a', value: '1' }]);
    knowledge.readAhead([said('a', '2'), said('a', '3')]);
    knowledge.readAhead([said('b', '4')]);
    await nextTurn();
    await judgeAndCommit(said('a', '2'));
    expect([journal.kept.get('a'), journal.reads]).to.deep.equal(['12', 1]);
    knowledge.readAhead([said('a', '3')]);
    expect(journal.reads).to.equal(1);
  });

  it('reads again for who judges what could not be read ahead', async () => {
    const away = Promise.withResolvers<void>();
    journal.wait = away.promise;
    knowledge.readAhead([said('a', '1')]);
    away.reject(new PasserelleError('ERR_JOURNAL_UNAVAILABLE'));
    await nextTurn();
    journal.wait = Promise.resolve();
    await judgeAndCommit(said('a', '1'));
    expect(journal.kept.get('a')).to.equal('1');
  });

  it('keeps what was committed while an older reading was on its way', async () => {
    const reading = Promise.withResolvers<void>();
    journal.wait = reading.promise;
    const slow = knowledge.judge([[said('a', '2')]]);
    await nextTurn();
    journal.wait = Promise.resolve();
    // By somebody who need not know what it was.
    const write = async (notes: readonly Note[]): Promise<void> => journal.commit(notes);
    await knowledge.change([], () => ({ notes: [{ kind: KIND, key: 'a', value: '1' }], result: undefined }), write);
    reading.resolve();
    const { judgements, release } = await slow;
    release(true);
    expect(notesOf(judgements)).to.deep.equal([{ kind: KIND, key: 'a', value: '12' }]);
  });

  it('has all that one message asks for, however much more that is than is kept', async () => {
    const keys = Array.from({ length: 6 }, (_, i) => `k${i}`);
    journal.commit(keys.map((key) => ({ kind: KIND, key, value: key.repeat(1024 * 1024) })));
    const known = await knowledge.read(keys.map((key) => ({ kind: KIND, key })));
    expect(keys.map((key) => known(KIND, key)?.slice(0, 2))).to.deep.equal(keys);
  });

  it('forgets the oldest of too many, also past one that is in use as long as they come', async () => {
    const { release } = await knowledge.judge([[said('in use', '1')]]);
    const many = Array.from({ length: 30_000 }, (_, i) => `p${i}`);
    for (let from = 0; from < many.length; from += 500) await judgeAndCommit(...many.slice(from, from + 500).map((patient) => said(patient, 'x')));
    const reads = async (key: string): Promise<number> => {
      const before = journal.reads;
      await knowledge.read([{ kind: KIND, key }]);
      return journal.reads - before;
    };
    expect([await reads('p29999'), await reads('p0')]).to.deep.equal([0, 1]);
    release(true);
    expect(await reads('in use')).to.equal(0);
  });

  it('gives a person the notes as they are, after who uses them', async () => {
    const first = await knowledge.judge([[said('a', '1')]]);
    const changing = knowledge.change(
      [{ kind: KIND, key: 'a' }],
      (known) => ({ notes: [{ kind: KIND, key: 'a', value: `${known(KIND, 'a')}!` }], result: known(KIND, 'a') }),
      async (notes) => journal.commit(notes),
    );
    journal.commit(notesOf(first.judgements));
    first.release(true);
    expect(await changing).to.equal('1');
    await judgeAndCommit(said('a', '2'));
    expect(journal.kept.get('a')).to.equal('1!2');
  });

  it('A6: gives a person what the notes lead to, however far', async () => {
    journal.commit(['a', 'b', 'c'].map((key, i) => ({ kind: KIND, key, value: ['-> b', '-> c', '1'][i]! })));
    const end = await knowledge.change(
      (known) => judge.needs(said('a', ''), known),
      (known) => ({ notes: [{ kind: KIND, key: 'c', value: `${known(KIND, 'c')}!` }], result: known(KIND, 'c') }),
      async (notes) => journal.commit(notes),
    );
    expect([end, journal.kept.get('c')]).to.deep.equal(['1', '1!']);
  });
});
