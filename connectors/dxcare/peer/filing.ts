/** Takes a document of the engine: AA when the patient is known here and the INS agrees; a repeated message is answered again, not filed again. */
import type { PeerIncoming, PeerReply, PeerWorld } from 'passerelle/contract';
import { acknowledgement, type Verdict } from './answers.ts';
import { IPP_AUTHORITY, INS_TEST_OID } from './authorities.ts';
import { component, digest, readSegments, segment, textOf, type Segment } from './hl7.ts';
import { patientOf, type DxCareState } from './state.ts';

export function onMessage(message: PeerIncoming, state: DxCareState, world: PeerWorld): PeerReply {
  const text = textOf(message.bytes);
  const segments = readSegments(text);
  const msh = segment(segments, 'MSH');
  state.received += 1;
  const key = `${msh?.[10]} ${digest(text)}`;
  const before = state.answered[key];
  if (before !== undefined) {
    state.duplicates += 1;
    return { bytes: Buffer.from(before, 'utf8') };
  }
  const verdict = take(segments, msh, state);
  const answer = acknowledgement(msh, verdict, world);
  if (verdict.ack === 'AA') state.answered[key] = answer;
  else state.refused += 1;
  return { bytes: Buffer.from(answer, 'utf8') };
}

function take(segments: readonly Segment[], msh: Segment | undefined, state: DxCareState): Verdict {
  const type = component(msh?.[9], 1);
  if (type !== 'MDM' && type !== 'ORU') return { ack: 'AR', code: 200, text: 'Unsupported message type' };
  const identifiers = (segment(segments, 'PID')?.[3] ?? '').split('~').map((each) => ({
    value: component(each, 1),
    oid: (component(each, 4).split('&')[1] ?? '').trim(),
    namespace: component(each, 4).split('&')[0] ?? '',
  }));
  const ipp = identifiers.find(({ oid, namespace }) => oid === IPP_AUTHORITY.oid || (oid === '' && namespace === IPP_AUTHORITY.namespace))?.value;
  const patient = ipp === undefined ? undefined : patientOf(state, ipp);
  if (!patient) return { ack: 'AE', applicationCode: 902, text: 'Patient inconnu du consommateur' };
  const ins = identifiers.find(({ oid }) => oid === INS_TEST_OID)?.value;
  if (ins !== undefined && ins !== patient.person.ins) return { ack: 'AE', applicationCode: 904, text: 'INS différent de celui du consommateur' };
  return file(segments, patient.ipp, state);
}

function file(segments: readonly Segment[], ipp: string, state: DxCareState): Verdict {
  const txa = segment(segments, 'TXA');
  const cda = cdaOf(segments);
  const id = idOf(txa?.[12]) || cda?.id || component(segment(segments, 'OBR')?.[2], 1) || `${ipp}-${Object.keys(state.filed).length}`;
  const setId = cda?.setId || id;
  const version = cda?.version ?? 1;
  if (component(segment(segments, 'MSH')?.[9], 2) === 'T04') {
    delete state.filed[id];
    return { ack: 'AA' };
  }
  if (!cda && !segments.some((each) => each[0] === 'OBX' && each[2] === 'ED')) return { ack: 'AE', code: 101, text: 'Required field missing' };
  const latest = Math.max(0, ...Object.values(state.filed).flatMap((each) => (each.setId === setId ? [each.version] : [])));
  if (version < latest) state.outOfOrder[ipp] = (state.outOfOrder[ipp] ?? 0) + 1;
  state.filed[id] = { ipp, setId, version };
  const replaced = idOf(txa?.[13]) || cda?.replaces;
  const old = replaced === undefined ? undefined : state.filed[replaced];
  if (old) old.supersededBy = id;
  return { ack: 'AA' };
}

/** TXA-12 and 13: root alone, or extension then root. */
const idOf = (field: string | undefined): string => component(field, 3) || component(field, 1);

/** The few lines of a CDA header that filing needs. */
function cdaOf(segments: readonly Segment[]): { id?: string; setId?: string; version?: number; replaces?: string } | undefined {
  const data = segments.find((each) => each[0] === 'OBX' && each[2] === 'ED')?.[5];
  const xml = Buffer.from(component(data, 5), 'base64').toString('utf8');
  if (!xml.includes('<ClinicalDocument')) return undefined;
  const root = (element: string): string | undefined => new RegExp(`<${element}[^>]*\\broot="([^"]+)"`).exec(xml)?.[1];
  const id = root('id');
  const setId = root('setId');
  const version = Number(/<versionNumber[^>]*\bvalue="(\d+)"/.exec(xml)?.[1] ?? 1);
  const replaces = /<parentDocument>\s*<id[^>]*\broot="([^"]+)"/.exec(xml)?.[1];
  return { ...(id && { id }), ...(setId && { setId }), version, ...(replaces && { replaces }) };
}
