import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { UNCONFIGURED, type DraftEvent } from '../../../core/contract/index.ts';
import { inputFile, readCase, readWithDocuments, settingsOf, type Case } from '../../../test/cases/case-file.ts';
import { officialFiles, officialFolder } from '../../../test/cases/official-messages.ts';
import { hasShared } from '../../../test/cases/translating.ts';
import { dialect, NATIONAL_PROFILE, type DialectProfile } from '../index.ts';
import { carried, documentOf, plain, trips, type Trip } from './trip.ts';

const fixtures = path.resolve(import.meta.dirname, '../../../../connectors/ci-sis/fixtures/decode');

/** What came in the profile towards care software goes back in it, and what came in an ORU in one. */
const writing = (message: 'MDM' | 'ORU', guide: DialectProfile['writing']['document']['guide']): DialectProfile =>
  dialect(`${message} ${guide}`, { writing: { document: { message, guide }, plainDocument: message } });
const CARE_SOFTWARE = writing('MDM', 'lps-1.1');
const ORU = writing('ORU', 'platform-2.1');

function profileOf(event: DraftEvent): DialectProfile | undefined {
  if (!/^dcc\.(identity|visit)\.|^dcc\.document\.(received|deleted)$/.test(event.type)) return undefined;
  if (documentOf(event)?.mailMessageId) return CARE_SOFTWARE;
  return documentOf(event) && (event.data as { trigger?: string }).trigger === 'R01' ? ORU : NATIONAL_PROFILE;
}

interface Named extends Trip {
  readonly name: string;
}

function fixtureTrips(name: string, profile: (event: DraftEvent) => DialectProfile | undefined): readonly Named[] {
  const one: Case = { connector: 'ci-sis', operation: 'decode', name, folder: path.join(fixtures, name) };
  const text = readWithDocuments(one, inputFile(one)).replaceAll('\n', '\r');
  return trips(Buffer.from(text), settingsOf(one, readCase(one)), profile, name).map((trip) => ({ name, ...trip }));
}

const names = existsSync(fixtures) ? readdirSync(fixtures).filter((name) => !name.startsWith('bad-')) : [];

describe('what is decoded, written again and decoded', () => {
  const all = names.flatMap((name) => fixtureTrips(name, profileOf));

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

/** What a guide has no place for. An MDM without OBR holds no order number; its type and date come from TXA. */
const LOST: Readonly<Record<string, readonly string[]>> = {
  'MDM platform-2.0': ['sourceId', 'label', 'date'],
  'MDM lps-1.0': ['sourceId', 'label', 'date'],
  platform: ['mailMessageId', 'mailSubject'],
  lps: ['mailMessageId', 'mailSubject', 'mailBodyPatient'],
};
/** Version 1.2 asks for no acknowledgement; towards care software every stay is N (specs FACTS B). */
function withoutLost(event: unknown, profile: string): unknown {
  const copy = structuredClone(event) as { document: Record<string, unknown>; visit?: { class?: string }; visibility?: Record<string, unknown> };
  for (const field of [profile, profile.includes('lps') ? 'lps' : 'platform'].flatMap((one) => LOST[one] ?? [])) delete copy.document[field];
  if (profile.endsWith('1.2') && copy.visibility) for (const field of ['ackReception', 'ackReading']) delete copy.visibility[field];
  if (profile.includes('lps') && copy.visit) delete copy.visit.class;
  return copy;
}

describe('a document in every version of the guides, read, written and read', () => {
  const isDocument = (event: DraftEvent): boolean => event.type.startsWith('dcc.document.') && documentOf(event)?.format !== undefined;
  const forms = [
    writing('MDM', 'platform-2.1'),
    writing('MDM', 'platform-2.0'),
    writing('MDM', 'lps-1.1'),
    writing('MDM', 'lps-1.0'),
    writing('ORU', 'platform-2.1'),
    writing('ORU', 'platform-2.0'),
    writing('ORU', 'platform-1.2'),
  ];
  for (const profile of forms) {
    const all = names.flatMap((name) => fixtureTrips(name, (event) => (isDocument(event) ? profile : undefined)));

    it(`is the same in ${profile.id}`, () => {
      expect(all.length).to.be.greaterThan(10);
      for (const { name, before, after, contents, text } of all) {
        expect(text).to.match(new RegExp(`^MSH[^\\r]*\\|${profile.writing.document.message}\\^`));
        // An ORU has no TXA-13: what only the envelope said to be replaced is lost, and reading it says so (`replaced-document-unknown`).
        if (name === 'document-replace-unrelated' && text.includes('|ORU^R01')) continue;
        expect(withoutLost(plain(carried(after, before)), profile.id), name).to.deep.equal(withoutLost(plain(carried(before, after)), profile.id));
        expect(contents[1], name).to.equal(contents[0]);
      }
    });
  }

  it('leaves in the one message that a guide has, whatever else is asked', () => {
    const oneOf = (profile: DialectProfile): string =>
      fixtureTrips('document-new', (event) => (isDocument(event) ? profile : undefined))[0]?.text ?? '';
    expect(oneOf(writing('MDM', 'platform-1.2'))).to.match(/^MSH[^\r]*\|ORU\^R01\^ORU_R01\|[^\r]*\|1\.2\^CISIS_CDA_HL7_V1\r/);
    expect(oneOf(writing('ORU', 'lps-1.1'))).to.match(/^MSH[^\r]*\|MDM\^T02\^MDM_T02\|[^\r]*\|1\.1\^CISIS_CDA_HL7_LPS\r/);
  });
});

describe(`official messages, read, written and read${hasShared ? '' : ' (skipped: the shared folder is absent)'}`, () => {
  before(function () {
    if (!hasShared) this.skip();
  });
  const all = officialFiles().flatMap((file) =>
    trips(readFileSync(path.join(officialFolder, file)), UNCONFIGURED, profileOf, file).map((trip) => ({ file, ...trip })),
  );
  if (hasShared)
    it('cover MDM and ORU, first, replacement and deletion', () => {
      const seen = all.map(({ before }) => `${(before.data as { trigger?: string }).trigger} ${documentOf(before)?.action}`);
      expect(seen).to.include.members(['T02 new', 'T10 replace', 'T04 delete', 'R01 new', 'R01 replace']);
    });

  for (const { file, before, after, contents } of all)
    it(`${file} says the same`, () => {
      expect(plain(carried(after, before))).to.deep.equal(plain(carried(before, after)));
      expect(contents[1]).to.equal(contents[0]);
    });
});
