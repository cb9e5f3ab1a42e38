/** A record and one establishment, over a journal in memory: from what the source says to what its receiver reads (SAFETY B2 to B4). */
import { hash } from 'node:crypto';
import { expect } from 'chai';
import { assemblePart, PasserelleError, type DeliveryMaterial, type EncodeInput, type MessageHistory } from '../../../core/contract/index.ts';
import { goesWhereNoneArrived, Legs, shownOn } from '../../../core/documents/index.ts';
import type { Destination } from '../../../core/routing/index.ts';
import type { DocumentData, EventData } from '../../../core/model/index.ts';
import { codec } from '../../../plugins/codec-hl7v2/index.ts';
import { decodeFr, encodeFr, NATIONAL_PROFILE } from '../../../plugins/codec-hl7v2-fr/index.ts';
import { contextOf, open, SITE } from '../../../plugins/codec-hl7v2-fr/test/messages.ts';
import { Archive, index, NORTH, oid, RECORD, journalOf, timeOf, type Said } from './archive.ts';

export const LANE = { name: 'north-in', site: NORTH };
/** Another lane of the same site. */
export const BESIDE = { name: 'north-beside', site: NORTH };
type Lane = typeof LANE & Partial<Pick<Destination, 'sends'>>;
const destinationOf = ({ name, site, sends = ['dcc.document.*'] }: Lane): Destination => ({ lane: name, site, role: 'establishment', sends });
const DESTINATIONS = [LANE, BESIDE].map(destinationOf);
const FORMS = {
  n1: { ...SITE, connector: { cda: { plain: 'n1', confidentiality: 'N', custodian: { name: 'DOSSIER FICTIF', finess: RECORD } } } },
  mdm: SITE,
  oru: { ...SITE, connector: { documentMessage: 'ORU' } },
} as const;
export type Form = keyof typeof FORMS;
const PATIENT = { ipp: '00012345', ippAuthority: '1.2.250.1.999.90.1', domain: 'gam', birthName: 'ESSAI', sex: 'F', birthDate: '1960-01-01' };
const REFUSED = new PasserelleError('ERR_ACK_REFUSED').toData();

const pdfOf = (content: string | undefined): Buffer => Buffer.from(`%PDF-1.4\n% ${content}\n%%EOF\n`);

/** It says its id, and what it replaces, itself. */
const cdaOf = ({ content, document: { id, replaces } = {} }: Said): Buffer =>
  Buffer.from(
    '<ClinicalDocument xmlns="urn:hl7-org:v3"><templateId root="1.2.250.1.213.1.1.1.8" extension="2022.01"/>' +
      `<id root="${id}"/><code code="34794-8" codeSystem="2.16.840.1.113883.6.1"/><confidentialityCode code="N"/>` +
      `<recordTarget><patientRole><id root="${PATIENT.ippAuthority}" extension="${PATIENT.ipp}"/><patient><name><family qualifier="BR">ESSAI</family></name>` +
      '<administrativeGenderCode code="F"/><birthTime value="19600101"/></patient></patientRole></recordTarget>' +
      (replaces === undefined ? '' : `<relatedDocument typeCode="RPLC"><parentDocument><id root="${replaces}"/></parentDocument></relatedDocument>`) +
      '<component><nonXMLBody><text mediaType="application/pdf" representation="B64">' +
      `${pdfOf(content).toString('base64')}</text></nonXMLBody></component></ClinicalDocument>`,
  );

type Leg = DeliveryMaterial & { state: 'sending' | 'delivered' | 'discarded' | 'held' };

export class Story {
  readonly archive = new Archive();
  readonly #messages = new Map<number, { history: MessageHistory; legs: Leg[] }>();
  readonly #form: Form;
  #deliveries = 100;
  #destinations: readonly Destination[] = DESTINATIONS;

