/** The order groups of a document message: one OBR with its contents, and what follows each content (PRT, NTE). */
import { PasserelleError, type EnvelopePart } from '../../core/contract/index.ts';
import type { Hl7Message, Hl7Segment } from '../codec-hl7v2/index.ts';
import { declaredAudience, isMetadata } from './flags.ts';
import { warn, type Reading } from './reading.ts';
import { clean } from './values.ts';

/** One OBX that holds a document: embedded, named (RP), or text in clear. */
export interface Content {
  readonly obx: Hl7Segment;
  readonly kind: 'embedded' | 'pointer' | 'text';
  /** Absent when OBX-5 is empty, or holds its text in the message. */
  readonly part?: EnvelopePart;
}

export interface Group {
  readonly orc?: Hl7Segment;
  readonly obr?: Hl7Segment;
  readonly contents: readonly Content[];
  /** OBX that are flags or other metadata. */
  readonly metadata: readonly Hl7Segment[];
  readonly participants: readonly Hl7Segment[];
  /** The mail that carried the document to care software (specs FACTS B): its OBX. */
  readonly mail?: Content;
}

interface OpenGroup {
  orc?: Hl7Segment;
  obr?: Hl7Segment;
  contents: Content[];
  metadata: Hl7Segment[];
  participants: Hl7Segment[];
  mail?: Content;
}

/** A field may repeat: each repetition is a part. */
const partsAt = (parts: readonly EnvelopePart[], obx: Hl7Segment): readonly EnvelopePart[] => {
  const head = `OBX[${obx.occurrence}]-5`;
  return parts.filter(
    ({ at }) => at === head || at.startsWith(`${head}.`) || at.startsWith(`${head}[`) || (obx.occurrence === 1 && at.startsWith('OBX-5')),
  );
};

/** Groups in order; a message without OBR (version 2.0 of the guide) is one group. */
export function readGroups(reading: Reading, parts: readonly EnvelopePart[]): readonly Group[] {
  const { message } = reading;
  const groups: OpenGroup[] = [];
  let orc: Hl7Segment | undefined;
  const open = (obr?: Hl7Segment): OpenGroup => {
    const group: OpenGroup = { ...(orc && { orc }), ...(obr && { obr }), contents: [], metadata: [], participants: [] };
    orc = undefined;
    groups.push(group);
    return group;
  };
  for (const segment of message.segments) {
    if (segment.name === 'ORC') {
      if (orc) throw strayOrder(orc);
      orc = segment;
    } else if (segment.name === 'OBR') open(segment);
    else if (segment.name === 'OBX') place(reading, groups.at(-1) ?? open(), segment, parts);
    else if (segment.name === 'PRT') groups.at(-1)?.participants.push(segment);
    else if (segment.name === 'NTE') leaveOut(reading, segment, parts);
  }
  if (orc) keepOrder(groups.at(-1) ?? open(), orc);
  return shareMetadata(groups, message);
}

/** A remark beside a document is not passed on: said, so that nobody believes it was. */
function leaveOut(reading: Reading, note: Hl7Segment, parts: readonly EnvelopePart[]): void {
  const place = `NTE[${note.occurrence}]-3`;
  const isSaid = note.reps(3).some(({ whole }) => clean(whole) !== '') || parts.some(({ at }) => at.startsWith(place));
  if (isSaid) warn(reading, 'note-left-out', undefined, place);
}

/** An ORC after its OBR: what it orders (a deletion perhaps) is not lost. One that belongs to no group, or to two, is nobody's guess. */
function keepOrder(last: OpenGroup, orc: Hl7Segment): void {
  if (last.orc && last.orc !== orc) throw strayOrder(orc);
  last.orc = orc;
}

const strayOrder = (orc: Hl7Segment): PasserelleError =>
  new PasserelleError('ERR_HL7_SEGMENT_MISSING', { location: { hl7: `ORC[${orc.occurrence}]` }, expected: 'an OBR after each ORC', found: 'none' });

function place(reading: Reading, group: OpenGroup, obx: Hl7Segment, parts: readonly EnvelopePart[]): void {
  if (isMetadata(obx)) {
    group.metadata.push(obx);
    return;
  }
  const [part, ...others] = partsAt(parts, obx);
  // Base64 in OBX-5 is a document, whatever OBX-2 says or leaves out.
  const kind = part?.encoding === 'base64' ? 'embedded' : kindOf(clean(obx.get('2')).toUpperCase());
  if (!kind) {
    // A number or a code beside a document is not passed on: said, so that nobody believes it was.
    if (part || obx.reps(5).some(({ whole }) => clean(whole) !== ''))
      warn(reading, 'observation-left-out', clean(obx.get('2')).slice(0, 3), `OBX[${obx.occurrence}]-5`);
    return;
  }
  const content: Content = { obx, kind, ...(part && { part }) };
  const isMail = group.contents.length > 0 && declaredAudience(reading) === 'care-software' && kind === 'embedded' && !clean(obx.get('5.3'));
  if (isMail) group.mail = content;
  else group.contents.push(content, ...others.map((other) => ({ obx, kind, part: other })));
}

/** A value type that cannot hold a document (a number, a code) is a result, not a content. */
function kindOf(valueType: string): Content['kind'] | undefined {
  if (valueType === 'ED') return 'embedded';
  if (valueType === 'RP') return 'pointer';
  return valueType === 'FT' || valueType === 'TX' ? 'text' : undefined;
}

/** One common set of flags serves every group that has none of its own (specs FACTS A4). */
function shareMetadata(groups: readonly OpenGroup[], message: Hl7Message): readonly Group[] {
  const all = message.all('OBX').filter(isMetadata);
  return groups.map((group) => (group.metadata.length > 0 ? group : { ...group, metadata: all }));
}
