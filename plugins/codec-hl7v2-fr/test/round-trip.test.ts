import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { DraftEvent, Envelope } from '../../../core/contract/index.ts';
import type { EventData, Patient } from '../../../core/model/index.ts';
import { inputFile, readCase, readWithDocuments, settingsOf, type Case } from '../../../test/cases/case-file.ts';
import { plugin as cda } from '../../codec-cda/index.ts';
import { codec } from '../../codec-hl7v2/index.ts';
import { decodeFr, dialect, encodeFr, NATIONAL_PROFILE } from '../index.ts';
import { contextOf } from './messages.ts';

const fixtures = path.resolve(import.meta.dirname, '../../../../connectors/ci-sis/fixtures/decode');

/** What came in the profile towards care software goes back in it. */
const CARE_SOFTWARE = dialect('care-software', { writing: { document: { message: 'MDM', guide: 'lps-1.1' } } });

/** Decoded, written again by the same dialect for the same site, and decoded once more. */
interface Trip {
  readonly name: string;
  readonly before: DraftEvent;
  readonly after: DraftEvent;
  /** The document in Base64, before and after. */
  readonly contents: readonly [string, string];
}

function opened(bytes: Uint8Array): { envelope: Envelope; content: (part: string) => Uint8Array } {
  const { envelope, parts } = codec.open(bytes, {
    charsetFallback: 'windows-1252',
    readDocument: (content, mime) => (cda.document?.recognises(mime, content) ? cda.document.read(content) : undefined),
  });
  return { envelope, content: (name) => parts.find(({ part }) => part === name)?.content ?? new Uint8Array() };
}

function trips(name: string): readonly Trip[] {
  const folder = path.join(fixtures, name);
  const one: Case = { connector: 'ci-sis', operation: 'decode', name, folder };
  const settings = settingsOf(one, readCase(one));
  const text = readWithDocuments(one, inputFile(one)).replaceAll('\n', '\r');
  const first = opened(Buffer.from(text));
  const result = decodeFr(first.envelope, contextOf(settings), NATIONAL_PROFILE);
  return result.events
    .filter(({ type }) => /^dcc\.(identity|visit)\.|^dcc\.document\.(received|deleted)$/.test(type))
    .flatMap((before): Trip[] => {
      const parts = first.envelope.parts.map(({ part, bytes, mime, sha256 }) => ({ part, bytes, mime, sha256 }));
      const event = { id: 'e', source: '', time: '2026-10-15T08:00:00Z', site: settings.site, type: before.type, data: before.data };
      const profile = documentOf(before)?.mailMessageId ? CARE_SOFTWARE : NATIONAL_PROFILE;
      const written = encodeFr({ event, parts }, contextOf(settings), profile);
      if (written.outcome !== 'message') return [];
      const bytes = Buffer.concat(codec.build(written.envelope, first.content));
      const second = opened(bytes);
      const again = decodeFr(second.envelope, contextOf(settings), NATIONAL_PROFILE);
      const after = again.events.find(({ type }) => type === before.type);
      if (!after) throw new Error(`${name}: ${again.error?.message ?? `${before.type} is lost`}`);
      const content = (side: typeof first, of: DraftEvent): string =>
        Buffer.from(side.content(documentOf(of)?.content?.part ?? '')).toString('base64');
      return [{ name, before, after, contents: [content(first, before), content(second, after)] }];
    });
}

type Data = Partial<EventData<'dcc.document.received'>>;
const documentOf = ({ data }: DraftEvent): Data['document'] => (data as Data).document;

const leaving = (patient: Patient): Patient => {
  const { otherIds: _, ...rest } = patient;
  const { insOid: __, insStatus: ___, ...unqualified } = rest;
  return patient.insStatus === 'VALI' ? rest : { ...unqualified, ins: null };
};

/** The event without what a message cannot say, or says of itself. */
function carried({ data }: DraftEvent, other: DraftEvent): unknown {
  const { originApplication: _, trigger: __, ...rest } = data as Data;
  const { document, patient, visibility } = rest;
  const { patients, domain } = data as Partial<EventData<'dcc.identity.linked'> & EventData<'dcc.identity.merged'>>;
  return {
    ...rest,
    // Numbers of other establishments stay where they are, a merge names those of its own domain; number and OID leave only when qualified.
    patient: patient && { ...leaving(patient), ...(domain && { ipp: null, ippAuthority: undefined, domain: undefined }) },
    patients: patients?.map(leaving),
    // Names of parts are those of one message; an MDM has room for one document, and none for ZFA.
    ...(document && { document: { ...document, content: undefined, companions: undefined, mailBody: undefined }, consent: undefined }),
    // A held leg is not written: nobody may take it for a wish.
    visibility:
      (other.data as Data).visibility && visibility
        ? Object.fromEntries(Object.entries(visibility).map(([key, value]) => [key, value === 'held' ? null : value]))
        : undefined,
  };
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('what is decoded, written again and decoded', () => {
  const names = existsSync(fixtures) ? readdirSync(fixtures).filter((name) => !name.startsWith('bad-')) : [];
  const all = names.flatMap(trips);

  it('covers identities, merges, stays and documents', () => {
    expect(all.length).to.be.greaterThan(30);
    expect(new Set(all.map(({ before }) => before.type)).size).to.be.greaterThan(6);
  });

  for (const trip of all) {
    it(`says the same of ${trip.before.type} (${trip.name})`, () => {
      expect(plain(carried(trip.after, trip.before))).to.deep.equal(plain(carried(trip.before, trip.after)));
      expect(trip.before.keys).to.deep.include(trip.after.keys[0]);
    });
  }

  for (const trip of all.filter(({ before }) => before.type.startsWith('dcc.document.'))) {
    it(`leaves every byte of the document of ${trip.name} as it was`, () => {
      expect(trip.contents[1]).to.equal(trip.contents[0]);
    });
  }
});
