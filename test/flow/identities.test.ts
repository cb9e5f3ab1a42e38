/** Stories of identities over real sockets: what the hospital says, what the record is told, what a person decides (SAFETY A). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { AlertList, DeliveryView, IdentityTask, IdentityTaskDetail, IdentityView, Page, Unmerged } from 'passerelle/contract';
import { INS, OTHER_INS as otherIns, THIRD_INS, hospitalOf, sendLetter, startRecord, type Told } from './hospital.ts';
import { describeJournals } from '../fault/journals.ts';
import { TestRegion, until } from './region.ts';

describeJournals('identities', (journal) => {
  const region = new TestRegion(journal);
  let record: Awaited<ReturnType<typeof startRecord>>;
  const tell = hospitalOf(region);

  before(async () => {
    await region.prepare();
    await region.record.stop();
    record = await startRecord(region.ports.record);
    await region.start();
  });
  after(async () => {
    await region.stop();
    record.stop();
  });

  const typesOf = async (id: string): Promise<string[]> => (await region.timeline(id)).events.map(({ type }) => type);
  const last = (): Told['patient'] => record.told.at(-1)!.patient;
  const find = (ipp: string): Promise<IdentityView> => region.post('identities/search', { domain: 'estuaire', ipp, reason: 'test' });
  const open = async (): Promise<readonly IdentityTask[]> => (await region.get<Page<IdentityTask>>('identities/tasks?state=open')).items;

  const undo = async (ipp: string): Promise<Unmerged> =>
    region.post('identities:unmerge', { domain: 'estuaire', ipp, why: 'two people', who: 'camille' });
  /** Its receivers were called, and have separated the numbers. */
  const called = async (tasks: readonly string[]): Promise<void> => {
    for (const id of tasks) await region.post(`identities/tasks/${id}:accept`, { why: 'called, separated there' });
    await until('nothing is held', 10_000, async () => (await region.deliveries('state=held')).length === 0);
    await region.drained();
  };

  it('A4: a late INS makes the identity qualified, and reaches the record', async () => {
    expect(await typesOf(await tell({ ipp: '10', minute: 1, status: 'PROV' }))).to.deep.equal(['dcc.identity.created']);
    expect(last().ins ?? null).to.equal(null);
    expect(await typesOf(await tell({ ipp: '10', minute: 2, ins: INS }))).to.deep.equal(['dcc.identity.qualified']);
    expect(last().ins?.value).to.equal(INS);
    expect((await find('10')).ins).to.deep.include({ number: INS, source: 'DXCARE', standing: 'claimed' });
  });

  it('A3: an INS that is lost is taken back from the record, and an older message does not bring it back', async () => {
    await tell({ ipp: '11', minute: 1, ins: INS });
    expect(await typesOf(await tell({ ipp: '11', minute: 5 }))).to.deep.equal(['dcc.identity.dequalified']);
    expect(last().ins ?? null).to.equal(null);
    const before = record.told.length;
    expect(await typesOf(await tell({ ipp: '11', minute: 3, ins: INS }))).to.deep.equal(['dcc.identity.stale-ignored']);
    expect(record.told.length, 'delivered nowhere').to.equal(before);
  });

  it('A2, A6: an INS that comes with a stay of a number of before is told under the number since, beside the stay', async () => {
    await tell({ ipp: '12', minute: 1 });
    await tell({ ipp: '13', minute: 5, trigger: 'A47', absorbs: '12' });
    const from = record.told.length;
    await tell({ ipp: '12', minute: 6, ins: INS, trigger: 'A01', stay: 'S12' });
    expect(record.told.slice(from).map(({ type, patient }) => [type, patient.identifiers[0]!.value, patient.ins?.value])).to.have.deep.members([
      ['identity.updated', '13', INS],
      ['visit.opened', '12', INS],
    ]);
  });

  it('A6: a merge is told and relinks, its undo gives the number back', async () => {
    await tell({ ipp: '20', minute: 1 });
    await tell({ ipp: '21', minute: 1 });
    await tell({ ipp: '20', minute: 2, trigger: 'A40', absorbs: '21' });
    expect(record.told.at(-1)?.type).to.equal('identity.merged');
    expect((await find('21')).into).to.deep.include({ ipp: '20', kind: 'merge' });
    expect((await find('20')).absorbed.map(({ ipp }) => ipp)).to.deep.equal(['21']);
    const { discarded, told, tasks } = await undo('21');
    expect({ discarded, told }, 'only a person can tell the record').to.deep.equal({ discarded: [], told: ['dcc-out'] });
    expect((await open()).map(({ id, kind, receiver }) => [id, kind, receiver])).to.deep.equal([[tasks[0], 'merge-told', 'dcc-out']]);
    const undone = await find('21');
    expect(undone).to.not.have.property('into');
    expect(undone.undone[0]).to.deep.include({ ipp: '20', why: 'two people', who: 'admin/camille' });
    const before = record.told.length;
    const held = await tell({ ipp: '21', minute: 3 });
    expect(await typesOf(held)).to.deep.equal(['dcc.identity.updated']);
    const legs = async (id: string): Promise<unknown> => (await region.timeline(id)).deliveries.map(({ state, error }) => [state, error?.found]);
    expect(await legs(held), 'there it would be said of the survivor').to.deep.equal([['held', tasks[0]]]);
    await tell({ ipp: '20', minute: 4 });
    expect(
      record.told.slice(before).map(({ patient }) => patient.identifiers[0]?.value),
      'the survivor goes on',
    ).to.deep.equal(['20']);
    await called(tasks);
    expect(record.told.at(-1)?.patient.identifiers[0]?.value).to.equal('21');
  });

  it('A6: after an undo its receivers are alerts and tasks until somebody has called them; what names the number waits in order, over a restart', async () => {
    const numbers = (from: number): unknown => record.told.slice(from).map(({ type, patient }) => [type, patient.identifiers[0]?.value]);
    await tell({ ipp: '28', minute: 1 });
    await tell({ ipp: '29', minute: 1 });
    await tell({ ipp: '28', minute: 2, trigger: 'A40', absorbs: '29' });
    const { tasks } = await undo('29');
    const alerts = async (): Promise<unknown> =>
      (await region.get<AlertList>('alerts')).items.filter(({ code }) => code === 'ALERT_MERGE_UNDONE_TOLD').map(({ lane, count }) => [lane, count]);
    expect(await alerts()).to.deep.equal([['dcc-out', 1]]);
    const detail = await region.get<IdentityTaskDetail>(`identities/tasks/${tasks[0]}?reason=call`);
    expect(
      detail.candidates.map(({ ipp }) => ipp),
      'the two numbers',
    ).to.deep.equal(['29', '28']);
    const before = record.told.length;
    await sendLetter(region, { ipp: '29', id: '1.2.250.1.999.20.9.291' });
    await tell({ ipp: '29', minute: 3 });
    await sendLetter(region, { ipp: '28', id: '1.2.250.1.999.20.9.281' });
    expect(numbers(before)).to.deep.equal([['document.published', '28']]);
    await region.kill();
    await region.start();
    expect(await alerts()).to.deep.equal([['dcc-out', 1]]);
    expect(record.told.length, 'they wait').to.equal(before + 1);
    await called(tasks);
    expect(numbers(before + 1), 'who it is first').to.deep.equal([
      ['identity.updated', '29'],
      ['document.published', '29'],
    ]);
    expect([await alerts(), await open()]).to.deep.equal([[], []]);
  });

  it('A6: a merge that is undone before it left does not leave, nor does the same merge said again', async () => {
    await tell({ ipp: '24', minute: 1 });
    await tell({ ipp: '25', minute: 1 });
    const waiting = async (): Promise<number> =>
      (await region.deliveries('state=queued')).filter(({ eventType }) => eventType === 'dcc.identity.merged').length;
    await region.post('lanes/dcc-out:pause');
    const first = tell({ ipp: '24', minute: 2, trigger: 'A40', absorbs: '25' });
    await until('the merge waits', 10_000, async () => (await waiting()) === 1);
    const again = tell({ ipp: '24', minute: 3, trigger: 'A40', absorbs: '25' });
    await until('so does its repeat', 10_000, async () => (await waiting()) === 2);
    const undone = await undo('25');
    expect(undone.discarded).to.have.length(2);
    expect(undone.told).to.deep.equal([]);
    const before = record.told.length;
    await region.post('lanes/dcc-out:resume');
    const merges = (await Promise.all([await first, await again].map(region.timeline))).flatMap(({ deliveries }) => deliveries);
    expect(merges.map(({ state }) => state)).to.deep.equal(['discarded', 'discarded']);
    expect(record.told.slice(before), 'nothing was told').to.deep.equal([]);
    await tell({ ipp: '25', minute: 4 });
    expect(record.told.at(-1)?.patient.identifiers[0]?.value).to.equal('25');
  });

  for (const [i, fate] of (['waits to be sent again', 'was refused when it was sent again', 'was put away since'] as const).entries())
    it(`A6: a merge of which the answer was lost may have arrived, though it ${fate}: its receiver is called, and the number waits until then`, async () => {
      const [one, two] = [`30${2 * i + 1}`, `30${2 * i + 2}`] as const;
      for (const ipp of [one, two]) await tell({ ipp, minute: 1 });
      const before = record.told.length;
      const isMerge = ({ type }: Told): boolean => type === 'identity.merged';
      const merges = (): number => record.told.slice(before).filter(isMerge).length;
      const leg = async (): Promise<DeliveryView | undefined> =>
        (await region.deliveries('limit=500')).find(
          ({ eventType, state }) => eventType === 'dcc.identity.merged' && !['delivered', 'discarded'].includes(state),
        );
      record.answers = (told) => (isMerge(told) ? (i > 0 && merges() > 1 ? 'refused' : 'lost') : 'filed');
      const said = tell({ ipp: one, minute: 2, trigger: 'A40', absorbs: two });
      await until('it was sent', 10_000, () => merges() > 0);
      if (i > 0) await until('it is dead', 20_000, async () => (await leg())?.state === 'dead');
      await region.post('lanes/dcc-out:pause');
      await until('nothing is on the wire', 10_000, async () => ['queued', 'dead'].includes((await leg())?.state ?? ''));
      const waiting = (await leg())!;
      if (i === 2) await region.post(`deliveries/${waiting.id}:discard`, { why: 'unknown there', who: 'camille' });
      record.answers = () => 'filed';
      const undone = await undo(two);
      expect(undone).to.deep.include({ discarded: i === 0 ? [waiting.id] : [], told: ['dcc-out'] });
      expect((await open()).map(({ id, kind }) => [id, kind])).to.deep.equal([[undone.tasks[0], 'merge-told']]);
      expect(await undo(two), 'asked again').to.deep.equal({ discarded: [], told: ['dcc-out'], tasks: undone.tasks, alsoMerged: [] });
      if (i === 1) await region.post(`deliveries/${waiting.id}:discard`, { why: 'unknown there', who: 'camille' });
      await region.post('lanes/dcc-out:resume');
      await said;
      const [last, letter] = [record.told.length, await sendLetter(region, { ipp: two, id: `1.2.250.1.999.20.9.9${two}` })];
      expect([record.told.length, (await region.timeline(letter)).deliveries[0]?.error?.found]).to.deep.equal([last, undone.tasks[0]]);
      await called(undone.tasks);
      expect(record.told.slice(last).map(({ patient }) => patient.identifiers[0]?.value)).to.deep.equal([two]);
    });

  for (const isTold of [true, false])
    it(`A6: a number that a merge moves to another survivor is undone first: ${isTold ? 'who was told is called before it is told the other' : 'what waits of it leaves no more'}`, async () => {
      const [one, two, three] = isTold ? (['201', '202', '203'] as const) : (['211', '212', '213'] as const);
      for (const ipp of [one, two, three]) await tell({ ipp, minute: 1 });
      if (!isTold) await region.post('lanes/dcc-out:pause');
      const first = tell({ ipp: one, minute: 2, trigger: 'A40', absorbs: two });
      if (isTold) await first;
      else await until('it waits', 10_000, async () => (await region.deliveries('state=queued')).length === 1);
      const before = record.told.length;
      const second = tell({ ipp: three, minute: 3, trigger: 'A40', absorbs: two });
      await until('it asks', 10_000, async () => (await open()).length === 1);
      const [{ id: asked, kind }] = (await open()) as [IdentityTask];
      expect(kind).to.equal('merge-elsewhere');
      expect(String(await region.accept(asked, `of ${three}`).catch((thrown: unknown) => thrown))).to.include('ERR_TRANSITION');
      const undone = await undo(two);
      expect([undone.told, undone.discarded.length]).to.deep.equal(isTold ? [['dcc-out'], 0] : [[], 1]);
      await region.post(`messages/${asked}:replay`, { why: `of ${three}` });
      if (!isTold) await region.post('lanes/dcc-out:resume');
      await Promise.all([first, second]);
      await region.drained();
      const numbers = (): unknown => record.told.slice(before).map(({ type, patient }) => [type, patient.identifiers[0]?.value]);
      if (isTold) {
        expect(numbers(), 'until it is called').to.deep.equal([]);
        await tell({ ipp: one, minute: 4 });
        const behind = tell({ ipp: three, minute: 4 });
        await until('it waits behind what names both', 10_000, async () => (await region.deliveries('state=queued')).length === 1);
        expect(numbers(), 'whoever it does not name goes on').to.deep.equal([['identity.updated', one]]);
        await called(undone.tasks);
        await behind;
      }
      expect(numbers()).to.deep.equal([
        ...(isTold ? [['identity.updated', one]] : []),
        ['identity.merged', three],
        ...(isTold ? [['identity.updated', three]] : []),
      ]);
      expect([await open(), (await find(two)).into?.ipp]).to.deep.equal([[], three]);
    });

  it('A6: once a change of number is undone, nothing of either number leaves for who was told until somebody has called', async () => {
    await tell({ ipp: '221', minute: 1 });
    await tell({ ipp: '222', minute: 2, trigger: 'A47', absorbs: '221' });
    const undone = await undo('221');
    const before = record.told.length;
    // There the number of now is still the patient of before.
    await tell({ ipp: '222', minute: 3, name: 'ETREZAC' });
    await tell({ ipp: '221', minute: 4 });
    expect([undone.told, record.told.length, (await region.deliveries('state=held')).length]).to.deep.equal([['dcc-out'], before, 2]);
    await called(undone.tasks);
    // Of two patients by now, which nothing orders.
    expect(record.told.slice(before).map(({ patient }) => patient.identifiers[0]?.value)).to.have.members(['222', '221']);
  });

  it('A6: of a merge that was said twice, an undo takes back what waits, and tells who was told the first time', async () => {
    await tell({ ipp: '26', minute: 1 });
    await tell({ ipp: '27', minute: 1 });
    await tell({ ipp: '26', minute: 2, trigger: 'A40', absorbs: '27' });
    await region.post('lanes/dcc-out:pause');
    const again = tell({ ipp: '26', minute: 3, trigger: 'A40', absorbs: '27' });
    await until('its repeat waits', 10_000, async () =>
      (await region.deliveries('state=queued')).some(({ eventType }) => eventType === 'dcc.identity.merged'),
    );
    const undone = await undo('27');
    await region.post('lanes/dcc-out:resume');
    const [repeat] = (await region.timeline(await again)).deliveries;
    expect(undone).to.deep.include({ discarded: [repeat!.id], told: ['dcc-out'] });
    await called(undone.tasks);
  });

  for (const [i, undone] of (['70', '74'] as const).entries())
    it(`A6: a merge that was said of the end of a chain does not leave once a person opened the chain at its ${['start', 'middle'][i]}`, async () => {
      const [one, two, three] = [70, 71, 72].map((ipp) => String(ipp + 3 * i)) as [string, string, string];
      for (const ipp of [one, two, three]) await tell({ ipp, minute: 1 });
      await tell({ ipp: two, minute: 2, trigger: 'A40', absorbs: one });
      await tell({ ipp: three, minute: 2, trigger: 'A40', absorbs: two });
      await region.post('lanes/dcc-out:pause');
      const said = tell({ ipp: three, minute: 3, trigger: 'A40', absorbs: one });
      await until('it waits', 10_000, async () => (await region.deliveries('state=queued')).length === 1);
      const back = await undo(undone);
      const before = record.told.length;
      await region.post('lanes/dcc-out:resume');
      const [merge] = (await region.timeline(await said)).deliveries;
      expect([merge?.state, back.discarded]).to.deep.equal(['discarded', [merge?.id]]);
      expect(back.told, 'of the merge that the chain is made of').to.deep.equal(['dcc-out']);
      expect(record.told.slice(before)).to.deep.equal([]);
      await called(back.tasks);
    });

  it('A6: of a message that merges several numbers, an undo takes back the merge of the one and no other', async () => {
    for (const ipp of ['80', '81', '82']) await tell({ ipp, minute: 1 });
    await region.post('lanes/dcc-out:pause');
    const told = record.told.length;
    const both = tell({ ipp: '80', minute: 2, trigger: 'A40', absorbs: '81,82' });
    await until('both merges wait', 10_000, async () => (await region.deliveries('state=queued')).length === 2);
    const undone = await undo('81');
    expect(undone.discarded).to.have.length(1);
    await region.post('lanes/dcc-out:resume');
    expect((await region.timeline(await both)).deliveries.map(({ state }) => state)).to.have.members(['delivered', 'discarded']);
    expect(record.told.slice(told).map(({ type }) => type)).to.deep.equal(['identity.merged']);
    expect((await find('82')).into).to.deep.include({ ipp: '80' });
  });

  it('A6, A8: once a merge is undone, each number has its own documents again', async () => {
    const letter = (n: number): string => `1.2.250.1.999.20.9.${n}`;
    await tell({ ipp: '22', minute: 1 });
    await tell({ ipp: '23', minute: 1 });
    await tell({ ipp: '22', minute: 2, trigger: 'A40', absorbs: '23' });
    await sendLetter(region, { ipp: '23', id: letter(1) });
    await called((await undo('23')).tasks);
    const stateOf = async (id: string): Promise<unknown> => (await region.timeline(id)).message.error?.code;
    const sentTo = (): string | undefined => record.told.at(-1)?.patient.identifiers[0]?.value;
    expect(await stateOf(await sendLetter(region, { ipp: '22', id: letter(2), replaces: letter(1) }))).to.equal('ERR_DOCUMENT_OTHER_PATIENT');
    expect(sentTo()).to.equal('23');
    expect(await stateOf(await sendLetter(region, { ipp: '22', id: letter(3) }))).to.equal(undefined);
    expect(sentTo()).to.equal('22');
    expect(await stateOf(await sendLetter(region, { ipp: '23', id: letter(4), replaces: letter(1) }))).to.equal(undefined);
    expect(sentTo()).to.equal('23');
  });

  it('A4: a document that was queued before its identity was marked waits for a person, who lets it go', async () => {
    await tell({ ipp: '50', minute: 1 });
    await region.post('lanes/dcc-out:pause');
    const letter = sendLetter(region, { ipp: '50', id: '1.2.250.1.999.20.9.50' });
    const queued = async (): Promise<number> => (await region.deliveries('state=queued')).length;
    await until('the letter waits', 10_000, async () => (await queued()) === 1);
    const marked = tell({ ipp: '50', minute: 2, status: 'VALI~COLV', sender: 'GAM' });
    await until('so does the mark', 10_000, async () => (await queued()) === 2);
    await region.post('lanes/dcc-out:resume');
    const states = async (): Promise<readonly unknown[]> =>
      (await region.timeline(await letter)).deliveries.map(({ id, state, error }) => [id, state, error?.code]);
    await marked;
    const [[id] = []] = (await states()) as readonly (readonly [string])[];
    expect(await states()).to.deep.equal([[id, 'held', 'ERR_FILING_BLOCKED']]);
    await region.post(`deliveries/${id}:release`, { why: 'seen at the desk', who: 'camille' });
    await region.drained();
    expect((await states())[0]).to.include('delivered');
  });

  it('A4: a conflict waits for a person; rejected it changes nothing, accepted it counts', async () => {
    await tell({ ipp: '30', minute: 1, ins: INS });
    const before = record.told.length;
    const [rejected, accepted] = [await tell({ ipp: '30', minute: 2, ins: THIRD_INS }), await tell({ ipp: '30', minute: 3, ins: otherIns })];
    expect(record.told.length).to.equal(before);
    expect((await open()).map(({ id, kind, attributes }) => [id, kind, attributes.includes('ins')])).to.have.deep.members([
      [accepted, 'ins', true],
      [rejected, 'ins', true],
    ]);
    expect(JSON.stringify(await open()), 'a list shows no patient').to.not.include(INS);
    const detail = await region.get<IdentityTaskDetail>(`identities/tasks/${rejected}?reason=decision`);
    expect(detail.differences.find(({ attribute }) => attribute === 'ins')).to.deep.nested.include({
      'onFile.value': INS,
      'received.value': THIRD_INS,
    });
    await region.post(`identities/tasks/${rejected}:reject`, { why: 'wrong card' });
    expect((await region.timeline(rejected)).message.state).to.equal('discarded');
    expect((await find('30')).ins?.number).to.equal(INS);
    await region.accept(accepted, 'seen at the desk');
    await region.drained();
    expect((await region.timeline(accepted)).message.state).to.equal('decoded');
    expect((await find('30')).ins?.number).to.equal(otherIns);
    const { senders } = await find('30');
    expect(Object.keys(senders), 'by name').to.deep.equal(['DXCARE']);
    expect(Object.keys(senders['DXCARE']!))
      .to.include.members(['birthName', 'claim'])
      .and.not.satisfy((names: string[]) => names.some((name) => name.includes('#')));
    expect(last().ins?.value).to.equal(otherIns);
    expect(await open()).to.deep.equal([]);
  });

  it('A4: documents of a patient wait while who that is waits for a person, others go on; then the identity goes first, and they in order', async () => {
    const letter = (n: number): string => `1.2.250.1.999.20.9.6${n}`;
    await tell({ ipp: '60', minute: 1, ins: INS });
    await tell({ ipp: '61', minute: 1 });
    const before = record.told.length;
    const legOf = async (id: string): Promise<unknown> =>
      (await region.timeline(id)).deliveries.map(({ state, error }) => [state, error?.code, error?.found]);
    const rejected = await tell({ ipp: '60', minute: 2, ins: THIRD_INS });
    const waiting = ['held', 'ERR_IDENTITY_IN_DOUBT'];
    const first = await sendLetter(region, { ipp: '60', id: letter(1) });
    expect(await legOf(first)).to.deep.equal([[...waiting, rejected]]);
    const accepted = await tell({ ipp: '60', minute: 3, ins: otherIns });
    const second = await sendLetter(region, { ipp: '60', id: letter(2) });
    expect(await legOf(second)).to.deep.equal([[...waiting, `${rejected}, ${accepted}`]]);
    await region.post('lanes/dcc-out:release');
    await region.drained();
    expect(await legOf(first), 'no order to a whole lane lets it go').to.deep.equal([[...waiting, rejected]]);
    const numbers = (): unknown => record.told.slice(before).map(({ type, patient }) => [type, patient.identifiers[0]?.value]);
    await sendLetter(region, { ipp: '61', id: letter(3) });
    expect(numbers(), 'another patient').to.deep.equal([['document.published', '61']]);
    await region.post(`identities/tasks/${rejected}:reject`, { why: 'wrong card' });
    await region.drained();
    expect(((await legOf(first)) as unknown[][])[0]!.slice(0, 2), 'one question is left').to.deep.equal(waiting);
    await region.accept(accepted, 'seen at the desk');
    await until('all have left', 10_000, async () => record.told.length === before + 4);
    expect(numbers()).to.deep.equal([
      ['document.published', '61'],
      ['identity.updated', '60'],
      ['document.published', '60'],
      ['document.published', '60'],
    ]);
    const ids = record.told.slice(-2).map(({ document }) => document?.id.root);
    expect(ids, 'in the order in which they came').to.deep.equal([1, 2].map(letter));
  });

  it('A4: once its number was changed for another one, those under that one wait as well, and leave with the answer', async () => {
    await tell({ ipp: '62', minute: 1, ins: INS });
    const asked = await tell({ ipp: '62', minute: 2, ins: otherIns });
    await tell({ ipp: '63', minute: 3, trigger: 'A47', absorbs: '62', ins: INS });
    const letter = await sendLetter(region, { ipp: '63', id: '1.2.250.1.999.20.9.631' });
    const leg = async (): Promise<unknown> => (await region.timeline(letter)).deliveries.map(({ state, error }) => [state, error?.found]);
    expect(await leg()).to.deep.equal([['held', asked]]);
    await region.post(`identities/tasks/${asked}:reject`, { why: 'wrong card' });
    await until('it leaves', 10_000, async () => JSON.stringify(await leg()) === '[["delivered",null]]');
  });

  it('A2, A4: what asks the same with every message is answered once: each is decided again in its turn, and what waited leaves', async () => {
    await tell({ ipp: '67', minute: 1, ins: INS });
    await tell({ ipp: '68', minute: 2, trigger: 'A47', absorbs: '67', ins: INS });
    const say = (minute: number, name = 'ETREZAC'): Promise<string> => tell({ ipp: '67', minute, name });
    const ids = [await say(10), await say(11), await say(12)];
    const other = await say(13, 'VALBRUNE');
    const letter = await sendLetter(region, { ipp: '68', id: '1.2.250.1.999.20.9.681' });
    const stateOf = async (id: string): Promise<unknown> => (await region.timeline(id)).message.state;
    expect(
      (await region.timeline(letter)).deliveries.map(({ state }) => state),
      'of the number since nobody is in doubt',
    ).to.deep.equal(['delivered']);
    await region.post(`identities/tasks/${ids[2]}:reject`, { why: 'somebody else' });
    expect(await Promise.all(ids.map(stateOf))).to.deep.equal(Array(3).fill('discarded'));
    expect((await open()).map(({ id }) => id)).to.deep.equal([other]);
    const again = [await say(14, 'VALBRUNE'), await say(15, 'VALBRUNE')];
    await region.accept(again[0]!, 'her name, corrected');
    await region.drained();
    expect([await Promise.all([other, ...again].map(stateOf)), await open()]).to.deep.equal([Array(3).fill('decoded'), []]);
    expect([last().identifiers[0]?.value, last().traits.birthName]).to.deep.equal(['68', 'VALBRUNE']);
  });

  it('A6: so do those of both numbers of a merge that asks; rejected, they go as they are, and one that is urgent is let go by a person', async () => {
    await tell({ ipp: '65', minute: 1, ins: INS });
    await tell({ ipp: '66', minute: 1, ins: otherIns });
    const asked = await tell({ ipp: '65', minute: 2, trigger: 'A40', absorbs: '66' });
    const letters = [
      await sendLetter(region, { ipp: '65', id: '1.2.250.1.999.20.9.651' }),
      await sendLetter(region, { ipp: '66', id: '1.2.250.1.999.20.9.661' }),
    ];
    const legs = async (): Promise<DeliveryView[]> => (await Promise.all(letters.map(region.timeline))).flatMap(({ deliveries }) => deliveries);
    expect((await legs()).map(({ error }) => error?.found)).to.deep.equal([asked, asked]);
    await region.post(`deliveries/${(await legs())[0]!.id}:release`, { why: 'treatment tomorrow, seen at the desk', who: 'camille' });
    await region.drained();
    expect((await legs()).map(({ state }) => state)).to.deep.equal(['delivered', 'held']);
    await region.post(`identities/tasks/${asked}:reject`, { why: 'two people' });
    await until('the other one leaves', 10_000, async () => (await legs())[1]?.state === 'delivered');
  });

  it('A2: two applications trusted alike that differ are for a person, over a kill of the engine', async () => {
    await tell({ ipp: '40', minute: 1, sender: 'GAM1' });
    const asked = await tell({ ipp: '40', minute: 1, sender: 'GAM2', name: 'ETREZAC' });
    await region.kill();
    await region.start();
    expect((await open()).map(({ id, kind }) => [id, kind])).to.deep.equal([[asked, 'traits']]);
    await region.accept(asked, 'identity card');
    await region.drained();
    expect(last().traits).to.include({ birthName: 'ETREZAC' });
    expect((await find('40')).attributes['birthName']).to.deep.include({ value: 'ETREZAC', source: 'GAM2' });
  });

  it('D6: every look at an identity is in the audit trail, without a number', () => {
    const audit = readFileSync(path.join(region.data, 'audit.jsonl'), 'utf8');
    expect(audit).to.include('"message":"identity estuaire"').and.not.include(INS);
  });
});