  constructor(form: Form) {
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
  async says(said: Said, how: 'taken' | 'refused' = 'taken', lane = LANE): Promise<DocumentData | string | undefined> {
    const before = new Map(this.archive.notes);
    const { message, sentTo: _, codes: __, ...judged } = await this.archive.takes({ site: RECORD, to: [NORTH], ...said });
    const one = this.archive.cases.get(message)!;
    // What is made of it is not stored by then.
    const notes = async (kind: string, keys: readonly string[]): Promise<readonly (string | undefined)[]> =>
      keys.map((key) => before.get(`${kind} ${key}`));
    const made = await goesWhereNoneArrived(one, judged, { journal: { ...this.#journal, notes }, destinations: this.#destinations, index });
    const event = made.event ?? one.event;
    const { parts, keys } = one;
    const history = { message: { state: 'decoded', warnings: made.warnings ?? [] }, events: [{ event }], parts, deliveries: [], attempts: [] };
    this.#messages.set(message, { history: history as never, legs: [] });
    const stop = made.quarantine ?? made.reject;
    if (stop) return stop.code;
    if (made.isSilent) return undefined;
    const leg = { delivery: (this.#deliveries += 1), message, event, parts, keys, state: 'sending' } as unknown as Leg;
    const left = await this.#leaves(leg, message, said, lane);
    // Made anew after a crash, it is the same to the letter.
    expect(await this.#leaves(leg, message, said, lane)).to.deep.equal(left);
    const isLeft = typeof left !== 'string';
    leg.state = !isLeft ? 'held' : how === 'taken' ? 'delivered' : 'discarded';
    const { delivery, state } = leg;
    this.#messages.set(message, {
      history: {
        ...history,
        deliveries: [{ delivery, lane: lane.name, state, eventId: event.id, eventType: event.type }],
        attempts: isLeft ? [{ delivery, ...(how === 'taken' ? { outcome: 'delivered' } : { outcome: 'dead', error: REFUSED }) }] : [],
      } as never,
      legs: [leg],
    });
    return left;
  }

  async #leaves(leg: Leg, message: number, said: Said, lane: typeof LANE): Promise<DocumentData | string> {
    const legs = new Legs({
      index,
      sendersOf: () => [],
      destinations: this.#destinations,
      knowledge: this.archive.knowledge,
      now: () => 0,
      journal: journalOf(this.#journal),
    });
    const leave = await legs.before(leg as never, lane);
    if ('held' in leave) return leave.held.code;
    const event = { ...leave.event, data: { ...(leave.event['data'] as object), patient: PATIENT } } as unknown as EncodeInput['event'];
    const bytes = said.document?.format === undefined ? pdfOf(said.content) : cdaOf(said);
    const parts = leg.parts.map(({ part, sha256 }) => ({ part, sha256, bytes: bytes.length, mime: 'application/pdf' }));
    const { knownAs, since } = leave;
    const context = { ...contextOf(FORMS[this.#form]), now: timeOf(message) };
    const result = encodeFr({ event, parts, ...(knownAs && { knownAs }), ...(since && { since }) }, context, NATIONAL_PROFILE);
    if (result.outcome !== 'message') return result.error.code;
    const { envelope } = result;
    const left = { ...leg, event: leave.event } as never;
    const taken = envelope.document && (await legs.with(left, lane, { ids: envelope.document, parts: envelope.parts ?? [] }));
    if (taken) return taken.code;
    const from = envelope.parts?.[0]?.from;
    const made = from ? [hash('sha256', Buffer.from(assemblePart(from, () => bytes)).toString())] : [];
    await legs.sent(left, lane, `OUT${leg.delivery}`, { made, ...(envelope.document && { ids: envelope.document }) });
    const read = decodeFr(open(Buffer.concat(codec.build(envelope, () => bytes))), contextOf(SITE), NATIONAL_PROFILE);
    return read.events[0] ? (read.events[0].data as EventData<'dcc.document.received'>).document : (read.error?.code ?? '');
  }

  /** What the deliveries of that message that never arrived leave in their place. */
  async shown(message: number): Promise<readonly string[]> {
    const { history } = this.#messages.get(message)!;
    return [...(await shownOn(history, { journal: this.#journal, index, destinations: this.#destinations })).values()];
  }

  warned(message: number): readonly string[] {
    return this.#messages.get(message)!.history.message.warnings.map(({ code }) => code);
  }

  /** What its warnings say is shown on. */
  shownOn(message: number): readonly string[] {
    return this.#messages.get(message)!.history.message.warnings.flatMap(({ code, detail }) => (code === 'still-shown' ? [detail ?? ''] : []));
  }

  /** Its settings have these lanes from now on. */
  reaches(...lanes: readonly Lane[]): void {
    this.#destinations = lanes.map(destinationOf);
  }

  purge(message: number): void {
    this.#messages.delete(message);
  }
}

export const K1 = (content: string, document: Partial<DocumentData> = {}): Said => ({
  content,
  document: { sourceId: 'K1', custodian: { finess: RECORD }, ...document },
});
export const corrected = (content: string): Said => K1(content, { action: 'replace', status: 'corrected' });
export const named = (n: number, content: string, replaces?: number): Said => ({
  content,
  document: {
    id: oid(n),
    custodian: { finess: RECORD },
    ...(replaces !== undefined && { action: 'replace', status: 'corrected', replaces: oid(replaces) }),
  },
});
export const withdrawn = (said: Said): Said => ({ ...said, type: 'dcc.document.deleted' });
