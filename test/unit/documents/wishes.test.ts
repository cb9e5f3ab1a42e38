/** SAFETY B6, B7 and B8: what patients and copies allow, and what answers prove. */
import { expect } from 'chai';
import { sentKeyOf } from '../../../core/documents/index.ts';
import type { Visibility } from '../../../core/model/index.ts';
import { PLAIN, QUALIFIED } from '../identity/hospital.ts';
import { Archive, NORTH, RECORD, SOUTH, index, oid, type Said } from './archive.ts';

const DOC = { document: { id: oid(1) }, content: 'one' } as const;
const WANTED: Visibility = { maskedToProfessionals: false, hiddenFromPatient: false, sendToDmp: true, sendToMssPatient: true, sendToMssPro: true };
const legsOf = (made: { event?: { data: unknown } }, said: Visibility = WANTED): unknown[] => {
  const { visibility = said } = (made.event?.data ?? {}) as { visibility?: Visibility };
  return [visibility.sendToDmp, visibility.sendToMssPatient, visibility.sendToMssPro];
};

describe('what a patient allows', () => {
  let archive: Archive;
  beforeEach(() => {
    archive = new Archive();
  });

  it('B6: opposition said once holds for later documents of the patient, whose message does not repeat it', async () => {
    await archive.takes({ type: 'dcc.identity.updated', opposition: 'IO' });
    const made = await archive.takes({ ...DOC, visibility: WANTED });
    expect([made.sentTo, legsOf(made), made.codes]).to.deep.equal([
      [RECORD],
      [false, false, true],
      ['leg-refused', 'leg-refused', 'patient-opposed'],
    ]);
    expect((made.event?.data as { consent?: object } | undefined)?.consent).to.deep.equal({ dmpFeedOpposition: 'IO' });
    const other = await archive.takes({ ...DOC, document: { id: oid(2) }, patient: '2', visibility: WANTED });
    expect(legsOf(other)).to.deep.equal([true, true, true]);
  });

  it('B6: opposition said with one number holds for the same INS elsewhere', async () => {
    const ins = '237063399100156';
    await archive.takes({ ...DOC, ins, patient: '1', opposition: 'IO' });
    const elsewhere = await archive.takes({ ...DOC, document: { id: oid(2) }, content: 'two', ins, patient: '77', site: SOUTH, visibility: WANTED });
    expect(legsOf(elsewhere)).to.deep.equal([false, false, true]);
  });

  it('B6: it ends when the patient says so, not by an older message, by silence or by NA; and only where it was said', async () => {
    const legs = async (): Promise<unknown[]> =>
      legsOf(await archive.takes({ ...DOC, document: { sourceId: crypto.randomUUID() }, visibility: WANTED }));
    const says = (opposition: string, opposedAt?: string, site = NORTH): Promise<unknown> =>
      archive.takes({ type: 'dcc.visit.updated', opposition, site, ...(opposedAt && { opposedAt }) });
    await says('IO', '2026-05-01');
    await says('INO', '2026-04-01');
    expect(await legs(), 'older').to.deep.equal([false, false, true]);
    await says('NA', '2026-06-01');
    expect(await legs(), 'NA').to.deep.equal([false, false, true]);
    await says('INO', '2026-06-01', SOUTH);
    expect(await legs(), 'another site').to.deep.equal([false, false, true]);
    await says('INO', '2026-06-02');
    expect(await legs(), 'withdrawn').to.deep.equal([true, true, true]);
  });

  it('B6: opposition follows a merge both ways, over chains, in any order, until the merge is undone', async () => {
    const legs = async (patient: string): Promise<unknown[]> =>
      legsOf(await archive.takes({ ...DOC, patient, document: { sourceId: crypto.randomUUID() }, content: crypto.randomUUID(), visibility: WANTED }));
    const [open, closed] = [
      [true, true, true],
      [false, false, true],
    ];
    await archive.takes({ type: 'dcc.identity.updated', patient: '3', opposition: 'IO' });
    await archive.takes({ patient: '2', absorbs: '3' });
    expect(await legs('1')).to.deep.equal(open);
    await archive.takes({ patient: '1', absorbs: '2' });
    for (const patient of ['1', '2', '3']) expect(await legs(patient), patient).to.deep.equal(closed);
    archive.undo('2');
    expect([await legs('1'), await legs('2'), await legs('3')]).to.deep.equal([open, closed, closed]);
    await archive.takes({ patient: '5', absorbs: '4' });
    await archive.takes({ type: 'dcc.identity.updated', patient: '4', opposition: 'IO' });
    expect(await legs('5'), 'said after the merge, with the absorbed number').to.deep.equal(closed);
    for (let other = 10; other < 40; other += 1) await archive.takes({ patient: '1', absorbs: String(other) });
    await archive.takes({ type: 'dcc.identity.updated', patient: '10', opposition: 'IO' });
    expect(await legs('1'), 'the first of thirty').to.deep.equal(closed);
  });

  it('B6: opposition in a message that waits for a person is remembered, unless it waits because its patient is in doubt', async () => {
    const legs = async (patient: string): Promise<unknown[]> =>
      legsOf(await archive.takes({ ...DOC, patient, document: { sourceId: crypto.randomUUID() }, content: crypto.randomUUID(), visibility: WANTED }));
    await archive.takes(DOC);
    const conflict = await archive.takes({ ...DOC, content: 'other', opposition: 'IO' });
    expect([conflict.quarantine?.code, await legs('1')]).to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT', [false, false, true]]);
    const doubtful = await archive.takes({ ...DOC, patient: '2', opposition: 'IO' });
    expect([doubtful.quarantine?.code, await legs('2')]).to.deep.equal(['ERR_DOCUMENT_OTHER_PATIENT', [true, true, true]]);
    const refused = await archive.takes({ type: 'dcc.document.deleted', site: SOUTH, document: DOC.document, patient: '1', opposition: 'INO' });
    expect([refused.reject?.code, await legs('1')], 'what is refused is sent again').to.deep.equal(['ERR_DOCUMENT_NOT_AUTHOR', [false, false, true]]);
  });

  it('B6: of what a connector puts aside nothing is judged but the wish', async () => {
    const { caseOf } = await import('./archive.ts');
    const one = { ...caseOf({ type: 'dcc.identity.updated', opposition: 'IO' }, 1, 1), waits: true as const };
    const { judgements, release } = await archive.knowledge.judge([[one]]);
    release(true);
    expect(judgements[0]![0]!.remembered).to.have.length(1);
    expect(Object.keys(judgements[0]![0]!)).to.deep.equal(['remembered']);
    expect(legsOf(await archive.takes({ ...DOC, visibility: WANTED }))).to.deep.equal([false, false, true]);
  });

  it('B6: opposition said with an INS holds for the number that has it on file, though a document does not repeat it', async () => {
    const ins = '237063399100156';
    await archive.takes({ type: 'dcc.identity.updated', patient: '1', ins });
    await archive.takes({ type: 'dcc.identity.updated', site: SOUTH, patient: '9', ins, opposition: 'IO' });
    expect(legsOf(await archive.takes({ ...DOC, visibility: WANTED }))).to.deep.equal([false, false, true]);
  });

  const identity = (patient: string, said: object, rest: object = {}, recordedAt?: string): ReturnType<Archive['takes']> =>
    archive.takes({
      type: 'dcc.identity.updated',
      patient,
      data: { patient: { ipp: patient, domain: 'region', ...said }, originApplication: 'DPI', ...rest, ...(recordedAt && { recordedAt }) },
    });

  it('B6: opposition said with an INS holds for every number that claimed it, though a trait was corrected since', async () => {
    await identity('1', QUALIFIED, {}, '2026-08-01T00:00:00Z');
    expect((await identity('1', { ...PLAIN, birthName: 'VALMORIN' }, {}, '2026-08-01T00:01:00Z')).event?.type).to.equal('dcc.identity.dequalified');
    await archive.takes({ type: 'dcc.visit.updated', site: SOUTH, patient: '9', ins: QUALIFIED.ins!, opposition: 'IO' });
    expect(legsOf(await archive.takes({ ...DOC, visibility: WANTED }))).to.deep.equal([false, false, true]);
  });

  const elsewhere = async (n: number): Promise<unknown[]> =>
    legsOf(await archive.takes({ site: SOUTH, ins: QUALIFIED.ins!, document: { id: oid(n) }, content: `${n}`, visibility: WANTED }));
  const saying = (dmpFeedOpposition: string): object => ({ consent: { dmpFeedOpposition } });

  it('B6: opposition said with a number holds for the INS it has on file, until it is withdrawn the same way', async () => {
    await identity('1', QUALIFIED);
    await identity('1', PLAIN, saying('IO'));
    expect(await elsewhere(7)).to.deep.equal([false, false, true]);
    await identity('1', PLAIN, saying('INO'));
    expect(await elsewhere(8)).to.deep.equal([true, true, true]);
  });

  it('B6: opposition said with a number before its INS was known holds for that INS', async () => {
    await identity('1', PLAIN, saying('IO'));
    expect(await elsewhere(7)).to.deep.equal([true, true, true]);
    await identity('1', QUALIFIED);
    expect(await elsewhere(8)).to.deep.equal([false, false, true]);
    await identity('1', PLAIN, saying('INO'));
    await identity('1', QUALIFIED);
    expect(await elsewhere(9)).to.deep.equal([true, true, true]);
  });

  const steps: Readonly<Record<string, () => Promise<unknown>>> = {
    'the INS of the survivor': () => identity('1', QUALIFIED),
    'the merge': () => archive.takes({ patient: '1', absorbs: '2' }),
    'the opposition': () => archive.takes({ type: 'dcc.visit.updated', patient: '2', opposition: 'IO' }),
  };
  const names = Object.keys(steps);
  for (const order of names.flatMap((a) => names.filter((b) => b !== a).map((b) => [a, b, names.find((c) => c !== a && c !== b)!])))
    it(`B6, A6: opposition said with an absorbed number holds for the INS of its survivor, until the merge is undone (${order.join(', ')})`, async () => {
      for (const step of order) await steps[step]!();
      archive.keep([]);
      expect(await elsewhere(7)).to.deep.equal([false, false, true]);
      archive.undo('2');
      expect(await elsewhere(8), 'another patient').to.deep.equal([true, true, true]);
      expect(legsOf(await archive.takes({ ...DOC, patient: '2', visibility: WANTED }))).to.deep.equal([false, false, true]);
    });

  it('B7: confidentiality R or V and INVISIBLE_PATIENT close the ways to the patient, whoever sends the document', async () => {
    for (const [n, document, visibility] of [
      [3, { confidentiality: 'R' }, WANTED],
      [4, { confidentiality: 'V' }, WANTED],
      [5, {}, { ...WANTED, hiddenFromPatient: true }],
    ] as const) {
      const made = await archive.takes({ site: RECORD, to: [NORTH], content: `${n}`, document: { id: oid(n), ...document }, visibility });
      expect([made.sentTo, legsOf(made, visibility)]).to.deep.equal([[NORTH], [false, false, true]]);
    }
  });

  describe('confidentiality is remembered', () => {
    const OPEN: Visibility = { hiddenFromPatient: false, sendToDmp: true, sendToMssPatient: true };
    const said = (confidentiality?: string, rest: Partial<Said> = {}): Said => ({
      ...DOC,
      ...rest,
      document: { ...(rest.document ?? DOC.document), ...(confidentiality && { confidentiality }) },
      visibility: OPEN,
    });
    const left = async (one: Said): Promise<unknown> => {
      const made = await archive.takes(one);
      const { document } = (made.event?.data ?? {}) as { document?: { confidentiality?: string } };
      return [...made.sentTo, document?.confidentiality, ...legsOf(made, OPEN).slice(0, 2), ...made.codes];
    };
    const CLOSED = [false, false];
    const REFUSED = ['leg-refused', 'leg-refused'];

    it('B7: a copy that does not say it leaves with it, by any name, to a further recipient, and with both contents', async () => {
      await archive.takes(said('R', { site: RECORD, to: [NORTH] }));
      expect(await left(said(undefined, { site: RECORD, to: [NORTH, SOUTH] }))).to.deep.equal([
        SOUTH,
        'R',
        ...CLOSED,
        'further-recipient',
        ...REFUSED,
      ]);
      await archive.takes(said('V', { document: { sourceId: '4711' }, content: 'two', site: RECORD, to: [NORTH] }));
      expect(await left(said('N', { document: { id: oid(2) }, content: 'two', site: RECORD, to: [SOUTH] }))).to.include.members([SOUTH, 'V', false]);
    });

    it('B7: a copy that is stricter is a mask: told where it was sent, with a warning when it contradicts; what is weaker changes nothing', async () => {
      await archive.takes(said('N'));
      expect(await left(said('V'))).to.deep.equal([
        RECORD,
        'V',
        ...CLOSED,
        'masked-by-copy',
        'visibility-contradiction:restricted',
        'visibility-contradiction:veryRestricted',
        ...REFUSED,
      ]);
      const weaker = await archive.takes(said('R'));
      expect([weaker.sentTo, weaker.codes]).to.deep.equal([[], ['duplicate', 'visibility-contradiction:veryRestricted']]);
      expect((await archive.takes(said('V'))).codes, 'once').to.deep.equal(['duplicate']);
    });

    it('B7: of somebody who may not change the document it holds for what leaves, and is told by who may', async () => {
      await archive.takes(said());
      expect((await archive.takes(said('R', { site: SOUTH }))).codes).to.include('mask-not-told');
      expect(await left(said(undefined, { site: RECORD, to: ['990001034'] }))).to.include.members(['990001034', 'R', false]);
      expect(await left(said('R'))).to.deep.equal([RECORD, 'R', ...CLOSED, 'masked-by-copy', ...REFUSED]);
    });

    it('B7: a correction under its number says it anew, with a warning when it is less; silent, it stays', async () => {
      const step = (content: string, confidentiality?: string): Said =>
        said(confidentiality, { content, document: { sourceId: '4711', action: 'replace', status: 'corrected' } });
      await archive.takes(step('one', 'R'));
      expect(await left(step('two'))).to.deep.equal([RECORD, 'R', ...CLOSED, ...REFUSED]);
      expect(await left(step('three', 'N'))).to.deep.equal([RECORD, undefined, true, true, 'visibility-contradiction:restricted']);
    });
  });

  it('B7: a second copy makes unknown flags known, and is delivered nowhere', async () => {
    await archive.takes({ ...DOC, visibility: { sendToDmp: 'held' } });
    const copy = await archive.takes({ ...DOC, visibility: WANTED });
    expect([copy.sentTo, copy.codes]).to.deep.equal([
      [],
      ['duplicate', 'visibility-known:maskedToProfessionals', 'visibility-known:hiddenFromPatient'],
    ]);
    expect(archive.note(oid(1))?.['flags']).to.deep.include({ hiddenFromPatient: false, sendToDmp: true });
  });

  it('B7: a correction under the number of its source says anew who may see it; what it does not say stays, and that it unmasks is seen', async () => {
    const step = (content: string, visibility: Visibility): ReturnType<Archive['takes']> =>
      archive.takes({ document: { sourceId: '4711', action: 'replace', status: 'corrected' }, content, visibility });
    await step('one', { ...WANTED, hiddenFromPatient: true, secretConnection: true });
    const open = await step('two', WANTED);
    expect(open.codes).to.deep.equal(['visibility-contradiction:hiddenFromPatient']);
    expect(legsOf(open, WANTED)).to.deep.equal([true, true, true]);
    expect((open.event!.data as { visibility: Visibility }).visibility.secretConnection, 'not said').to.equal(true);
    const hidden = await step('three', { ...WANTED, hiddenFromPatient: true });
    expect([hidden.sentTo, legsOf(hidden)]).to.deep.equal([[RECORD], [false, false, true]]);
    expect((await step('three', WANTED)).codes, 'a copy').to.deep.equal(['duplicate', 'visibility-contradiction:hiddenFromPatient']);
  });

  it('B7: copies that contradict each other: the more restrictive wins, with a warning, and the receiver is told', async () => {
    await archive.takes({ ...DOC, visibility: WANTED });
    const hidden = await archive.takes({ ...DOC, visibility: { ...WANTED, hiddenFromPatient: true } });
    expect([hidden.sentTo, hidden.codes.slice(0, 2)]).to.deep.equal([[RECORD], ['masked-by-copy', 'visibility-contradiction:hiddenFromPatient']]);
    expect(legsOf(hidden)).to.deep.equal([false, false, true]);
    const open = await archive.takes({ ...DOC, visibility: WANTED });
    expect([open.sentTo, open.codes]).to.deep.equal([[], ['duplicate', 'visibility-contradiction:hiddenFromPatient']]);
  });

  it('B7: a mask first said by who may not change the document holds for what leaves, and is told once its author says it', async () => {
    const hidden = { ...DOC, visibility: { ...WANTED, hiddenFromPatient: true } };
    await archive.takes({ ...DOC, visibility: WANTED });
    for (const codes of [
      ['duplicate', 'visibility-contradiction:hiddenFromPatient', 'mask-not-told'],
      ['duplicate', 'mask-not-told'],
    ]) {
      const said = await archive.takes({ ...hidden, site: SOUTH });
      expect([said.sentTo, said.codes]).to.deep.equal([[], codes]);
    }
    expect(archive.note(oid(1)))
      .to.deep.include({ unheard: ['hiddenFromPatient'] })
      .and.nested.include({ 'flags.hiddenFromPatient': true });
    const shown = await archive.takes({ ...DOC, site: RECORD, to: ['990001034'], visibility: WANTED });
    expect([shown.sentTo, legsOf(shown)], 'what leaves').to.deep.equal([['990001034'], [false, false, true]]);
    const open = await archive.takes({ ...DOC, visibility: WANTED });
    expect(open.sentTo, 'its author does not say it').to.deep.equal([]);
    const told = await archive.takes(hidden);
    expect([told.sentTo, told.codes, legsOf(told)]).to.deep.equal([[RECORD], ['masked-by-copy', 'leg-refused', 'leg-refused'], [false, false, true]]);
    expect((await archive.takes(hidden)).sentTo, 'once').to.deep.equal([]);
    expect((await archive.takes({ ...hidden, site: SOUTH })).codes).to.deep.equal(['duplicate']);
  });
});

