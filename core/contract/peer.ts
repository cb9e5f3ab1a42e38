/**
 * What a peer is (ARCHITECTURE D13): the script of a product's simulator, in `connectors/<id>/peer/index.ts`. It says what the product
 * answers and what it sends; the sandbox owns sockets, files and time, resends what was not acknowledged, and misbehaves on demand.
 * A script changes nothing but the state it is given, which is plain JSON: same state, same message, same world, same answer.
 */
import type { HttpMeta } from './envelope.ts';

/** Somebody who does not exist: test INS with a valid key, commune codes that no commune has. */
export interface SyntheticPerson {
  readonly ins: string;
  readonly insOid: string;
  readonly birthName: string;
  readonly usedName: string;
  readonly givenNames: string;
  readonly firstGivenName: string;
  readonly sex: 'F' | 'M';
  /** `1958-03-14`. */
  readonly birthDate: string;
  readonly birthPlaceCog: string;
}

/** A CDA N1 to make around a document. Ids are OIDs without extension. */
export interface SyntheticCda {
  readonly person: SyntheticPerson;
  readonly patientIds: readonly { readonly root: string; readonly extension: string }[];
  readonly id: string;
  readonly setId: string;
  readonly version: number;
  readonly replaces?: string;
  /** LOINC. */
  readonly code: string;
  readonly title: string;
  readonly at: string;
  /** FINESS and name of the organisation that keeps it. */
  readonly custodian: { readonly finess: string; readonly name: string };
  readonly body: { readonly mime: string; readonly bytes: Uint8Array };
}

/** Everything outside the script. */
export interface PeerWorld {
  /** ISO 8601, UTC. */
  readonly now: () => string;
  /** Unique in this peer's life, at most 20 letters and digits. */
  readonly newId: () => string;
  /** In [0, 1), from the peer's seed. */
  readonly random: () => number;
  /** The n-th person of the demonstration: the same one for every peer. */
  readonly person: (index: number) => SyntheticPerson;
  /** 256 random bits that nobody can guess, in base64url: what a ticket or a session is known by. */
  readonly secret: () => string;
  /** HMAC-SHA-256, in base64url. */
  readonly hmac: (key: string, text: string) => string;
  /** Address of its pages, without a final slash; empty when it shows none. */
  readonly pages: () => string;
  /** Begins a contextual call with the kit of the site; `login` has the session it is asked from. Rejects when the peer has no kit. */
  readonly call: (call: PeerCall, login: string) => Promise<PeerCallAnswer>;
  /** The page of a care record that lists patients, each with its button to open them in the cancer record. */
  readonly patientPage: (page: PatientPage) => PeerReply;
  /** Answers the browser of somebody at a care record on the web: its patients, a click on one, or `about`, the one that an address asked for. */
  readonly careRecord: (request: PeerIncoming, record: CareRecord, about?: AskedFor) => Promise<PeerReply>;
  readonly pdf: (lines: readonly string[]) => Uint8Array;
  readonly cda: (document: SyntheticCda) => Uint8Array;
}

/** A call as a product makes it: what it gives to the program of the kit, the fields of a client inside its server, or the form that its page posts to the relay. */
export type PeerCall = { readonly program: Uint8Array } | { readonly fields: Readonly<Record<string, string>> } | PeerForm;

/** Encoded, in ASCII; `contentType` says its charset. */
export interface PeerForm {
  readonly form: string;
  readonly contentType: string;
}

/** What the kit answers: where the browser goes, what the person is told, or what the page posts to `relay`, with the proof that the server put into it (SAFETY C6). */
export type PeerCallAnswer =
  | { readonly link: string }
  | { readonly detail: string; readonly reference: string }
  | (PeerForm & { readonly relay: string; readonly proof: string });

/** A care record on the web that only calls: who is in it, who uses it, and how it says whom it opens. */
export interface CareRecord {
  readonly product: string;
  /** Persons of the demonstration that are patients here, by their number. */
  readonly patients: readonly number[];
  readonly users: readonly CareUser[];
  readonly ippOf: (number: number) => string;
  /** Namespace of `ippOf`. */
  readonly namespace: string;
  readonly creates: boolean;
  /** In the dialect of the product; absent: its server signs with the client of the kit. */
  readonly callOf?: (ipp: string, person: SyntheticPerson, user: CareUser) => PeerCall;
}

export interface CareUser {
  readonly login: string;
  readonly rpps?: string;
  readonly profile: string;
  readonly shown: string;
}

/** By an address: the patient of `ipp` on the screen `title`, or what is wrong with that address. */
export type AskedFor = { readonly ipp: string; readonly title: string } | { readonly detail: string };

