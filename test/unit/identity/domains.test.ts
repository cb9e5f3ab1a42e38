/** SAFETY A1 and A6 over several domains and sites: a number is one of its domain, whoever says it, and a merge is one of its domain too. */
import { expect } from 'chai';
import { UNCONFIGURED, type ClearKey, type Note } from '../../../core/contract/index.ts';
import {
  answerTask,
  identityJudge,
  PERSON,
  personOf,
  readTask,
  shownQuestion,
  survivorOf,
  TASK,
  taskKey,
  undoMerge,
  type Person,
  type Task,
} from '../../../core/identity/index.ts';
import { keptOf, Knowledge, type Case, type Judgement } from '../../../core/knowledge/index.ts';
import { kindOf, type Patient } from '../../../core/model/index.ts';
import { index, NORTH, SOUTH } from '../documents/archive.ts';
import { INS, OTHER_INS, PLAIN, QUALIFIED, TRAITS, VALIDATED, patientOf, verdict } from './hospital.ts';

describe('identity domains', () => {
  let notes: Map<string, string>;
  let knowledge: Knowledge;
  let count = 0;
  const runs = new Map<string, number>();
  const judge = identityJudge(
    () => [{ application: 'DPI', insAuthority: true }],
    (site, domain) => site === NORTH || domain !== 'own',
  );
  /** As of a journal that is read again. */
  const reread = (): void => {
    knowledge = new Knowledge({ notes: async (kind, keys) => keys.map((key) => notes.get(`${kind} ${key}`)) }, [judge]);
  };
  const keep = (all: readonly Note[]): void => {
    for (const { kind, key, value } of all) notes.set(`${kind} ${key}`, value);
    reread();
  };
  beforeEach(() => {
    notes = new Map();
    runs.clear();
    reread();
  });

  /** Of the message of that name, or of a new one. */
  async function tell(type: string, site: string, keys: readonly ClearKey[], data: object, id = `TEST-${(count += 1)}`): Promise<Judgement> {
    count += 1;
    runs.set(id, (runs.get(id) ?? 0) + 1);
    const time = new Date(Date.UTC(2026, 9, 1, 8, count)).toISOString();
    const whole = { originApplication: 'DPI', recordedAt: time, ...data };
    const one = {
      event: { id: `e${count}`, type, site, time, data: whole },
      draft: { type, data: whole, keys },
      kind: kindOf(type),
      keys: keys.map((key) => index.patient(key)),
      role: 'establishment',
      settings: { ...UNCONFIGURED, site, senders: [{ application: 'DPI', insAuthority: true }] },
      parts: [],
      targets: [],
      message: { id, run: runs.get(id)!, receivedAt: time, controlId: `M${count}` },
      now: time,
    } as unknown as Case;
    const { judgements, release } = await knowledge.judge([[one]]);
    const judgement = judgements[0]![0]!;
    for (const { kind, key, value } of keptOf([judgement], judgement.quarantine ? 'quarantined' : 'decoded')) notes.set(`${kind} ${key}`, value);
    release(true);
    return judgement;
  }
  const identity = (site: string, domain: string, ipp: string, more: object = {}): Promise<Judgement> =>
    tell('dcc.identity.updated', site, [{ domain, value: ipp }], { patient: { ...TRAITS, ipp, domain, ...more } });
  const known = (kind: string, key: string): string | undefined => notes.get(`${kind} ${key}`);
  const person = (domain: string, value: string): Person | undefined => personOf(known, index.patient({ domain, value }));
  const people = (): number => [...notes.keys()].filter((name) => name.startsWith(`${PERSON} `)).length;

  it('A1: two sites of one domain tell of one identity; the same number of another domain is somebody else', async () => {
    await identity(NORTH, 'group', '1');
    await identity(SOUTH, 'group', '1', { usedName: 'NEUVE' });
    expect(people()).to.equal(1);
    expect(JSON.stringify(person('group', '1'))).to.include('NEUVE');
    await identity(NORTH, 'other', '1', { birthName: 'MARTIN' });
    expect(people()).to.equal(2);
    expect(JSON.stringify(person('group', '1'))).to.not.include('MARTIN');
  });

  it('A1: lanes know a patient by the pair of domain and number, neither by the site nor by the number alone', () => {
    const keys = [
      { domain: 'group', value: '1' },
      { domain: 'other', value: '1' },
      { domain: 'group', value: '2' },
      { domain: 'group1', value: '' },
    ].map((key) => index.patient(key));
    expect(new Set(keys).size).to.equal(keys.length);
    expect(index.patient({ domain: 'group', value: '1' })).to.equal(keys[0]);
  });

  it('A6: a merge relinks the numbers of its domain, and not those of another domain that are the same', async () => {
    for (const domain of ['group', 'other']) for (const ipp of ['1', '2']) await identity(NORTH, domain, ipp);
    const keys = ['1', '2'].map((value) => ({ domain: 'group', value }));
    const merged = await tell('dcc.identity.merged', NORTH, keys, { surviving: '1', absorbed: '2', domain: 'group', kind: 'merge' });
    expect(merged).to.not.have.property('quarantine');
    const survivor = (domain: string): string | undefined => survivorOf(index.patient({ domain, value: '2' }), known).person?.ipp;
    expect([survivor('group'), survivor('other')]).to.deep.equal(['1', '2']);
  });

  describe('of which a hospital names several', () => {
    const own = (value: string): ClearKey => ({ domain: 'own', value });
    const group = (value: string): ClearKey => ({ domain: 'group', value });
    const said = (ipp: string, more: object = {}): object => ({ patient: { ...TRAITS, ipp, domain: 'own', ...more } });
    const named = (a: string, g: string, more: object = {}, id?: string, site = NORTH): Promise<Judgement> =>
      tell('dcc.identity.updated', site, [own(a), group(g)], said(a, more), id);
    const pid = { ipp: 'A1', domain: 'own', otherIds: [{ value: 'G1', domain: 'group' }] };
    const merged = (domain: string, into: string, from: string, keys: readonly ClearKey[], id?: string): Promise<Judgement> =>
      tell('dcc.identity.merged', NORTH, keys, { surviving: into, absorbed: from, domain, kind: 'merge', patient: pid }, id);
    const task = (id: string): Task => readTask(known(TASK, taskKey(id))!);
    const accept = (id: string): void => {
      const question = shownQuestion(task(id))!;
      keep(answerTask(id, known, { verdict: 'accepted', who: 'camille', why: 'seen', at: '2026-10-02T08:00:00Z', question }).notes);
    };
    const two = async (): Promise<void> => {
      await named('A1', 'G1', QUALIFIED);
      await named('A2', 'G2', { ...QUALIFIED, ins: OTHER_INS, birthName: 'ÉTREZAC' });
    };

    it('A1, A6: a merge in the one compares what is known under the other: two INS ask a person, with both', async () => {
      await two();
      expect(verdict(await merged('group', 'G1', 'G2', [own('A1'), group('G1'), group('G2')], 'asked'))).to.equal('quarantined ERR_IDENTITY_MERGE');
      expect(task('asked').kind).to.equal('merge-ins');
      expect(task('asked').candidates.map(({ ipp, patient }) => [ipp, patient.ins])).to.deep.include.members([
        ['A1', INS],
        ['A2', OTHER_INS],
      ]);
      expect(person('group', 'G2')?.into).to.equal(undefined);
    });

    it('A1, A6: so does one that tells first which numbers belong together', async () => {
      await tell('dcc.identity.updated', NORTH, [own('A1')], said('A1', QUALIFIED));
      await named('A2', 'G2', { ...QUALIFIED, ins: OTHER_INS });
      expect(verdict(await merged('group', 'G1', 'G2', [own('A1'), group('G1'), group('G2')]))).to.equal('quarantined ERR_IDENTITY_MERGE');
    });

    it('A6: a merge in both, accepted once, is done in both; what a person separated in the one asks in the other', async () => {
      await two();
      const keys = [own('A1'), group('G1'), own('A2'), group('G2')];
      expect(verdict(await merged('own', 'A1', 'A2', keys, 'asked'))).to.equal('quarantined ERR_IDENTITY_MERGE');
      accept('asked');
      await merged('own', 'A1', 'A2', keys, 'asked');
      expect(await merged('group', 'G1', 'G2', keys)).to.not.have.property('quarantine');
      expect([person('own', 'A2')?.into?.ipp, person('group', 'G2')?.into?.ipp]).to.deep.equal(['A1', 'G1']);
      keep(undoMerge(index.patient(group('G2')), known, { who: 'camille', why: 'two', at: '2026-10-02T08:00:00Z' }));
      expect(verdict(await merged('group', 'G1', 'G2', keys, 'again'))).to.equal('quarantined ERR_IDENTITY_MERGE');
      expect(task('again').kind).to.equal('merge-undone');
    });

    it('A1, A4: two numbers given to one patient that belong to two INS ask; rejected or not answered, they stay apart', async () => {
      await two();
      expect(verdict(await named('A1', 'G2', { usedName: 'NEUVE' }, 'asked'))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
      expect([task('asked').kind, task('asked').candidates.map(({ ipp, as }) => [ipp, as])]).to.deep.equal([
        'numbers',
        [
          ['A1', 'on file'],
          ['A2', 'on file'],
          ['A1', 'received'],
          ['G2', 'received'],
        ],
      ]);
      expect(person('own', 'A1')?.beside?.map(({ ipp }) => ipp)).to.deep.equal(['G1']);
      expect(JSON.stringify(person('own', 'A1'))).to.not.include('NEUVE');
      accept('asked');
      expect(await named('A1', 'G2', { usedName: 'NEUVE' }, 'asked')).to.not.have.property('quarantine');
      expect(await named('A1', 'G2', { usedName: 'NEUVE' })).to.not.have.property('quarantine');
    });

    it('A1, A3: one INS, or none, asks nobody, and neither do numbers that another site puts together', async () => {
      await named('A1', 'G1', QUALIFIED);
      await named('A2', 'G2');
      expect(await named('A1', 'G2')).to.not.have.property('quarantine');
      notes.clear();
      reread();
      await two();
      expect(await named('A1', 'G2', {}, undefined, SOUTH)).to.not.have.property('quarantine');
      expect(person('own', 'A1')?.beside?.map(({ ipp }) => ipp)).to.deep.equal(['G1']);
    });

    const alone = (domain: string, into: string, from: string, id?: string): Promise<Judgement> => {
      const keys = [into, from].map((value) => ({ domain, value }));
      return tell('dcc.identity.merged', NORTH, keys, { surviving: into, absorbed: from, domain, kind: 'merge' }, id);
    };

    it('A1, A6: two numbers that came with one number of the group are compared all the same when they are merged', async () => {
      await named('A1', 'G1', QUALIFIED);
      await named('A2', 'G1');
      expect(verdict(await named('A2', 'G1', { ...QUALIFIED, ins: OTHER_INS }, 'ins'))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
      accept('ins');
      await named('A2', 'G1', { ...QUALIFIED, ins: OTHER_INS }, 'ins');
      expect(verdict(await alone('own', 'A1', 'A2', 'asked'))).to.equal('quarantined ERR_IDENTITY_MERGE');
      expect([task('asked').kind, person('own', 'A2')?.into]).to.deep.equal(['merge-ins', undefined]);
    });

    it('A2, A6: a number of the group that one application has wrong takes nothing from what another one says', async () => {
      await two();
      const lab = { ...said('A1', QUALIFIED), originApplication: 'LAB' };
      await tell('dcc.identity.updated', NORTH, [own('A1'), group('G7')], lab);
      expect(verdict(await alone('group', 'G1', 'G2'))).to.equal('quarantined ERR_IDENTITY_MERGE');
      await tell('dcc.identity.updated', NORTH, [own('A1'), group('G1')], lab);
      expect(person('own', 'A1')?.beside?.map(({ ipp }) => ipp)).to.deep.equal(['G1']);
      expect(person('group', 'G7')?.beside).to.deep.equal([]);
    });

    it('A2, A6: a message that comes late, by the clock of its sender, does not bring back a number that it took away, in any order', async () => {
      const at = (minute: number): object => ({ updatedAt: `2026-09-01T08:0${minute}:00Z` });
      const sayings = [
        () => named('A3', 'G3', at(1)),
        () => named('A3', 'G4', at(3)),
        () => named('A3', 'G3', at(2)),
        () => named('A4', 'G3', at(1)),
      ];
      for (const order of [
        [0, 1, 2, 3],
        [2, 3, 1, 0],
        [3, 1, 0, 2],
      ]) {
        notes.clear();
        reread();
        for (const i of order) await sayings[i]!();
        expect(['A3', 'A4'].map((ipp) => person('own', ipp)?.beside?.map((other) => other.ipp))).to.deep.equal([['G4'], ['G3']]);
        expect(['G3', 'G4'].map((ipp) => person('group', ipp)?.beside?.map((other) => other.ipp) ?? [])).to.deep.equal([['A4'], ['A3']]);
      }
    });

    it('A4, A6: a message that corrects a number is not held against the one that it takes away, though it brings the INS', async () => {
      await named('A1', 'G1', QUALIFIED);
      await named('A2', 'G1');
      const mine = { ...QUALIFIED, ins: OTHER_INS };
      expect(await named('A2', 'G2', mine)).to.not.have.property('quarantine');
      await named('A5', 'G5', mine);
      await named('A6', 'G1');
      expect(await named('A6', 'G5')).to.not.have.property('quarantine');
    });

    it('A1, A6: a number of the group that is corrected is compared no more; merged with the other, it is', async () => {
      await named('A1', 'G1', QUALIFIED);
      await named('A2', 'G1');
      await named('A2', 'G2');
      expect([person('own', 'A2'), person('group', 'G1')].map((one) => one?.beside?.map(({ ipp }) => ipp))).to.deep.equal([['G2'], ['A1']]);
      expect(await named('A2', 'G2', { ...QUALIFIED, ins: OTHER_INS })).to.not.have.property('quarantine');
      expect(verdict(await alone('own', 'A1', 'A2', 'asked'))).to.equal('quarantined ERR_IDENTITY_MERGE');
      await named('A5', 'G5', QUALIFIED);
      await alone('group', 'G6', 'G5');
      await named('A5', 'G6');
      await named('A7', 'G5');
      expect(verdict(await named('A7', 'G5', { ...QUALIFIED, ins: OTHER_INS }))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
    });

    describe('and merges in both domains', () => {
      const both = async (patient: Patient, other = '2', originApplication = 'DPI'): Promise<readonly Judgement[]> => {
        const keys = [own('A1'), group('G1'), own(`A${other}`), group(`G${other}`)];
        const merge = (domain: string, surviving: string, absorbed: string): Promise<Judgement> =>
          tell('dcc.identity.merged', NORTH, keys, {
            originApplication,
            surviving,
            absorbed,
            domain,
            kind: 'merge',
            patient: { ...patient, ...pid },
          });
        return [await merge('own', 'A1', `A${other}`), await merge('group', 'G1', `G${other}`)];
      };
      const corrected = { ...VALIDATED, birthName: 'VALBRUNE' };
      beforeEach(async () => {
        await named('A1', 'G1', QUALIFIED);
        await named('A2', 'G2');
      });

      it('A1, A4, A6: what they say is kept under the first number: after a correction no document stops', async () => {
        await both(QUALIFIED);
        expect(person('group', 'G1')?.folds).to.deep.equal({});
        expect(verdict(await named('A1', 'G1', corrected))).to.equal('dequalified');
        const document = { ...said('A1', corrected), document: { canonicalType: 'LDL', id: '1.2.3' } };
        expect(verdict(await tell('dcc.document.received', NORTH, [own('A1'), group('G1')], document))).to.equal('as it is');
      });

      it('A3, A4, A6: each leaves with what is known under the first number', async () => {
        await both(QUALIFIED);
        await named('A1', 'G1', corrected);
        const told = await both({ ...PLAIN, birthName: 'VALBRUNE' }, '3', 'GAM');
        expect(told.map((one) => [patientOf(one).ipp, patientOf(one).birthName, patientOf(one).ins])).to.deep.equal([
          ['A1', 'VALBRUNE', null],
          ['A1', 'VALBRUNE', null],
        ]);
      });

      it('A4, A6: a merge of the other number alone asks where it names somebody else by the first one', async () => {
        const of = [own('A1'), group('G1'), group('G2')];
        const patient = { ...QUALIFIED, ins: OTHER_INS, ...pid };
        const merge = (): Promise<Judgement> =>
          tell('dcc.identity.merged', NORTH, of, { surviving: 'G1', absorbed: 'G2', domain: 'group', kind: 'merge', patient }, 'asked');
        expect(verdict(await merge())).to.equal('quarantined ERR_IDENTITY_CONFLICT');
        expect([task('asked').kind, person('group', 'G2')?.into]).to.deep.equal(['ins', undefined]);
        accept('asked');
        expect([patientOf(await merge()).ins, person('group', 'G2')?.into?.ipp]).to.deep.equal([INS, 'G1']);
      });

      it('A4, A6: so does one whose first number nobody was heard of by, held against who absorbs; otherwise it leaves with what is known of that one', async () => {
        for (const ipp of ['G7', 'G8', 'G9']) await identity(SOUTH, 'group', ipp, QUALIFIED);
        const stranger = { ...VALIDATED, birthName: 'ÉTREZAC', firstGivenName: 'PAUL', birthGivenNames: 'PAUL' };
        const merge = (absorbed: string, patient: Patient): Promise<Judgement> =>
          tell('dcc.identity.merged', NORTH, [own('A7'), group('G7'), group(absorbed)], {
            surviving: 'G7',
            absorbed,
            domain: 'group',
            kind: 'merge',
            patient: { ...patient, ipp: 'A7', domain: 'own', otherIds: [{ value: 'G7', domain: 'group' }] },
          });
        expect(verdict(await merge('G8', stranger))).to.equal('quarantined ERR_IDENTITY_CONFLICT');
        expect(person('group', 'G8')?.into).to.equal(undefined);
        const told = patientOf(await merge('G9', { ...PLAIN, birthName: 'ÉTREZAC' }));
        expect([told.ipp, told.birthName, told.ins, person('group', 'G9')?.into?.ipp]).to.deep.equal(['A7', 'VALMORÉE', INS, 'G7']);
      });

      it('A2, A4, A6: so does one that comes late, of whom its sender never said that', async () => {
        const patient = { ...VALIDATED, birthName: 'ÉTREZAC', firstGivenName: 'PAUL', birthGivenNames: 'PAUL', ...pid };
        const told = { recordedAt: '2026-09-01T08:00:00.000Z', surviving: 'G1', absorbed: 'G2', domain: 'group', kind: 'merge', patient };
        const late = await tell('dcc.identity.merged', NORTH, [own('A1'), group('G1'), group('G2')], told);
        expect([verdict(late), person('group', 'G2')?.into]).to.deep.equal(['quarantined ERR_IDENTITY_CONFLICT', undefined]);
      });
    });

    it('A6: what a person separated is found though both came to one number of the group since', async () => {
      await named('A1', 'G1');
      await named('A2', 'G2');
      await tell('dcc.identity.updated', NORTH, [own('A5')], said('A5'));
      await alone('own', 'A1', 'A2');
      await alone('group', 'G1', 'G2');
      keep(undoMerge(index.patient(own('A2')), known, { who: 'camille', why: 'two', at: '2026-10-02T08:00:00Z' }));
      await alone('own', 'A5', 'A1');
      expect(verdict(await alone('own', 'A5', 'A2', 'asked'))).to.equal('quarantined ERR_IDENTITY_MERGE');
      expect([task('asked').kind, person('own', 'A2')?.into]).to.deep.equal(['merge-undone', undefined]);
    });
  });
});