describe('B8: what answers prove', () => {
  const answer = (archive: Archive, type: string, data: object, site = RECORD): ReturnType<Archive['takes']> =>
    archive.takes({ type, site, data: { originalMessageId: 'OUT1', ...data } });
  const proofs = (archive: Archive): unknown => archive.note(oid(1))?.['proofs'];
  const sent = async (): Promise<Archive> => {
    const archive = new Archive();
    await archive.takes(DOC);
    const document = index.term({ field: 'document', value: oid(1) });
    archive.notes.set(`document-sent ${sentKeyOf(RECORD, 'OUT1', index)}`, JSON.stringify({ document, lane: 'dcc-out', delivery: 'TEST-d1' }));
    return archive;
  };

  it('B8: each answer is one fact of one delivery and recipient; none makes another true', async () => {
    const archive = await sent();
    await answer(archive, 'dcc.delivery.mss.relayed', { channel: 'MSSANTE', recipient: 'a' });
    await answer(archive, 'dcc.delivery.mss.delivered', { channel: 'MSSANTE', recipient: 'a' });
    await answer(archive, 'dcc.delivery.mss.failed', { channel: 'MSSANTE', recipient: 'b', smtpCode: 550, permanent: true });
    await answer(archive, 'dcc.delivery.mss.read', { channel: 'MSSANTE', reader: 'a' });
    await answer(archive, 'dcc.delivery.dmp.accepted', { channel: 'DMP', status: 'accepted' });
    const facts = (proofs(archive) as { proof: string; channel: string; who?: string; code?: string }[]).map((p) => [
      p.proof,
      p.channel,
      p.who,
      p.code,
    ]);
    expect(facts).to.deep.equal([
      ['relayed', 'MSSANTE', 'a', undefined],
      ['delivered', 'MSSANTE', 'a', undefined],
      ['failed', 'MSSANTE', 'b', '550'],
      ['read', 'MSSANTE', 'a', undefined],
      ['filed', 'DMP', undefined, undefined],
    ]);
  });

  it('B8: nothing that is proven is forgotten for what is proven later, nor a place it was sent to', async () => {
    const archive = await sent();
    for (let n = 0; n < 100; n += 1) await answer(archive, 'dcc.delivery.mss.delivered', { recipient: `r${n}` });
    expect(proofs(archive)).to.have.length(100);
    const places = Array.from({ length: 40 }, (_, n) => `99100${1000 + n}`);
    const shown = { site: RECORD, to: places, document: { id: oid(2) }, content: 'to many' };
    await archive.takes(shown);
    expect((await archive.takes(shown)).sentTo).to.deep.equal([]);
  });

  it('B8: a final failure after a temporary one, a refusal after a wait, a failure after a delivery are news, passed on each', async () => {
    const archive = await sent();
    const passed = async (type: string, data: object): Promise<readonly string[]> => (await answer(archive, type, data)).codes;
    const mss = { channel: 'MSSANTE', recipient: 'a' };
    for (const [type, data, isNews] of [
      ['dcc.delivery.mss.failed', { ...mss, smtpCode: 451, permanent: false }, true],
      ['dcc.delivery.mss.failed', { ...mss, smtpCode: 451, permanent: false }, false],
      ['dcc.delivery.mss.failed', { ...mss, smtpCode: 451, permanent: true }, true],
      ['dcc.delivery.mss.failed', { ...mss, smtpCode: 550, permanent: true }, true],
      ['dcc.delivery.mss.delivered', mss, true],
      ['dcc.delivery.mss.failed', { ...mss, smtpCode: 550, permanent: true }, true],
      ['dcc.document.refused', { ack: 'AR', retry: true }, true],
      ['dcc.document.refused', { ack: 'AE', applicationCode: 904 }, true],
      ['dcc.document.refused', { ack: 'AE', applicationCode: 904 }, false],
    ] as const)
      expect(await passed(type, data), JSON.stringify([type, data])).to.deep.equal(isNews ? [] : ['duplicate']);
  });

  it('B8: the same answer twice is one fact; an answer of another site, or to no message of ours, proves nothing', async () => {
    const archive = await sent();
    await answer(archive, 'dcc.delivery.mss.delivered', { recipient: 'a' });
    expect((await answer(archive, 'dcc.delivery.mss.delivered', { recipient: 'a' })).codes).to.deep.equal(['duplicate']);
    expect((await answer(archive, 'dcc.delivery.mss.read', { reader: 'a' }, SOUTH)).codes).to.deep.equal(['answer-unmatched']);
    expect((await answer(archive, 'dcc.delivery.mss.read', { originalMessageId: 'OUT2' })).codes).to.deep.equal(['answer-unmatched']);
    expect(proofs(archive)).to.have.length(1);
  });
});
