/** SAFETY B2 to B5, B10: what its source only numbers leaves within a CDA; what is made of it here is held to our own judgement at its receiver. */
import { hash } from 'node:crypto';
import { expect } from 'chai';
import { array, assert, asyncProperty, nat } from 'fast-check';
import {
  assemblePart,
  PasserelleError,
  type AttemptRecord,
  type DeliveryState,
  type EncodeInput,
  type MessageHistory,
} from '../../../core/contract/index.ts';
import { Legs } from '../../../core/documents/index.ts';
import type { DocumentData, EventData } from '../../../core/model/index.ts';
import { codec } from '../../../plugins/codec-hl7v2/index.ts';
import { decodeFr, encodeFr, NATIONAL_PROFILE } from '../../../plugins/codec-hl7v2-fr/index.ts';
import { contextOf, open, SITE } from '../../../plugins/codec-hl7v2-fr/test/messages.ts';
import { Archive, caseOf, index, journalOf, NORTH, RECORD, SOUTH, timeOf, type Said } from './archive.ts';

const LANE = { name: 'north-in', site: NORTH };
const AS_N1 = { ...SITE, connector: { cda: { plain: 'n1', confidentiality: 'N', custodian: { name: 'DOSSIER FICTIF', finess: RECORD } } } };
const PATIENT = { ipp: '00012345', ippAuthority: '1.2.250.1.999.90.1', domain: 'gam', birthName: 'ESSAI', sex: 'F', birthDate: '1960-01-01' };

/** What left, as its receiver reads it. */
interface Left {
  readonly document: DocumentData;
  readonly cda: string | undefined;
  readonly made: readonly string[];
  readonly ids: object | undefined;
}

