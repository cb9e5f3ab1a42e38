/** SAFETY B2 to B4: stories of one document that its source gives several names, from its arrival to what its receiver shows. */
import { hash } from 'node:crypto';
import { expect } from 'chai';
import { assemblePart, PasserelleError, type DeliveryMaterial, type EncodeInput, type MessageHistory } from '../../../core/contract/index.ts';
import { goesWhereNoneArrived, Legs, shownOn } from '../../../core/documents/index.ts';
import type { DocumentData, EventData } from '../../../core/model/index.ts';
import { codec } from '../../../plugins/codec-hl7v2/index.ts';
import { decodeFr, encodeFr, NATIONAL_PROFILE } from '../../../plugins/codec-hl7v2-fr/index.ts';
import { contextOf, open, SITE } from '../../../plugins/codec-hl7v2-fr/test/messages.ts';
import { Archive, index, NORTH, oid, RECORD, timeOf, type Said } from './archive.ts';

const LANE = { name: 'north-in', site: NORTH };
const DESTINATIONS = [{ lane: LANE.name, site: NORTH, role: 'establishment', sends: [] }] as const;
const FORMS = {
  n1: { ...SITE, connector: { cda: { plain: 'n1', confidentiality: 'N', custodian: { name: 'DOSSIER FICTIF', finess: RECORD } } } },
  mdm: SITE,
} as const;
const PATIENT = { ipp: '00012345', ippAuthority: '1.2.250.1.999.90.1', domain: 'gam', birthName: 'ESSAI', sex: 'F', birthDate: '1960-01-01' };
const REFUSED = new PasserelleError('ERR_ACK_REFUSED').toData();

type Leg = DeliveryMaterial & { state: 'sending' | 'delivered' | 'discarded' | 'held' };

/** A record and one establishment, over a journal in memory. */
class Story {
  readonly archive = new Archive();
  readonly #messages = new Map<number, { history: MessageHistory; legs: Leg[] }>();
  readonly #form: keyof typeof FORMS;
  #deliveries = 100;

  constructor(form: keyof typeof FORMS) {
    this.#form = form;
  }

  readonly #journal = {
    tag: 'TEST',
    message: async (id: number): Promise<MessageHistory | undefined> => this.#messages.get(id)?.history,
    material: async (ids: readonly number[]): Promise<readonly DeliveryMaterial[]> =>
      [...this.#messages.values()].flatMap(({ legs }) => legs.filter(({ delivery }) => ids.includes(delivery))),
    notes: async (kind: string, keys: readonly string[]): Promise<readonly (string | undefined)[]> =>
      keys.map((key) => this.archive.notes.get(`${kind} ${key}`)),
    keep: async (notes: Parameters<Archive['keep']>[0]): Promise<void> => this.archive.keep(notes),
  };

