/** A message read, written again by a dialect and read once more: what is compared, and what a message cannot say. */
import type { DraftEvent, Envelope, SiteSettings } from '../../../core/contract/index.ts';
import type { EventData, Patient } from '../../../core/model/index.ts';
import { plugin as cda } from '../../codec-cda-reader/index.ts';
import { codec } from '../../codec-hl7v2/index.ts';
import { decodeFr, encodeFr, NATIONAL_PROFILE, type DialectProfile } from '../index.ts';
import { contextOf } from './messages.ts';

export interface Trip {
  readonly before: DraftEvent;
  readonly after: DraftEvent;
  /** The message in between. */
  readonly text: string;
  /** The document in Base64, before and after. */
  readonly contents: readonly [string, string];
}

type Data = Partial<EventData<'dcc.document.received'>>;
export const documentOf = ({ data }: DraftEvent): Data['document'] => (data as Data).document;

function opened(bytes: Uint8Array): { envelope: Envelope; content: (part: string) => Uint8Array } {
  const { envelope, parts } = codec.open(bytes, {
    charsetFallback: 'windows-1252',
    readDocument: (content, mime) => (cda.document?.recognises(mime, content) ? cda.document.read(content) : undefined),
  });
  return { envelope, content: (name) => parts.find(({ part }) => part === name)?.content ?? new Uint8Array() };
}

/** A trip for each event that `profileOf` gives a profile to write it by. Throws when the event does not come back. */
export function trips(
  bytes: Uint8Array,
  settings: SiteSettings,
  profileOf: (event: DraftEvent) => DialectProfile | undefined,
  where: string,
): readonly Trip[] {
  const first = opened(bytes);
  const result = decodeFr(first.envelope, contextOf(settings), NATIONAL_PROFILE);
  return result.events.flatMap((before): Trip[] => {
    const profile = profileOf(before);
    if (!profile) return [];
    const parts = first.envelope.parts.map(({ part, bytes: size, mime, sha256 }) => ({ part, bytes: size, mime, sha256 }));
    const event = { id: 'e', source: '', time: '2026-10-15T08:00:00Z', site: settings.site, type: before.type, data: before.data };
    const written = encodeFr({ event, parts }, contextOf(settings), profile);
    if (written.outcome !== 'message') return [];
    const second = opened(Buffer.concat(codec.build(written.envelope, first.content)));
    const again = decodeFr(second.envelope, contextOf(settings), NATIONAL_PROFILE);
    const after = again.events.find(({ type }) => type === before.type);
    if (!after) throw new Error(`${where}: ${again.error?.message ?? `${before.type} is lost`} ${JSON.stringify(again.error)}`);
    const content = (side: typeof first, of: DraftEvent): string => Buffer.from(side.content(documentOf(of)?.content?.part ?? '')).toString('base64');
    return [{ before, after, text: second.envelope.text, contents: [content(first, before), content(second, after)] }];
  });
}

/** Numbers of other establishments stay where they are; number and OID leave only when qualified. */
const leaving = (patient: Patient): Patient => {
  const { otherIds: _, ...rest } = patient;
  const { insOid: __, insStatus: ___, ...unqualified } = rest;
  return patient.insStatus === 'VALI' ? rest : { ...unqualified, ins: null };
};

/** The event without what a message cannot say, or says of itself. */
export function carried({ data }: DraftEvent, other: DraftEvent): unknown {
  const { originApplication: _, trigger: __, ...rest } = data as Data;
  const { document, patient, visibility } = rest;
  const { patients, domain } = data as Partial<EventData<'dcc.identity.linked'> & EventData<'dcc.identity.merged'>>;
  const isDifferent = (key: string): boolean => (other.data as { visibility?: object }).visibility?.[key as never] === undefined;
  return {
    ...rest,
    // A merge names those of its own domain.
    patient: patient && { ...leaving(patient), ...(domain && { ipp: null, ippAuthority: undefined, domain: undefined }) },
    patients: patients?.map(leaving),
    // Names of parts are those of one message. It has one document, whose number tells it from the others of its order; an MDM has no room for ZFA.
    ...(document && {
      document: { ...document, ...numbered(document), content: undefined, companions: undefined, mailBody: undefined },
      consent: undefined,
    }),
    // A held leg is not written: nobody may take it for a wish. Flags that the other guide does not have are not in it.
    visibility:
      (other.data as Data).visibility && visibility
        ? Object.fromEntries(
            Object.entries(visibility)
              .filter(([key]) => !isDifferent(key))
              .map(([key, value]) => [key, value === 'held' ? null : value]),
          )
        : undefined,
  };
}

const numbered = ({ sourceId, sourceItem }: NonNullable<Data['document']>): object => ({
  sourceId: sourceId && [sourceId, sourceItem].filter(Boolean).join('#'),
  sourceItem: undefined,
  sourcePlaces: undefined,
});

export const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