describe('numbered documents within a CDA', () => {
  /** Of the record, and of the establishment that receives. */
  let archive: Archive;
  let there: Archive;
  let delivery = 0;
  /** Of the message that leaves. */
  let minute = 1;
  beforeEach(() => {
    archive = new Archive();
    there = new Archive();
    minute = 1;
    deletionState = 'delivered';
    deletionStates.clear();
    refused.clear();
  });

  const deletions = new Map<number, { readonly event: { readonly id: string } }>();
  let deletionState: DeliveryState;
  /** Of one of them. */
  const deletionStates = new Map<number, DeliveryState>();
  /** Deliveries that their receiver refused, and how they ended. */
  const refused = new Map<number, readonly [DeliveryState, Partial<AttemptRecord>]>();

  const legs = (): Legs => {
    const keep = async (notes: Parameters<Archive['keep']>[0]): Promise<void> => archive.keep(notes);
    const message = async (id: number): Promise<MessageHistory> => {
      const one = deletions.get(id);
      const [state, attempt] = refused.get(id) ?? [];
      if (attempt) return { deliveries: [{ delivery: id, state }], attempts: [{ delivery: id, ...attempt }], events: [] } as never;
      const deliveries = one
        ? [{ delivery: id - 1000, lane: LANE.name, eventId: one.event.id, state: deletionStates.get(id - 1000) ?? deletionState }]
        : [];
      return (one && { message: {}, events: [{ event: one.event }], parts: [], deliveries }) as never;
    };
    const material = async (ids: readonly number[]): Promise<never> =>
      ids.filter((id) => refused.has(id)).map((id) => ({ delivery: id, message: id })) as never;
    const journal = journalOf({ tag: 'TEST', message, material, keep });
    return new Legs({ index, sendersOf: () => [], destinations: [], knowledge: archive.knowledge, now: () => 0, journal });
  };
  const leaving = (said: Said): Parameters<Legs['before']>[0] => {
    const { event, parts, keys } = caseOf(said, minute, 1);
    const one = { delivery: (delivery += 1), message: 1, event: event as never, parts: parts as never, keys };
    if (event.type !== 'dcc.document.deleted') return one;
    deletions.set(1000 + delivery, { event });
    return { ...one, message: 1000 + delivery };
  };
  const numbered = (content: string, document: Partial<DocumentData> = {}): Said => ({
    site: RECORD,
    to: [NORTH],
    content,
    document: { sourceId: 'K1', custodian: { finess: RECORD }, ...document },
  });
  const corrected = (content: string): Said => numbered(content, { action: 'replace', status: 'corrected' });
  const withdrawn = (document: Partial<DocumentData> = {}): Said => ({
    site: RECORD,
    to: [NORTH],
    type: 'dcc.document.deleted',
    document: { sourceId: 'K1', ...document },
  });

  /** Its message, written for the north and read again; what holds it, by its code. */
  async function written(said: Said, lane = LANE): Promise<Left | string> {
    const one = leaving(said);
    const leave = await legs().before(one, lane);
    if ('held' in leave) return leave.held.code;
    const event = { ...leave.event, data: { ...(leave.event['data'] as object), patient: PATIENT } } as unknown as EncodeInput['event'];
    const left = { ...one, event: leave.event };
    const bytes = Buffer.from(`%PDF-1.4\n% ${said.content}\n%%EOF\n`);
    const parts = one.parts.map(({ part, sha256 }) => ({ part, sha256, bytes: bytes.length, mime: 'application/pdf' }));
    const { knownAs, since } = leave;
    const context = { ...contextOf(AS_N1), now: timeOf(minute) };
    const result = encodeFr({ event, parts, ...(knownAs && { knownAs }), ...(since && { since }) }, context, NATIONAL_PROFILE);
    if (result.outcome !== 'message') throw new Error(JSON.stringify(result.error));
    const { envelope } = result;
    const taken = envelope.document && (await legs().with(left, lane, { ids: envelope.document, parts: envelope.parts ?? [] }));
    if (taken) return taken.code;
    const from = envelope.parts?.[0]?.from;
    const cda = from && Buffer.from(assemblePart(from, () => bytes)).toString();
    const made = cda === undefined ? [] : [hash('sha256', cda)];
    await legs().sent(left, lane, `OUT${delivery}`, { made, ...(envelope.document && { ids: envelope.document }) });
    const { events } = decodeFr(open(Buffer.concat(codec.build(envelope, () => bytes))), contextOf(SITE), NATIONAL_PROFILE);
    return { document: (events[0]!.data as EventData<'dcc.document.received'>).document, cda, made, ids: envelope.document };
  }
  async function left(said: Said, lane = LANE): Promise<Left> {
    expect((await archive.takes(said)).sentTo).to.deep.equal([NORTH]);
    const one = await written(said, lane);
    if (typeof one === 'string') throw new Error(one);
    return one;
  }
  /** What the engine of its receiver makes of it: where it goes, or why it waits. */
  async function received({ document, cda }: Left): Promise<string> {
    const type = document.action === 'delete' ? 'dcc.document.deleted' : 'dcc.document.received';
    const { quarantine, reject, sentTo, codes } = await there.takes({ type, document, ...(cda !== undefined && { content: cda }) });
    return [(quarantine ?? reject)?.code, ...sentTo, ...codes].filter(Boolean).join(' ');
  }

  it('B2, B7: sent again for a mask, and by a replay of that, it is the same bytes, which its receiver knows', async () => {
    const one = await left(numbered('same'));
    expect(await received(one)).to.equal(RECORD);
    minute = 2;
    const masked = { ...numbered('same'), visibility: { hiddenFromPatient: true } };
    const two = await left(masked);
    expect(two.cda).to.equal(one.cda);
    expect(await received(two)).to.equal('duplicate');
    minute = 3;
    expect(((await written(masked)) as Left).cda).to.equal(one.cda);
    const next = await left(corrected('other'));
    expect(/effectiveTime value="(\d+)/.exec(next.cda!)![1]).to.not.equal(/effectiveTime value="(\d+)/.exec(one.cda!)![1]);
  });

  it('B2: two documents of one order are two at their receiver; each is deleted by its own id', async () => {
    const [one, two] = [await left(numbered('one', { sourceItem: '1' })), await left(numbered('two', { sourceItem: '2' }))];
    expect(two.document.id)
      .to.match(/^2\.25\.\d+$/)
      .and.not.equal(one.document.id);
    expect([await received(one), await received(two)]).to.deep.equal([RECORD, RECORD]);
    const gone = await left(withdrawn({ sourceItem: '2' }));
    expect(gone.document.id).to.equal(two.document.id);
    expect(await received(gone)).to.equal(RECORD);
    expect([there.note(one.document.id!)?.['deleted'], there.note(two.document.id!)?.['deleted']].map(Boolean)).to.deep.equal([false, true]);
  });

  it('B4: what the receiver who keeps it deletes of one order is deleted at its source by its own item', async () => {
    const item = (sourceItem: string): Said => numbered(sourceItem, { sourceItem, custodian: { finess: NORTH } });
    await left(item('1'));
    const two = await left(item('2'));
    const { event } = await archive.takes({ type: 'dcc.document.deleted', document: { id: two.document.id! } });
    expect((event!.data as EventData<'dcc.document.received'>).document).to.include({ sourceId: 'K1', sourceItem: '2' });
    expect(['1', '2'].map((n) => archive.note(`${RECORD}|DPI/K1#${n}`)?.['deleted'] !== undefined)).to.deep.equal([false, true]);
  });

  it('B2, B4: under an id that another document left with, nothing leaves: not a document, nor a correction or a deletion of what left so', async () => {
    const [one, two] = [numbered('one', { sourceItem: '1' }), numbered('two', { sourceItem: '2' })];
    const shared = { id: `2.25.${'4'.repeat(38)}` };
    for (const said of [one, two]) await archive.takes(said);
    await legs().sent(leaving(one), LANE, 'A', { made: [], ids: shared });
    expect(await legs().with(leaving(one), LANE, { ids: shared })).to.equal(undefined);
    expect((await legs().with(leaving(two), LANE, { ids: shared }))?.code).to.equal('ERR_DOCUMENT_ID_TAKEN');
    // As it was once sent all the same.
    await legs().sent(leaving(two), LANE, 'B', { made: [], ids: shared });
    for (const said of [two, numbered('newer', { sourceItem: '2', action: 'replace', status: 'corrected' }), withdrawn({ sourceItem: '2' })]) {
      await archive.takes(said);
      expect(await written(said)).to.equal('ERR_DOCUMENT_ID_TAKEN');
    }
  });

  it('B3: a correction under the same number has an id of its own and replaces what left before, one after the other', async () => {
    const first = await left(numbered('first'));
    expect(await received(first)).to.equal(RECORD);
    let before = first;
    // Back to what it was at first, too.
    for (const content of ['second', 'third', 'first']) {
      const next = await left(corrected(content));
      expect(next.document).to.include({ action: 'replace', replaces: before.document.id });
      expect(next.cda).to.include(`<relatedDocument typeCode="RPLC"><parentDocument><id root="${before.document.id}"/>`);
      expect(next.cda).to.include(`<id root="${next.document.id}"/>`);
      expect(await received(next)).to.equal(RECORD);
      expect(there.note(before.document.id!)?.['superseded']).to.include({ id: next.document.id });
      before = next;
    }
  });

  it('B3: so has the final one after a preliminary one, of the same bytes or of others', async () => {
    for (const content of ['same', 'other']) {
      archive = new Archive();
      there = new Archive();
      const draft = await left(numbered('same', { status: 'preliminary' }));
      const final = await left(numbered(content));
      expect(final.document).to.include({ action: 'replace', replaces: draft.document.id });
      expect([await received(draft), await received(final)]).to.deep.equal([RECORD, RECORD]);
    }
  });

  it('B3: what was refused is replaced by nothing: the final one after a preliminary one that its receiver does not take is new, or replaces what is there', async () => {
    const error = new PasserelleError('ERR_ACK_REFUSED').toData();
    for (const state of ['dead', 'discarded'] as const) {
      archive = new Archive();
      const draft = await left(numbered('draft', { status: 'preliminary' }));
      refused.set(delivery, [state, { outcome: 'dead', error }]);
      const final = await left(numbered('final'));
      expect([final.document.action, final.document.replaces]).to.deep.equal(['new', undefined]);
      expect(final.document.id).to.not.equal(draft.document.id);
      // Corrected, but the correction refused: the next one replaces what is there.
      await left(corrected('typo'));
      refused.set(delivery, [state, { outcome: 'dead', error }]);
      expect((await left(corrected('right'))).document).to.include({ action: 'replace', replaces: final.document.id });
      const again = await written(corrected('right'));
      expect(typeof again !== 'string' && again.document).to.include({ action: 'replace', replaces: final.document.id });
    }
    // Whether this one is there nobody knows.
    archive = new Archive();
    const doubtful = await left(numbered('draft', { status: 'preliminary' }));
    refused.set(delivery, ['dead', { outcome: 'review' }]);
    expect((await left(numbered('final'))).document).to.include({ action: 'replace', replaces: doubtful.document.id });
  });

  const refuse = (state: DeliveryState = 'discarded'): void => {
    refused.set(delivery, [state, { outcome: 'dead', error: new PasserelleError('ERR_ACK_REFUSED').toData() }]);
  };

  it('B3: what arrived once is there: sent again, or with a mask, and refused as a duplicate, its next version replaces it', async () => {
    const mask = { visibility: { hiddenFromPatient: true } };
    for (const again of [numbered('first'), { ...numbered('first'), ...mask }, numbered('first', { status: 'preliminary' })])
      for (const next of [corrected('second'), numbered('second')]) {
        if ((again.document?.status === 'preliminary') !== (next.document?.status === undefined)) continue;
        archive = new Archive();
        const first = await left({ ...again, visibility: {} });
        expect(((await written(again)) as Left).document.id).to.equal(first.document.id);
        refuse();
        expect((await left(next)).document).to.include({ action: 'replace', replaces: first.document.id });
      }
  });

  it('B3, B4: what was refused is not deleted there: a withdrawal names what its receiver has, and what is given again then replaces nothing', async () => {
    const first = await left(numbered('first'));
    await left(corrected('second'));
    refuse();
    const gone = await left(withdrawn());
    expect(gone.document.id).to.equal(first.document.id);
    expect([await received(first), await received(gone)]).to.deep.equal([RECORD, RECORD]);
    expect((await left(numbered('given again'))).document.action).to.equal('new');
  });

  it('B3: what only ever was refused is not replaced: its correction is new, and stays so when it is written again', async () => {
    await left(numbered('first'));
    refuse();
    const next = await left(corrected('second'));
    expect(next.document).to.include({ action: 'new', status: 'final' });
    expect(next.cda).to.not.include('RPLC');
    const again = (await written(corrected('second'))) as Left;
    expect(again.document).to.include({ action: 'new', id: next.document.id });
    expect((await left(corrected('third'))).document).to.include({ action: 'replace', replaces: next.document.id });
  });

  it('B3: however many corrections were refused, the one that is taken replaces what is there', async () => {
    const first = await left(numbered('first'));
    for (let n = 0; n < 12; n += 1) {
      await left(corrected(`refused ${n}`));
      refuse();
    }
    expect((await left(corrected('taken'))).document).to.include({ action: 'replace', replaces: first.document.id });
  });

  it('B7: under an id of its own nobody is asked about what is more confidential than what was refused', async () => {
    const own = (document: Partial<DocumentData> = {}): Said => ({ ...numbered('own'), document: { id: `2.25.${'4'.repeat(38)}`, ...document } });
    await left(own());
    refuse();
    expect(((await written(own({ confidentiality: 'R' }))) as Left).cda).to.include('<confidentialityCode code="R"');
  });

  describe('whatever was taken and refused, one after the other', () => {
    type Step = readonly [what: 'new' | 'preliminary' | 'corrected' | 'again' | 'withdrawn', how: 'taken' | 'refused'];
    /** What its source may say next. */
    const stepsAfter = (now: Said | undefined): readonly Step[] => {
      const isPreliminary = now?.document?.status === 'preliminary';
      const all = now
        ? ([...(isPreliminary ? (['new'] as const) : []), 'corrected', 'again', 'withdrawn'] as const)
        : (['new', 'preliminary'] as const);
      return all.flatMap((what) => [[what, 'taken'] as const, [what, 'refused'] as const]);
    };
    /** Fails where its receiver, who has taken something, shows anything else than what its source says; what may come next. */
    async function shows(steps: (n: number, all: readonly Step[]) => Step | undefined): Promise<readonly Step[]> {
      archive = new Archive();
      refused.clear();
      const shown = new Map<string, string>();
      const done: Step[] = [];
      let now: Said | undefined;
      for (;;) {
        const step = steps(done.length, stepsAfter(now));
        if (!step) return stepsAfter(now);
        done.push(step);
        const [what, how] = step;
        const fresh = numbered(`${done.length}`, what === 'preliminary' ? { status: 'preliminary' } : {});
        const said = { new: fresh, preliminary: fresh, corrected: corrected(`${done.length}`), again: now!, withdrawn: withdrawn() }[what];
        minute += 1;
        const { event } = await archive.takes(said);
        const one = await written({ ...said, ...(what !== 'again' && event && { document: (event.data as { document: DocumentData }).document }) });
        if (typeof one === 'string') throw new Error(one);
        now = what === 'withdrawn' ? undefined : said;
        deletionStates.set(delivery, how === 'taken' ? 'delivered' : 'discarded');
        if (how === 'refused') {
          refuse();
          continue;
        }
        const { action, id = '', replaces = '' } = one.document;
        shown.delete(action === 'delete' ? id : replaces);
        if (action !== 'delete') shown.set(id, said.content!);
        expect([...shown.values()], JSON.stringify(done)).to.deep.equal(now ? [now.content] : []);
      }
    }

    it('B3, B4: its receiver shows what its source says, after each three steps', async () => {
      let all: readonly (readonly Step[])[] = [[]];
      for (let length = 0; length <= 3; length += 1) {
        const longer: (readonly Step[])[] = [];
        for (const steps of all) for (const next of await shows((n) => steps[n])) longer.push([...steps, next]);
        all = longer;
      }
    });

    it('B3, B4: and after more of them', async () => {
      const lives = array(nat(), { minLength: 4, maxLength: 9, size: 'max' });
      await assert(
        asyncProperty(lives, async (picks) => {
          await shows((n, all) => (n < picks.length ? all[picks[n]! % all.length] : undefined));
        }),
        { numRuns: 60 },
      );
    });
  });

  it('B3: written again, it keeps its id and what it replaces; another lane that did not have the first one names none', async () => {
    const first = await left(numbered('first'));
    const next = await left(corrected('second'));
    const again = await written(corrected('second'));
    expect(typeof again !== 'string' && again.document).to.include({ id: next.document.id, replaces: first.document.id });
    const elsewhere = await written(corrected('second'), { name: 'south-in', site: SOUTH });
    expect(typeof elsewhere !== 'string' && elsewhere.document.replaces).to.equal(undefined);
  });

  it('B2, B3: what left before its content was noted keeps the id that it has there, and a correction replaces that', async () => {
    const item = numbered('first', { sourceItem: '2' });
    await archive.takes(item);
    const key = index.term({ field: 'document', value: `${RECORD}|DPI/K1#2` });
    const old = { id: `2.25.${'4'.repeat(38)}` };
    const noted = { ...archive.note(`${RECORD}|DPI/K1#2`), sentAs: { [LANE.name]: old } };
    archive.keep([{ kind: 'document', key, value: JSON.stringify(noted) }]);
    const again = await written(item);
    expect(typeof again !== 'string' && again.document.id).to.equal(old.id);
    // Of that time, too: nothing says which of both contents left.
    archive.keep([{ kind: 'document', key, value: JSON.stringify(noted) }]);
    const next = await left({ ...item, content: 'second', document: { ...item.document, action: 'replace', status: 'corrected' } });
    expect(next.document).to.include({ action: 'replace', replaces: old.id });
  });

  it('B2, B7: the same, more confidential, is another content there: by its number it replaces the first, under an id of its own it waits', async () => {
    const first = await left(numbered('first'));
    const masked = await left(numbered('first', { confidentiality: 'R' }));
    expect(masked.document).to.include({ action: 'replace', replaces: first.document.id });
    expect([first, masked].map(({ cda }) => /<confidentialityCode code="(.)"/.exec(cda!)![1])).to.deep.equal(['N', 'R']);
    expect([await received(first), await received(masked)]).to.deep.equal([RECORD, RECORD]);
    const again = await written(numbered('first'));
    expect(typeof again !== 'string' && again.document).to.include({ id: masked.document.id, replaces: first.document.id });
    const own = (document: Partial<DocumentData> = {}): Said => ({ ...numbered('own'), document: { id: `2.25.${'4'.repeat(38)}`, ...document } });
    await left(own());
    await archive.takes(own({ confidentiality: 'V' }));
    expect(await written(own({ confidentiality: 'V' }))).to.equal('ERR_DOCUMENT_ID_TAKEN');
  });

  it('B2, B3: a correction that comes again as a final word of the same bytes is what left, and still replaces the first', async () => {
    const first = await left(numbered('first'));
    const next = await left(corrected('second'));
    const again = await written(numbered('second'));
    expect(typeof again !== 'string' && again.document).to.include({ id: next.document.id, replaces: first.document.id });
  });

  it('B4: deleted, the id that is in force there is; given again, the number is another document that replaces nothing', async () => {
    const first = await left(numbered('first'));
    const next = await left(corrected('second'));
    const gone = await left(withdrawn());
    expect(gone.document.id).to.equal(next.document.id);
    const given = await left(numbered('given again'));
    expect([first, next].map(({ document }) => document.id)).to.not.include(given.document.id);
    expect(given.document.replaces).to.equal(undefined);
    for (const one of [first, next, gone, given]) expect(await received(one)).to.equal(RECORD);
    expect(there.note(given.document.id!)?.['deleted']).to.equal(undefined);
  });

  it('B3: a deletion that was refused or discarded hides nothing: what is given again replaces what is there', async () => {
    for (const state of ['dead', 'discarded'] as const) {
      archive = new Archive();
      const first = await left(numbered('first'));
      await left(withdrawn());
      deletionState = state;
      expect((await left(numbered('given again'))).document).to.include({ action: 'replace', replaces: first.document.id });
    }
  });

  it('B3, B4: given again as a correction, what its number stands for now is new, and replaces nothing', async () => {
    for (const said of [numbered('first'), withdrawn()]) await left(said);
    const { event, codes } = await archive.takes(corrected('given again'));
    expect(codes).to.deep.equal(['reissued-after-deletion']);
    expect((event!.data as EventData<'dcc.document.received'>).document).to.include({ action: 'new', status: 'final' });
    expect((await archive.takes(corrected('given again'))).codes).to.deep.equal(['duplicate']);
  });

  it('B4, B3: by an id that was replaced there the receiver deletes nothing at the source; by the one in force it does', async () => {
    const kept = { custodian: { finess: NORTH } };
    const first = await left(numbered('first', kept));
    const next = await left(numbered('second', { ...kept, action: 'replace', status: 'corrected' }));
    const deletion = ({ document }: Left): Said => ({ type: 'dcc.document.deleted', document: { id: document.id! } });
    expect((await archive.takes(deletion(first))).quarantine?.code).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
    expect((await archive.takes(deletion(next))).sentTo).to.deep.equal([RECORD]);
    expect(archive.note(`${RECORD}|DPI/K1`)?.['deleted']).to.include({ site: NORTH });
  });

  it('B5: what left before and what left last come back as what they are, and go no further', async () => {
    const both = [await left(numbered('first')), await left(corrected('second'))];
    for (const { document, cda } of both) expect((await archive.takes({ content: cda!, document })).sentTo).to.deep.equal([]);
  });
});