  /** Its message, and what its receiver reads of it: nothing where it does not go, a code where it waits or cannot be written. */
  async says(said: Said, how: 'taken' | 'refused' = 'taken'): Promise<DocumentData | string | undefined> {
    const { message, sentTo: _, codes: __, ...judged } = await this.archive.takes({ site: RECORD, to: [NORTH], ...said });
    const one = this.archive.cases.get(message)!;
    const made = await goesWhereNoneArrived(one, judged, { journal: this.#journal, destinations: DESTINATIONS, index });
    const event = made.event ?? one.event;
    const { parts, keys } = one;
    const history = { message: { state: 'decoded', warnings: made.warnings ?? [] }, events: [{ event }], parts, deliveries: [], attempts: [] };
    this.#messages.set(message, { history: history as never, legs: [] });
    const stop = made.quarantine ?? made.reject;
    if (stop) return stop.code;
    if (made.isSilent) return undefined;
    const leg = { delivery: (this.#deliveries += 1), message, event, parts, keys, state: 'sending' } as unknown as Leg;
    const left = await this.#leaves(leg, message, said.content);
    const isLeft = typeof left !== 'string';
    leg.state = !isLeft ? 'held' : how === 'taken' ? 'delivered' : 'discarded';
    const { delivery, state } = leg;
    this.#messages.set(message, {
      history: {
        ...history,
        deliveries: [{ delivery, lane: LANE.name, state, eventId: event.id, eventType: event.type }],
        attempts: isLeft ? [{ delivery, ...(how === 'taken' ? { outcome: 'delivered' } : { outcome: 'dead', error: REFUSED }) }] : [],
      } as never,
      legs: [leg],
    });
    return left;
  }

  async #leaves(leg: Leg, message: number, content: string | undefined): Promise<DocumentData | string> {
    const legs = new Legs({ index, sendersOf: () => [], knowledge: this.archive.knowledge, now: () => 0, journal: this.#journal });
    const leave = await legs.before(leg as never, LANE);
    if ('held' in leave) return leave.held.code;
    const event = { ...leave.event, data: { ...(leave.event['data'] as object), patient: PATIENT } } as unknown as EncodeInput['event'];
    const bytes = Buffer.from(`%PDF-1.4\n% ${content}\n%%EOF\n`);
    const parts = leg.parts.map(({ part, sha256 }) => ({ part, sha256, bytes: bytes.length, mime: 'application/pdf' }));
    const { knownAs, since } = leave;
    const context = { ...contextOf(FORMS[this.#form]), now: timeOf(message) };
    const result = encodeFr({ event, parts, ...(knownAs && { knownAs }), ...(since && { since }) }, context, NATIONAL_PROFILE);
    if (result.outcome !== 'message') return result.error.code;
    const { envelope } = result;
    const left = { ...leg, event: leave.event } as never;
    const taken = envelope.document && (await legs.with(left, LANE, { ids: envelope.document, parts: envelope.parts ?? [] }));
    if (taken) return taken.code;
    const from = envelope.parts?.[0]?.from;
    const made = from ? [hash('sha256', Buffer.from(assemblePart(from, () => bytes)).toString())] : [];
    await legs.sent(left, LANE, `OUT${leg.delivery}`, { made, ...(envelope.document && { ids: envelope.document }) });
    const read = decodeFr(open(Buffer.concat(codec.build(envelope, () => bytes))), contextOf(SITE), NATIONAL_PROFILE);
    return read.events[0] ? (read.events[0].data as EventData<'dcc.document.received'>).document : (read.error?.code ?? '');
  }

  /** What the deliveries of that message that never arrived leave in their place. */
  async shown(message: number): Promise<readonly string[]> {
    const { history } = this.#messages.get(message)!;
    return [...(await shownOn(history, { journal: this.#journal, index, destinations: DESTINATIONS })).values()];
  }

  warned(message: number): readonly string[] {
    return this.#messages.get(message)!.history.message.warnings.map(({ code }) => code);
  }

  purge(message: number): void {
    this.#messages.delete(message);
  }
}

const K1 = (content: string, document: Partial<DocumentData> = {}): Said => ({
  content,
  document: { sourceId: 'K1', custodian: { finess: RECORD }, ...document },
});
const corrected = (content: string): Said => K1(content, { action: 'replace', status: 'corrected' });
const named = (n: number, content: string, replaces?: number): Said => ({
  content,
  document: {
    id: oid(n),
    custodian: { finess: RECORD },
    ...(replaces !== undefined && { action: 'replace', status: 'corrected', replaces: oid(replaces) }),
  },
});
const withdrawn = (said: Said): Said => ({ ...said, type: 'dcc.document.deleted' });

describe('one document that its source gives several names', () => {
  it('B2, B3: corrected by its number where it is known by its id, it replaces that under another one', async () => {
    for (const form of ['n1', 'mdm'] as const) {
      const story = new Story(form);
      await story.says(named(1, 'c1'));
      expect(await story.says(K1('c1'))).to.equal(undefined);
      const second = (await story.says(corrected('c2'), 'refused')) as DocumentData;
      expect(second, form).to.include({ action: 'replace', replaces: oid(1) });
      expect(second.id).to.not.equal(oid(1));
      if (form === 'n1') expect(await story.says(corrected('c3'))).to.include({ action: 'replace', replaces: oid(1) });
    }
  });

  it('B4: withdrawn by its id where it is known by its number, it is withdrawn by what it left as', async () => {
    const story = new Story('n1');
    const first = (await story.says(K1('c1'))) as DocumentData;
    expect(await story.says(named(1, 'c1'))).to.equal(undefined);
    expect(await story.says(withdrawn(named(1, 'c1')))).to.include({ action: 'delete', id: first.id });
  });

  it('B2: corrected by its number, the same bytes by a new id are a copy, whatever id the version before had', async () => {
    const story = new Story('n1');
    for (const said of [K1('c1'), named(1, 'c1')]) await story.says(said);
    const second = (await story.says(corrected('c2'))) as DocumentData;
    expect(await story.says(named(2, 'c2'))).to.equal(undefined);
    // Of one content with an id already, another id is another document.
    expect(await story.says(named(3, 'c2'))).to.include({ id: oid(3) });
    expect(await story.says(withdrawn(named(2, 'c2')))).to.include({ action: 'delete', id: second.id });
  });

  describe('what its number stood for before is shown on where the next one was refused', () => {
    const after = async (...steps: readonly (readonly [Said, ('taken' | 'refused')?])[]): Promise<Story> => {
      const story = new Story('mdm');
      for (const [said, how] of steps) await story.says(said, how);
      return story;
    };

    it('B3: which of several contents it was, and by which name it came', async () => {
      const second = await after([K1('c1'), 'refused'], [corrected('c2')], [corrected('c3'), 'refused']);
      expect(await second.shown(3)).to.deep.equal(['K1']);
      const byId = await after([named(1, 'c1')], [K1('c1')], [corrected('c2'), 'refused']);
      expect(await byId.shown(3)).to.deep.equal(['K1']);
      const none = await after([K1('c1'), 'refused'], [corrected('c2'), 'refused'], [corrected('c3'), 'refused']);
      expect(await none.shown(3)).to.deep.equal([]);
    });

    it('B3: nothing where the next content of its number arrived after all', async () => {
      const story = await after([named(1, 'c1'), 'refused'], [K1('c1'), 'refused'], [corrected('c2')]);
      expect([await story.shown(1), await story.shown(2)]).to.deep.equal([[], []]);
      const given = await after([named(1, 'c1'), 'refused'], [K1('c1'), 'refused'], [withdrawn(K1('c1')), 'refused'], [K1('c2')]);
      expect([await given.shown(1), await given.shown(2)]).to.deep.equal([[], []]);
    });

    it('B3: what the journal no longer knows may have arrived', async () => {
      const one = await after([K1('c1')], [corrected('c2'), 'refused']);
      one.purge(1);
      expect(await one.shown(2)).to.deep.equal(['K1']);
      const two = await after([named(1, 'c1')], [named(2, 'c2', 1)], [named(2, 'c2', 1)], [named(3, 'c3', 2), 'refused']);
      two.purge(2);
      expect(await two.shown(4)).to.deep.equal([oid(2)]);
    });

    it('B4: nothing once it was withdrawn there, whatever of its number is refused since; but it is where that withdrawal was refused', async () => {
      const again = K1('c9');
      for (const next of [again, corrected('c10'), withdrawn(again)]) {
        const story = await after([K1('c1')], [withdrawn(K1('c1'))], [again, 'refused'], [next, 'refused']);
        expect([await story.shown(3), await story.shown(4)]).to.deep.equal([[], []]);
        story.purge(1);
        story.purge(2);
        expect(await story.shown(4), 'both forgotten').to.deep.equal([]);
      }
      const kept = await after([K1('c1')], [withdrawn(K1('c1')), 'refused'], [again, 'refused']);
      expect(await kept.shown(3)).to.deep.equal(['K1']);
      const given = await after([K1('c1')], [withdrawn(K1('c1'))], [again], [corrected('c10'), 'refused']);
      expect(await given.shown(4)).to.deep.equal(['K1']);
    });

    it('B3, B4: so is the version before it of its set, which it does not name', async () => {
      const version = (n: number): Said => ({ content: `c${n}`, document: { ...named(n, '').document, setId: oid(90), version: n } });
      const two = await after([version(1)], [version(2), 'refused'], [withdrawn(version(2))]);
      expect(await two.shown(2)).to.deep.equal([oid(1)]);
      expect(two.warned(3)).to.deep.equal(['still-shown']);
      const three = await after([version(1)], [version(2), 'refused'], [version(3)]);
      expect(await three.shown(2)).to.deep.equal([]);
    });
  });
});
