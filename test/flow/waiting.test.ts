/** Over real sockets: what waits for a document that is held or dead keeps back nothing else of its patient (SAFETY A4, B3, B6; decision 0004). */
import { expect } from 'chai';
import type { DeliveryView, IdentityTask, Page } from 'passerelle/contract';
import { describeJournals } from '../fault/journals.ts';
import { hospitalOf, INS, OTHER_INS, sendLetter, recordOf } from './hospital.ts';
import { TestRegion, until } from './region.ts';

describeJournals('what waits behind a document', (journal) => {
  const region = new TestRegion(journal);
  const record = recordOf(region);
  const tell = hospitalOf(region);
  const known = new Set<string>();

  before(() => {
    record.answers = ({ type, patient }) => {
      const numbers = patient.identifiers.map(({ value }) => value);
      if (!type.startsWith('document.')) for (const number of numbers) known.add(number);
      return numbers.some((number) => known.has(number)) ? 'filed' : 'unknown';
    };
  });

  const letter = (n: number): string => `1.2.250.1.999.20.10.${n}`;
  const legOf = async (message: string): Promise<DeliveryView> =>
    (await region.timeline(message)).deliveries.find(({ lane }) => lane === 'dcc-out') as DeliveryView;
  /** What the record was told of this patient, as it took it: what it answered otherwise is not there. */
  const told = (ipp: string): readonly string[] =>
    record.told.flatMap(({ type, patient, document }) =>
      patient.identifiers.some(({ value }) => value === ipp) ? [`${type} ${document?.id.root.split('.').at(-1) ?? ''}`.trim()] : [],
    );
  const waitsBehind = async (message: string, first: string): Promise<void> => {
    const { id, state, error } = await legOf(first);
    const { state: its, behind, behindState } = await legOf(message);
    expect([its, behind, behindState], error?.code).to.deep.equal(['queued', id, state]);
  };

  for (const [what, ipp, isWithdrawn] of [
    ['replacement', '7001', false],
    ['withdrawal', '7002', true],
  ] as const)
    for (const isKilled of [false, true])
      it(`B6: the identity that makes a patient known there passes the ${what} that waits behind an early letter${isKilled ? ', over a kill of the engine' : ''}`, async () => {
        const number = `${ipp}${isKilled ? '9' : ''}`;
        const [first, second] = [Number(number) * 10 + 1, Number(number) * 10 + (isWithdrawn ? 1 : 2)];
        const early = await sendLetter(region, { ipp: number, id: letter(first) });
        expect((await legOf(early)).error?.code).to.equal('ERR_DESTINATION_UNKNOWN_PATIENT');
        const id = letter(second);
        const next = await sendLetter(region, { ipp: number, id, isWithdrawn, waits: true, ...(!isWithdrawn && { replaces: letter(first) }) });
        await waitsBehind(next, early);
        if (isKilled) {
          await region.kill();
          await region.start();
          await waitsBehind(next, early);
        }
        await tell({ ipp: number, minute: 1, trigger: 'A28' });
        await until('both have left', 10_000, async () => (await legOf(early)).state === 'delivered' && (await legOf(next)).state === 'delivered');
        const [asked, identity, ...documents] = told(number);
        expect([asked, identity]).to.deep.equal([`document.published ${first}`, 'identity.updated']);
        expect(documents).to.deep.equal([`document.published ${first}`, `document.${isWithdrawn ? 'deleted' : 'published'} ${second}`]);
      });

  it('A4: a merge that a person accepts passes the replacement that waits behind a letter in doubt, and both follow it', async () => {
    await tell({ ipp: '7101', minute: 1, ins: INS });
    await tell({ ipp: '7102', minute: 1, ins: OTHER_INS });
    await tell({ ipp: '7101', minute: 2, trigger: 'A40', absorbs: '7102' });
    const before = told('7101').length;
    const first = await sendLetter(region, { ipp: '7101', id: letter(21) });
    expect((await legOf(first)).error?.code).to.equal('ERR_IDENTITY_IN_DOUBT');
    const second = await sendLetter(region, { ipp: '7101', id: letter(22), replaces: letter(21), waits: true });
    await waitsBehind(second, first);
    const { items } = await region.get<Page<IdentityTask>>('identities/tasks?state=open');
    expect(items).to.have.length(1);
    await region.accept(items[0]!.id, 'one person');
    await until('both have left', 10_000, async () => (await legOf(second)).state === 'delivered');
    expect(told('7101').slice(before)).to.deep.equal(['identity.merged', 'document.published 21', 'document.published 22']);
  });

  for (const [what, ipp, isWithdrawn] of [
    ['replacement', '7201', false],
    ['withdrawal', '7202', true],
  ] as const)
    it(`B3: the ${what} of a letter that was refused waits for a person, another letter and an identity of the patient do not`, async () => {
      const first = Number(ipp) * 10 + 1;
      await tell({ ipp, minute: 1 });
      const { answers } = record;
      record.answers = () => 'refused';
      const refused = await sendLetter(region, { ipp, id: letter(first) });
      record.answers = answers;
      const id = letter(isWithdrawn ? first : first + 1);
      const next = await sendLetter(region, { ipp, id, isWithdrawn, waits: true, ...(!isWithdrawn && { replaces: letter(first) }) });
      const other = await sendLetter(region, { ipp, id: letter(first + 2), waits: true });
      await until('the other one has left', 10_000, async () => (await legOf(other)).state === 'delivered');
      await waitsBehind(next, refused);
      await region.post(`deliveries/${(await legOf(refused)).id}:resend`, { why: 'mended over there' });
      await until('its own have left', 10_000, async () => (await legOf(next)).state === 'delivered');
      const last = `document.${isWithdrawn ? 'deleted' : 'published'} ${id.split('.').at(-1)}`;
      expect(told(ipp).slice(-3)).to.deep.equal([`document.published ${first + 2}`, `document.published ${first}`, last]);
    });
});
