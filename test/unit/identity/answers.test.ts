/** What a person answers to a task, while the message it is about is moved by others (SAFETY A4). */
import { expect } from 'chai';
import { PasserelleError, type IdentityFace, type MessageState, type OperatorAction } from '../../../core/contract/index.ts';
import { canMoveMessage } from '../../../core/contract/index.ts';
import { misnamedDocuments, tellMisnamed } from '../../../core/engine/misnamed.ts';
import { MISNAMED, TASK, taskKey, type Task } from '../../../core/identity/index.ts';
import { Knowledge, type Case, type Judgement } from '../../../core/knowledge/index.ts';
import type { Patient } from '../../../core/model/index.ts';
import { faceOf, journalOf } from './face.ts';
import { DOMAIN, Hospital, INS, OTHER_INS, QUALIFIED, TRAITS, VALIDATED, keyed, verdict, type Telling } from './hospital.ts';

const ID = 'TEST-7';

describe('answers to a task of identity vigilance', () => {
  let hospital: Hospital;
  let state: MessageState;
  const moved = { replay: 'received', discard: 'discarded' } as const;
  const journal = {
    ...journalOf(() => hospital),
    message: async () => ({ message: { state, site: '990001018', receivedAt: '2026-10-01T08:00:00.000Z' }, deliveries: [] }),
    notesOf: async (kind: string) => ({
      items: [...hospital.notes].filter(([name]) => name.startsWith(`${kind} `)).map(([, value]) => ({ value })),
    }),
    act: async ([action]: readonly OperatorAction[]) => {
      const to = moved[action!.verb as 'replay' | 'discard'];
      if (!canMoveMessage(state, to)) throw new PasserelleError('ERR_TRANSITION', { found: `${action!.verb} of a ${state} message` });
      state = to;
      return [];
    },
  };
  const face = (): IdentityFace => faceOf(journal);
  const questionOf = async (id = ID): Promise<string | undefined> => (await face().task(id)).question;
  const answer = async (verdictOf: 'accept' | 'reject', id = ID, seen?: string): Promise<string> => {
    const question = seen ?? (await questionOf(id));
    return face()
      .answer({ id, verdict: verdictOf, who: 'camille', why: 'seen', ...(question !== undefined && { question }) })
      .then(
        ({ state: of }) => of,
        (thrown: unknown) => PasserelleError.from(thrown).code,
      );
  };
  /** The next run of the message. */
  const decide = (): string => {
    const judgement = hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { id: ID, at: 59 });
    state = judgement.quarantine ? 'quarantined' : 'decoded';
    return verdict(judgement);
  };
  const task = (): string => hospital.tasks()[0]!.state;

  beforeEach(() => {
    hospital = new Hospital();
    hospital.identity(QUALIFIED);
    decide();
  });

  it('A4: a rejection puts the message away; one that was put away before is over', async () => {
    expect([await answer('reject'), state, task()]).to.deep.equal(['rejected', 'discarded', 'rejected']);
    decide();
    state = 'discarded';
    expect([await answer('reject'), task()]).to.deep.equal(['rejected', 'rejected']);
  });

  it('A4: a rejection that comes while the message is on its way to be decided again is said, and holds', async () => {
    state = 'received';
    expect([await answer('reject'), task()]).to.deep.equal(['ERR_TRANSITION', 'open']);
    hospital.identity(VALIDATED);
    expect([decide(), task()], 'though nothing contradicts it any more').to.deep.equal(['quarantined ERR_IDENTITY_CONFLICT', 'open']);
    expect(hospital.joined('1').ins?.ins).to.not.equal(OTHER_INS);
    expect([await answer('reject'), state, task()]).to.deep.equal(['rejected', 'discarded', 'rejected']);
  });

  it('A4: of two answers at once no message is left that waits without a task', async () => {
    const verdicts = await Promise.all([answer('accept'), answer('reject')]);
    if (state === 'received') decide();
    expect([verdicts.sort(), state, task()]).to.deep.equal([['ERR_TRANSITION', 'open'], 'quarantined', 'open']);
    expect(hospital.joined('1').ins?.ins).to.equal(INS);
    expect([await answer('accept'), decide(), task()]).to.deep.equal(['open', 'qualified', 'accepted']);
  });

  it('A4, A6: an acceptance is of the question that was read: of another one, asked since, it is refused and agrees to nothing', async () => {
    hospital = new Hospital();
    const merge = (): string => {
      const judgement = hospital.merge('1', '2', { id: ID, at: 59 });
      state = judgement.quarantine ? 'quarantined' : 'decoded';
      return verdict(judgement);
    };
    for (const ipp of ['1', '2']) hospital.identity(TRAITS, { ipp, at: 0 });
    hospital.merge('1', '2', { at: 1 });
    hospital.undo('2');
    merge();
    const read = await questionOf();
    hospital.identity(QUALIFIED, { ipp: '1', at: 2 });
    hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { ipp: '2', at: 2 });
    expect([await answer('accept', ID, read), merge()], 'the first officer').to.deep.equal(['open', 'quarantined ERR_IDENTITY_MERGE']);
    expect([await answer('accept', ID, read), await answer('accept', ID, 'none'), state]).to.deep.equal([
      'ERR_TASK_CHANGED',
      'ERR_TASK_CHANGED',
      'quarantined',
    ]);
    expect([merge(), hospital.person('2')?.into?.ipp], 'two INS that nobody has seen').to.deep.equal(['quarantined ERR_IDENTITY_MERGE', undefined]);
    const unsaid = await face()
      .answer({ id: ID, verdict: 'accept', who: 'camille', why: 'seen' })
      .catch((thrown: unknown) => PasserelleError.from(thrown).code);
    expect(unsaid).to.equal('ERR_TASK_CHANGED');
    expect([await answer('accept'), merge(), hospital.person('2')?.into?.ipp], 'once it is read').to.deep.equal(['open', 'as it is', '1']);
  });

  describe('to a datamatrix of another patient on a document that was filed', () => {
    const misnamed = { ...TRAITS, birthName: 'ÉTREZAC' };
    const file = (): string => {
      const judgement = hospital.document(VALIDATED, { id: ID, at: 2 });
      state = judgement.quarantine ? 'quarantined' : 'decoded';
      return verdict(judgement);
    };
    const look = (part = 'p1', ...marked: readonly Patient[]): Promise<void> => {
      const event = { patient: VALIDATED, originApplication: 'DPI' };
      const found = { message: 7, part, event, marked: marked.length > 0 ? marked : [misnamed], at: '2026-10-01T08:00:00.000Z' };
      return tellMisnamed(found, journal as never, new Knowledge(journal, []));
    };
    const asked = (): Task | undefined => hospital.tasks().find(({ kind, state: of }) => kind === 'datamatrix' && of === 'open');
    const alerts = async (): Promise<readonly string[]> => (await misnamedDocuments(journal as never)).map(({ code }) => code);

    beforeEach(() => {
      hospital = new Hospital();
      hospital.identity(VALIDATED, { at: 1 });
      file();
    });

    it('A8: a replay of the document ends neither the question nor its alert; the answer ends both', async () => {
      await look();
      expect(file()).to.equal('as it is');
      expect([asked()?.state, await alerts()]).to.deep.equal(['open', ['ALERT_DOCUMENT_OTHER_PATIENT']]);
      expect([await answer('reject', asked()!.id), asked(), await alerts(), state]).to.deep.equal(['rejected', undefined, [], 'decoded']);
    });

    it('A8: of two documents of one message, and of two patients on the pages of one, each is shown and decided', async () => {
      await look('p1');
      await look('p2', { ...TRAITS, birthName: 'AUTRE' }, { ...TRAITS, birthName: 'TIERS' });
      const open = (): readonly (readonly unknown[])[] =>
        hospital.tasks().flatMap(({ state: of, candidates }) => (of === 'open' ? [candidates.slice(1).map(({ patient }) => patient.birthName)] : []));
      expect(open()).to.have.deep.members([['ÉTREZAC'], ['AUTRE', 'TIERS']]);
      await answer('reject', asked()!.id);
      expect([open().length, await alerts()]).to.deep.equal([1, ['ALERT_DOCUMENT_OTHER_PATIENT']]);
      await answer('accept', asked()!.id);
      expect([open(), await alerts()]).to.deep.equal([[], []]);
    });

    it('A8: looked at before it is filed, every patient on its pages is in the task', () => {
      const marked = ['AUTRE', 'TIERS'].map((birthName) => ({ ...TRAITS, birthName }));
      hospital.document(VALIDATED, { id: ID, at: 2, misnamed: { reason: 'another name', marked } });
      const { candidates } = hospital.tasks().find(({ id }) => id === ID)!;
      expect(candidates.map(({ patient }) => patient.birthName)).to.deep.equal([VALIDATED.birthName, 'AUTRE', 'TIERS']);
    });

    it('A8: another question of the same message, before or after, does not hide it, and its answer does not end the alert', async () => {
      for (const isBefore of [true, false]) {
        hospital = new Hospital();
        hospital.identity(VALIDATED, { at: 1 });
        file();
        if (!isBefore) await look();
        hospital.identity({ ...VALIDATED, birthName: 'NOUVEAU' }, { at: 3 });
        expect(file()).to.equal('quarantined ERR_IDENTITY_CONFLICT');
        if (isBefore) await look();
        expect(asked()?.differences.map(({ received }) => received.value)).to.deep.equal(['ÉTREZAC']);
        await answer('reject');
        expect([hospital.tasks().find(({ id }) => id === ID)?.state, asked()?.state, await alerts()]).to.deep.equal([
          'rejected',
          'open',
          ['ALERT_DOCUMENT_OTHER_PATIENT'],
        ]);
      }
    });

    it('A8: as an older journal has it, a replay does not end it; and an alert that is left of a closed one can be ended', async () => {
      await look();
      const older = { ...asked()!, id: ID };
      hospital.notes.clear();
      hospital.identity(VALIDATED, { at: 1 });
      hospital.notes.set(`${MISNAMED} ${taskKey(ID)}`, JSON.stringify({ site: '990001018', at: older.askedAt }));
      const put = (task: Task): unknown => hospital.notes.set(`${TASK} ${taskKey(ID)}`, JSON.stringify(task));
      put(older);
      file();
      expect(asked()?.state).to.equal('open');
      put({ ...older, kind: 'document', state: 'accepted' });
      expect([await answer('accept'), await alerts(), await answer('accept')]).to.deep.equal(['accepted', [], 'ERR_TRANSITION']);
    });
  });

  describe('that several messages wait for', () => {
    const twin = { ...VALIDATED, firstGivenName: 'ZOÉ', birthGivenNames: 'ZOÉ MARIE' };
    const ids = ['TEST-12', 'TEST-13', 'TEST-14'];
    const acted: unknown[] = [];
    /** Somebody else under a number that was changed: received in the order of ids. */
    const say = (id: string, said: Patient = twin): string =>
      verdict(hospital.identity(said, { ipp: '1', at: 50, id, receivedAt: `2026-11-30T08:00:${id.slice(-2)}.000Z` }));
    const states = (): readonly string[] => hospital.tasks().map(({ id, state: of }) => `${id} ${of}`);
    const { act } = journal;
    beforeEach(() => {
      acted.length = 0;
      journal.act = async (actions: readonly OperatorAction[]) => {
        acted.push(...actions.map(({ verb, message }: OperatorAction & { readonly message?: number }) => `${verb} ${message}`));
        return [];
      };
      hospital = new Hospital();
      hospital.identity(QUALIFIED, { ipp: '1', at: 1 });
      hospital.merge('9', '1', { kind: 'change-id', at: 5 });
      for (const id of ids.toReversed()) say(id);
    });
    afterEach(() => {
      journal.act = act;
    });

    it('A2, A4: one rejection puts all of them away, and nothing that asks something else', async () => {
      say('TEST-15', { ...twin, birthDate: '1938-06-12' });
      hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { ipp: '9', at: 60, id: 'TEST-16' });
      expect((await face().task('TEST-13')).alike).to.deep.equal(['TEST-12', 'TEST-14']);
      expect(await answer('reject', 'TEST-13')).to.equal('rejected');
      expect(acted).to.deep.equal(['discard 12', 'discard 13', 'discard 14']);
      expect(states()).to.have.members([...ids.map((id) => `${id} rejected`), 'TEST-15 open', 'TEST-16 open']);
      expect(say('TEST-17'), 'and is remembered by nobody').to.equal('quarantined ERR_IDENTITY_CONFLICT');
    });

    it('A2, A4: one acceptance has all of them decided again, in the order in which they came', async () => {
      expect(await answer('accept', 'TEST-14')).to.equal('open');
      expect(acted).to.deep.equal(['replay 12', 'replay 13', 'replay 14']);
      expect(ids.map((id) => say(id))).to.deep.equal(['dequalified', 'updated', 'updated']);
      expect(states()).to.have.members(ids.map((id) => `${id} accepted`));
    });

    it('A4: one that is refused answers none of them', async () => {
      expect(await answer('accept', 'TEST-12', 'another')).to.equal('ERR_TASK_CHANGED');
      expect([acted, states()]).to.deep.equal([[], ids.toReversed().map((id) => `${id} open`)]);
    });

    it('A4: only what does the same is answered with it: an update with updates, an admission with admissions, and neither with a merge, a link or a stay that moves', async () => {
      hospital = new Hospital();
      const other = { ...twin, birthName: 'ÉTREZAC' };
      for (const ipp of ['1', '2', '3']) hospital.identity(VALIDATED, { ipp, at: 1 });
      const of = (ipp: string, patient: Patient = {}): Patient => ({ ipp, domain: DOMAIN, ...patient });
      const telling = (id: string): Telling => ({ id, at: 50, receivedAt: `2026-11-30T08:00:${id.slice(-2)}.000Z` });
      const admission = { draft: { type: 'dcc.visit.opened', data: {}, keys: [{ domain: DOMAIN, value: '1' }] } };
      const others = [admission] as unknown as Case['others'] & {};
      const link = (type: 'dcc.identity.linked' | 'dcc.identity.unlinked', id: string): Judgement =>
        hospital.tell(type, ['1', '2'], telling(id), (data) => ({ ...data, patients: [of('1', other), of('2')] }));
      const move = (from: string, id: string): Judgement =>
        hospital.tell('dcc.visit.reassigned', ['1', from], telling(id), (data) => ({
          ...data,
          patient: of('1', other),
          from: of(from),
          visit: { id: 'S1' },
        }));
      const all = [
        ...['TEST-12', 'TEST-13'].map((id) => hospital.identity(other, telling(id))),
        ...['TEST-14', 'TEST-15'].map((id) => hospital.identity(other, { ...telling(id), others })),
        hospital.merge('1', '2', { patient: other, ...telling('TEST-16') }),
        hospital.merge('1', '3', { patient: other, ...telling('TEST-17') }),
        link('dcc.identity.linked', 'TEST-18'),
        link('dcc.identity.unlinked', 'TEST-19'),
        move('2', 'TEST-20'),
        move('3', 'TEST-21'),
      ];
      expect(new Set(all.map(verdict))).to.deep.equal(new Set(['quarantined ERR_IDENTITY_CONFLICT']));
      const alike = await Promise.all(hospital.tasks().map(async ({ id }) => [id, ...(await face().task(id)).alike].sort().join(' ')));
      const alone = ['16', '17', '18', '19', '20', '21'].map((n) => `TEST-${n}`);
      expect([...new Set(alike)]).to.have.members(['TEST-12 TEST-13', 'TEST-14 TEST-15', ...alone]);
    });

    it('A4: a document is answered by itself, whoever says the same', async () => {
      for (const id of ['TEST-21', 'TEST-22']) hospital.document(twin, { ipp: '1', id });
      expect((await face().task('TEST-21')).alike).to.deep.equal([]);
    });
  });

  it('A4: an answer sees all whom the task names by the time it is written', async () => {
    hospital.identity(QUALIFIED, { ipp: '2' });
    const { notes } = journal;
    journal.notes = async (kind, keys) => {
      journal.notes = notes;
      const found = await notes(kind, keys);
      hospital.identity({ ...QUALIFIED, ins: OTHER_INS }, { id: ID, ipp: '2', at: 59 });
      return found;
    };
    expect(await answer('reject')).to.equal('rejected');
    expect(hospital.tasks()[0]!.keys).to.have.members(['1', '2'].map(keyed));
    for (const ipp of ['1', '2']) expect(hospital.person(ipp)).to.not.have.property('open');
  });
});
