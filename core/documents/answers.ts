/**
 * Business answers to messages of ours: relayed, delivered, filed, read are facts of one delivery and one recipient, each kept as it is said and never
 * taken for another (SAFETY B8).
 */
import type { DocumentProof } from '../contract/index.ts';
import type { BlindIndex } from '../journal/index.ts';
import type { Case, Judgement, Known } from '../knowledge/index.ts';
import type { EventData } from '../model/index.ts';
import { documentOf, KINDS, note, MOST_PROOFS, read, type SentNote } from './notes.ts';

const PROOFS: Readonly<Record<string, DocumentProof['proof']>> = {
  'dcc.document.delivered': 'delivered',
  'dcc.document.refused': 'refused',
  'dcc.delivery.dmp.accepted': 'filed',
  'dcc.delivery.dmp.refused': 'filing-refused',
  'dcc.delivery.mss.relayed': 'relayed',
  'dcc.delivery.mss.delivered': 'delivered',
  'dcc.delivery.mss.delayed': 'delayed',
  'dcc.delivery.mss.failed': 'failed',
  'dcc.delivery.mss.read': 'read',
  'dcc.delivery.mss.integration-failed': 'filing-refused',
};

type Answer = EventData<'dcc.delivery.mss.delivered'>;

export const isAnswer = ({ event }: Case): boolean => Object.hasOwn(PROOFS, event.type);

/** Only the site a message went to can answer it. */
export const sentKeyOf = (site: string, controlId: string, index: BlindIndex): string =>
  index.term({ field: 'control-id', value: `${site}/${controlId}` });

export function sentKey({ event }: Case, index: BlindIndex): string | undefined {
  const { originalMessageId } = event.data as Answer;
  return originalMessageId ? sentKeyOf(event.site, originalMessageId, index) : undefined;
}

export function judgeAnswer(one: Case, known: Known, index: BlindIndex): Judgement {
  const sent = read(known, KINDS.sent, sentKey(one, index));
  const document = documentOf(known, sent?.document);
  // An identity that is answered, or a message from before a move: nothing to add to.
  if (!sent || !document) return { warnings: [{ code: 'answer-unmatched' }], targets: [] };
  const proof = proofOf(one, sent);
  const before = document.proofs?.filter(
    ({ delivery, channel, who }) => delivery === proof.delivery && channel === proof.channel && who === proof.who,
  );
  // A final failure after a temporary one, or after a delivery that was said, is news; so is what is said again after something else was.
  const isSaid = before?.some((each, i) => isSameProof(each, proof) && (each.at === proof.at || i === before.length - 1));
  if (isSaid) return { warnings: [{ code: 'duplicate' }], targets: [] };
  const { proofs = [] } = document;
  const passed = passedOn(one, sent);
  if (proofs.length >= MOST_PROOFS) return { ...passed, warnings: [{ code: 'proofs-full' }] };
  return { ...passed, notes: [note(KINDS.document, sent.document, { ...document, proofs: [...proofs, proof] })] };
}

const isSameProof = (one: DocumentProof, other: DocumentProof): boolean =>
  one.proof === other.proof && one.code === other.code && one.permanent === other.permanent;

/**
 * To whoever sent us the document, about its own message: the control id that it knows. Whoever was answered here has nothing to be told of a message that
 * it has never seen.
 */
function passedOn({ event }: Case, { origin }: SentNote): Pick<Judgement, 'event' | 'destinations' | 'targets'> {
  if (!origin || origin.site === event.site) return { targets: [] };
  const data = { ...(event.data as Answer), originalMessageId: origin.controlId };
  return { event: { ...event, correlationid: origin.controlId, data }, destinations: [origin.site], targets: [origin.site] };
}

function proofOf({ event, message }: Case, { lane, delivery }: SentNote): DocumentProof {
  const { channel, recipient, reader, smtpCode, dmpCode, applicationCode, ack, permanent } = event.data as Answer;
  const who = reader ?? recipient;
  const code = dmpCode ?? smtpCode ?? applicationCode ?? ack;
  return {
    proof: PROOFS[event.type]!,
    lane,
    delivery,
    at: event.time,
    message: message.id,
    ...(channel && { channel }),
    ...(who && { who }),
    ...(code !== undefined && { code: String(code) }),
    ...(permanent !== undefined && { permanent }),
  };
}