/** Its form posts `patient`, `user` and `action` (`open`, `open-or-create`) to `/appel`. */
export interface PatientPage {
  readonly product: string;
  /** Who may be at the screen: login, and what is shown. */
  readonly users: readonly { readonly login: string; readonly shown: string }[];
  /** Login of who is there; absent: the first. */
  readonly user?: string;
  readonly patients: readonly { readonly id: string; readonly name: string; readonly birthDate: string; readonly sex: string }[];
  /** Whether it asks to create records too. */
  readonly creates: boolean;
  /** Default: Patients. */
  readonly title?: string;
  /** Of the call just made. */
  readonly answer?: PeerCallAnswer;
}

export interface PeerIncoming {
  readonly bytes: Uint8Array;
  readonly http?: HttpMeta;
}

export interface PeerReply {
  readonly bytes: Uint8Array;
  readonly http?: HttpMeta;
}

/** A message that the product sends: kept and sent again, unchanged, until an answer to it came. */
export interface PeerMessage {
  readonly controlId: string;
  /** For people: `ADT^A28`. */
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly http?: HttpMeta;
}

/** `taken` and `refused` end a message; `later` and `not-mine` (an answer to another message) make it go again. */
export interface PeerVerdict {
  readonly verdict: 'taken' | 'refused' | 'later' | 'not-mine';
  /** `AA`, `AE 207/904`, `201`. */
  readonly ack: string;
}

/** What the product counted: the proof that nothing was lost, doubled or overtaken. */
export interface PeerCounts {
  readonly received: number;
  readonly distinct: number;
  /** The same control id again: answered as the first time, not filed twice. */
  readonly duplicates: number;
  readonly refused: number;
  /** By the patient's identifier here. */
  readonly filed: Readonly<Record<string, number>>;
  /** Something older than what the patient's last message said; by patient. */
  readonly outOfOrder: Readonly<Record<string, number>>;
  /** What it was told of its own messages, by their control id; absent = it is told nothing. */
  readonly told?: Readonly<Record<string, readonly string[]>>;
}

/**
 * How a peer is made to misbehave. `silent`: takes nothing, says nothing. `slow`: answers late. `refuse`, `later`: an answer that takes
 * nothing. `cut`, `lose-ack`, `wrong-ack-id`: takes the message, then cuts the connection, says nothing, or names another message.
 */
export type Misbehaviour = 'silent' | 'slow' | 'refuse' | 'later' | 'cut' | 'wrong-ack-id' | 'lose-ack';

export interface PeerDefinition<State = unknown> {
  /** The connector's id. */
  readonly id: string;
  readonly listens: readonly { readonly transport: 'mllp' | 'https'; readonly format: string }[];
  readonly init: () => State;
  /** Takes a message: changes `state`, gives the answer. */
  readonly onMessage: (message: PeerIncoming, state: State, world: PeerWorld) => PeerReply;
  /**
   * What a person's browser is shown, at an address of its own: a page, or the answer to a form of one. It comes from anybody: it proves
   * nothing by itself.
   */
  readonly onPage?: (request: PeerIncoming, state: State, world: PeerWorld) => PeerReply | Promise<PeerReply>;
  /** An answer made on purpose: a refusal for good, `later`, or one that names another message. */
  readonly misanswer: (how: 'refuse' | 'later' | 'wrong-ack-id', message: PeerIncoming, world: PeerWorld) => PeerReply;
  /** What an answer to one of its own messages means to it. */
  readonly judge: (answer: PeerReply, sent: PeerMessage) => PeerVerdict;
  /** What people make it do. Throws PeerNotYet when something must reach it first, Error with a sentence for wrong arguments. */
  readonly actions: Readonly<Record<string, (args: Readonly<Record<string, unknown>>, state: State, world: PeerWorld) => readonly PeerMessage[]>>;
  readonly counts: (state: State) => PeerCounts;
}

/** The action needs something that has not come yet (a patient to send a document of): ask again. */
export class PeerNotYet extends Error {
  override readonly name = 'PeerNotYet';
}

/** Checks nothing, types everything. */
export function definePeer<State>(definition: PeerDefinition<State>): PeerDefinition<State> {
  return Object.freeze(definition);
}

/** A product that is only seen in a browser: it takes no message and sends none. */
export function definePagesPeer(id: string, onPage: (request: PeerIncoming, world: PeerWorld) => Promise<PeerReply>): PeerDefinition {
  const nothing: PeerReply = { bytes: Buffer.from('{}'), http: { method: '', path: '', status: 404 } };
  return definePeer<unknown>({
    id,
    listens: [],
    init: () => ({}),
    onMessage: () => nothing,
    onPage: (request, _state, world) => onPage(request, world),
    misanswer: () => nothing,
    judge: () => ({ verdict: 'refused', ack: '' }),
    actions: {},
    counts: () => ({ received: 0, distinct: 0, duplicates: 0, refused: 0, filed: {}, outOfOrder: {} }),
  });
}
