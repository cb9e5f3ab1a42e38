/** SAFETY B2 to B5 and A8: copies, versions, deletions and loops, by the pure judge over its own notes. */
import { expect } from 'chai';
import { INS, OTHER_INS, QUALIFIED } from '../identity/hospital.ts';
import { Archive, NORTH, RECORD, SOUTH, oid, type Said } from './archive.ts';

const D1 = { document: { id: oid(1) }, content: 'one' } as const;
const D2 = { document: { id: oid(2), action: 'replace', replaces: oid(1) }, content: 'two' } as const;
const V = (version: number, rest: object = {}) => ({
  document: { id: oid(10 + version), setId: oid(10), version, ...rest },
  content: `version ${version}`,
});

describe('the document registry', () => {
  let archive: Archive;
  beforeEach(() => {
    archive = new Archive();
  });
  const codeOf = (made: { quarantine?: { code: string }; reject?: { code: string } }): string | undefined => (made.quarantine ?? made.reject)?.code;

  describe('B2: copies', () => {
    it('B2: the same document again, by another message, is kept, linked to the first and delivered nowhere', async () => {
      expect((await archive.takes(D1)).sentTo).to.deep.equal([RECORD]);
      const again = await archive.takes(D1);
      expect([again.isSilent, again.sentTo, again.warnings]).to.deep.equal([true, [], [{ code: 'duplicate', detail: 'TEST-1' }]]);
      expect(archive.note(oid(1))).to.deep.include({ copies: [{ message: 'TEST-2', run: 1, at: '2026-09-01T00:02:00.000Z', site: NORTH }] });
    });

    it('B2: the same id with other content waits as a version conflict, every time, and is noted', async () => {
      await archive.takes(D1);
      const other = await archive.takes({ ...D1, content: 'changed' });
      expect([codeOf(other), other.sentTo]).to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT', []]);
      expect(codeOf(await archive.takes({ ...D1, content: 'changed' }))).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
      expect(archive.note(oid(1))?.['conflicts']).to.have.length(2);
      expect((await archive.takes(D1)).codes).to.deep.equal(['duplicate']);
    });

    it('B2: another id of the same set and version is a copy with the same content, a conflict with another', async () => {
      await archive.takes(V(1));
      expect((await archive.takes({ ...V(1, { id: oid(99) }) })).codes).to.deep.equal(['duplicate']);
      expect(codeOf(await archive.takes({ ...V(1, { id: oid(98) }), content: 'other' }))).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
    });

    it('B2: two of one message that contradict each other leave no trace: the right one, sent again, is delivered', async () => {
      expect(await archive.takesAll(V(1), { ...V(1, { id: oid(98) }), content: 'other' })).to.equal('quarantined');
      expect((await archive.takes(V(1))).sentTo).to.deep.equal([RECORD]);
    });

    it('B2: without an id the key is the number of its source at that site: elsewhere it is another document', async () => {
      const numbered = { document: { sourceId: '4711' }, content: 'text' };
      await archive.takes(numbered);
      expect((await archive.takes(numbered)).codes).to.deep.equal(['duplicate']);
      expect((await archive.takes({ ...numbered, site: SOUTH, patient: '2', content: 'else' })).sentTo).to.deep.equal([RECORD]);
      expect(codeOf(await archive.takes({ ...numbered, content: 'changed' }))).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
    });

    it('B2: nor with another application of the same site; and the set and version of a root of its own are the same at every site', async () => {
      const numbered = { document: { sourceId: '4711' }, content: 'text' };
      await archive.takes(numbered);
      const other = { patient: { ipp: '1' }, document: { canonicalType: 'FRCP', sourceId: '4711', text: 'else' }, originApplication: 'LABO' };
      expect((await archive.takes({ data: other })).sentTo).to.deep.equal([RECORD]);
      await archive.takes(V(1));
      expect(codeOf(await archive.takes({ ...V(1, { id: oid(97) }), site: SOUTH, content: 'other' }))).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
    });

    it('B2: an OID of the arc of UUIDs is an id of its own at every site, and a short one of that arc a number', async () => {
      const long = `2.25.${'3'.repeat(38)}`;
      await archive.takes({ document: { id: long }, content: 'one' });
      expect(codeOf(await archive.takes({ site: SOUTH, document: { id: long }, content: 'two' }))).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
      await archive.takes({ document: { id: '2.25.7' }, content: 'three' });
      expect((await archive.takes({ site: SOUTH, document: { id: '2.25.7' }, content: 'four' })).sentTo).to.deep.equal([RECORD]);
    });

    it('B2: under one number a final result follows a preliminary one, a correction follows both, and none comes back', async () => {
      const step = (content: string, status: string, action = 'new'): object => ({ document: { sourceId: '4711', status, action }, content });
      expect((await archive.takes(step('draft', 'preliminary'))).sentTo).to.deep.equal([RECORD]);
      expect((await archive.takes(step('final', 'final'))).sentTo).to.deep.equal([RECORD]);
      expect((await archive.takes(step('mended', 'corrected', 'replace'))).sentTo).to.deep.equal([RECORD]);
      for (const late of [step('draft', 'preliminary'), step('final', 'final'), step('other draft', 'preliminary')]) {
        expect((await archive.takes({ ...late, at: 1 })).codes, 'late').to.deep.equal(['document-superseded']);
        expect(codeOf(await archive.takes(late)), 'said after what is in force').to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
      }
      expect((await archive.takes(step('final', 'corrected', 'replace'))).sentTo, 'the correction is taken back').to.deep.equal([RECORD]);
    });

    it('B2: the same bytes, final after preliminary, are delivered again; the other way round they are superseded', async () => {
      const step = (status: string): object => ({ document: { id: oid(7), status }, content: 'same' });
      await archive.takes(step('preliminary'));
      expect((await archive.takes(step('final'))).sentTo).to.deep.equal([RECORD]);
      expect((await archive.takes(step('preliminary'))).codes).to.deep.equal(['document-superseded']);
    });

    it('B2: a document that stands elsewhere is known by the name of its file, and one without any content is never a copy', async () => {
      const pointer = (file: string | undefined, action: 'new' | 'replace' = 'new'): object => ({
        document: { sourceId: '4711', action, ...(file !== undefined && { file }) },
      });
      await archive.takes(pointer('a.pdf'));
      expect((await archive.takes(pointer('a.pdf'))).codes).to.deep.equal(['duplicate']);
      expect((await archive.takes(pointer('b.pdf', 'replace'))).sentTo).to.deep.equal([RECORD]);
      const nothing = { document: { sourceId: '4712' } };
      await archive.takes(nothing);
      expect(codeOf(await archive.takes(nothing))).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
    });

    it('B2: the same bytes by a road that names them (MDM) and one that numbers them (ORU) are one document', async () => {
      await archive.takes({ document: { sourceId: '4711' }, content: 'a pdf' });
      expect((await archive.takes({ document: { id: oid(5) }, content: 'a pdf' })).codes).to.deep.equal(['duplicate']);
      expect((await archive.takes({ document: { id: oid(6) }, content: 'a pdf' })).sentTo, 'two ids are two documents').to.deep.equal([RECORD]);
      expect((await archive.takes({ document: { sourceId: '9' }, content: 'a pdf', patient: '2' })).sentTo, 'of another patient').to.deep.equal([
        RECORD,
      ]);
    });

    describe('B2: several documents of one number', () => {
      const item = (name: string, content: string, rest: object = {}): Said => ({
        document: { sourceId: '4711', sourceItem: name, ...rest },
        content,
      });
      const alone = (content: string, rest: object = {}): Said => ({ document: { sourceId: '4711', ...rest }, content });
      const corrected = { action: 'replace', status: 'corrected' };

      it('B2: each is delivered, sent again a copy, corrected its own next version, and cancelled alone', async () => {
        for (const one of [item('1', 'a'), item('2', 'b')]) expect((await archive.takes(one)).sentTo).to.deep.equal([RECORD]);
        for (const one of [item('1', 'a'), item('2', 'b')]) expect((await archive.takes(one)).codes).to.deep.equal(['duplicate']);
        expect((await archive.takes(item('2', 'c', corrected))).sentTo).to.deep.equal([RECORD]);
        expect((await archive.takes({ ...item('2', 'c'), type: 'dcc.document.deleted' })).sentTo).to.deep.equal([RECORD]);
        expect((await archive.takes(item('1', 'a'))).codes).to.deep.equal(['duplicate']);
      });

      it('B2: the number alone is the one of the same bytes; a correction or a cancellation by the number alone waits', async () => {
        await archive.takes(item('1', 'a'));
        await archive.takes(item('2', 'b'));
        expect((await archive.takes(alone('b'))).codes).to.deep.equal(['duplicate']);
        expect(codeOf(await archive.takes(alone('c', corrected)))).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
        expect(codeOf(await archive.takes({ ...alone('b'), type: 'dcc.document.deleted' }))).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
      });

      it('B2: a number that got a second document: the first is a copy, the second is delivered, a correction of one that is not known apart waits', async () => {
        await archive.takes(alone('a'));
        expect((await archive.takes(item('1', 'a'))).codes).to.deep.equal(['duplicate']);
        expect((await archive.takes(item('2', 'b'))).sentTo).to.deep.equal([RECORD]);
        expect(codeOf(await archive.takes(item('3', 'c', corrected)))).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
      });
    });

    it('B2: two messages judged in one commit are copies as well, and one whose commit fails leaves no trace', async () => {
      const { caseOf } = await import('./archive.ts');
      const cases = [[caseOf(D1, 1, 1)], [caseOf(D1, 2, 1)]];
      const failed = await archive.knowledge.judge(cases);
      expect(failed.judgements.map(([one]) => one?.isSilent)).to.deep.equal([undefined, true]);
      failed.release(false);
      expect((await archive.takes(D1)).sentTo).to.deep.equal([RECORD]);
    });

    it('a replay of the first is the first again, that of a copy a copy', async () => {
      await archive.takes(D1);
      await archive.takes(D1);
      expect((await archive.takes({ ...D1, replays: 1 })).sentTo).to.deep.equal([RECORD]);
      expect((await archive.takes({ ...D1, replays: 2 })).codes).to.deep.equal(['duplicate']);
    });

    it('a copy for one more recipient goes there, and nowhere else', async () => {
      await archive.takes({ ...D1, site: RECORD, to: [NORTH] });
      const more = await archive.takes({ ...D1, site: RECORD, to: [NORTH, SOUTH] });
      expect([more.sentTo, more.codes]).to.deep.equal([[SOUTH], ['further-recipient']]);
      expect((await archive.takes({ ...D1, site: RECORD, to: [NORTH, SOUTH] })).codes).to.deep.equal(['duplicate']);
    });
  });

  describe('B3: versions', () => {
    it('B3, B6: an outdated version that comes by another name goes nowhere, after a restart as before it', async () => {
      const fromRecord = (said: Said, ...to: string[]): Said => ({ ...said, site: RECORD, to });
      const version = (n: number): Said => ({ content: `v${n}`, document: { id: oid(2 * n), setId: oid(50), version: n } });
      for (const [first, second, again] of [[version(1), version(2), { content: 'v1', document: { sourceId: 'K1' } }]] as const)
        for (const isRestarted of [false, true]) {
          archive = new Archive();
          for (const said of [first, second]) expect((await archive.takes(fromRecord(said, NORTH))).sentTo).to.deep.equal([NORTH]);
          if (isRestarted) archive.keep([]);
          const { sentTo, codes } = await archive.takes(fromRecord(again, NORTH, SOUTH));
          expect([sentTo, codes]).to.deep.equal([[], ['duplicate']]);
        }
    });

    it('B3: a replacement whose original is unknown is delivered at once, and the late original is kept and not delivered', async () => {
      const early = await archive.takes(D2);
      expect([early.sentTo, early.codes]).to.deep.equal([[RECORD], ['original-not-received']]);
      const late = await archive.takes(D1);
      expect([late.sentTo, late.warnings]).to.deep.equal([[], [{ code: 'document-superseded', detail: 'TEST-1' }]]);
      expect((await archive.takes({ ...D1, replays: 2 })).sentTo).to.deep.equal([]);
    });

    it('B3: a replacement after its original is delivered and says nothing; a copy of the original afterwards stays', async () => {
      await archive.takes(D1);
      const next = await archive.takes(D2);
      expect([next.sentTo, next.codes]).to.deep.equal([[RECORD], []]);
      expect((await archive.takes(D1)).sentTo).to.deep.equal([]);
      expect(archive.note(oid(1))?.['superseded']).to.deep.include({ id: oid(2), message: 'TEST-2' });
    });

    it('B3: a version older than the newest of its set is kept and not delivered', async () => {
      await archive.takes(V(3));
      expect((await archive.takes({ ...V(2), at: 0 })).codes).to.deep.equal(['document-superseded']);
      expect((await archive.takes(V(4))).sentTo).to.deep.equal([RECORD]);
    });

    it('B3: a lower number that was said later, or that names the newest as what it replaces, is not silent: a person says which counts', async () => {
      await archive.takes(V(2));
      for (const said of [V(1), { ...V(1, { action: 'replace', replaces: oid(12) }), at: 0 }]) {
        const { quarantine, sentTo } = await archive.takes(said);
        expect([quarantine?.code, sentTo]).to.deep.equal(['ERR_DOCUMENT_VERSION_CONFLICT', []]);
        expect(archive.note(oid(12))).to.not.have.property('superseded');
      }
      const gone = await archive.takes({ type: 'dcc.document.deleted', document: { id: oid(12) } });
      expect(gone.sentTo, 'its author withdraws what is in force').to.deep.equal([RECORD]);
    });

    it('A2: what two applications of one site say, or one in the hour that autumn repeats, is put in no order by their clocks', async () => {
      const [twice, later] = ['2026-10-25T02:30:00', '2026-10-25T02:40:00'];
      const waits = async (...all: readonly Said[]): Promise<string | undefined> => {
        const one = new Archive();
        for (const said of all.slice(0, -1)) expect(codeOf(await one.takes(said))).to.equal(undefined);
        return codeOf(await one.takes(all.at(-1)!));
      };
      const CONFLICT = 'ERR_DOCUMENT_VERSION_CONFLICT';
      expect(await waits(V(2), { ...V(1), at: 0 })).to.equal(undefined);
      expect(await waits(V(2), { ...V(1), at: 0, application: 'RIS' }), 'another application').to.equal(CONFLICT);
      expect(await waits({ ...V(2), localTime: later }, { ...V(1), localTime: twice })).to.equal(CONFLICT);
      const numbered = (content: string, localTime: string): Said => ({
        document: { sourceId: '4711', status: 'corrected', action: 'replace' },
        content,
        localTime,
      });
      const cancel = (localTime: string): Said => ({ ...numbered('one', localTime), type: 'dcc.document.deleted' });
      expect(await waits(numbered('one', twice), numbered('two', later)), 'two corrections').to.equal(CONFLICT);
      expect(await waits(numbered('one', later), cancel(twice)), 'a cancellation').to.equal(CONFLICT);
      expect(await waits(numbered('one', '2026-10-25T01:00:00'), cancel(later), numbered('two', twice)), 'given again').to.equal(CONFLICT);
      expect(await waits(numbered('one', '2026-10-25T01:00:00'), numbered('two', '2026-10-25T05:00:00'), cancel('2026-10-25T06:00:00'))).to.equal(
        undefined,
      );
    });

    it('B3: a version that comes late between two that were delivered stays, and says that the oldest is still shown', async () => {
      await archive.takes(D1);
      await archive.takes({ document: { id: oid(3), action: 'replace', replaces: oid(2) }, content: 'three' });
      const { sentTo, warnings } = await archive.takes(D2);
      expect([sentTo, warnings]).to.deep.equal([
        [],
        [
          { code: 'document-superseded', detail: 'TEST-2' },
          { code: 'still-shown', detail: oid(1) },
        ],
      ]);
      const other = new Archive();
      await other.takes({ document: { id: oid(3), action: 'replace', replaces: oid(2) }, content: 'three' });
      expect((await other.takes(D2)).codes, 'nothing was shown').to.deep.equal(['document-superseded']);
    });

    it('B3: two that replace the same original wait for a person, unless their set orders them', async () => {
      await archive.takes(D1);
      await archive.takes(D2);
      expect(codeOf(await archive.takes({ ...D2, document: { ...D2.document, id: oid(3) }, content: 'three' }))).to.equal(
        'ERR_DOCUMENT_VERSION_CONFLICT',
      );
      await archive.takes(V(1));
      await archive.takes(V(2, { action: 'replace', replaces: oid(11) }));
      expect((await archive.takes(V(3, { action: 'replace', replaces: oid(11) }))).sentTo).to.deep.equal([RECORD]);
    });

    it('a replacement by another organisation waits, whichever comes first', async () => {
      await archive.takes(D1);
      expect(codeOf(await archive.takes({ ...D2, site: SOUTH }))).to.equal('ERR_DOCUMENT_NOT_AUTHOR');
      const late = new Archive();
      await late.takes({ ...D2, site: SOUTH });
      expect(codeOf(await late.takes(D1))).to.equal('ERR_DOCUMENT_NOT_AUTHOR');
      const set = new Archive();
      await set.takes({ ...V(2), site: SOUTH });
      expect(codeOf(await set.takes(V(1)))).to.equal('ERR_DOCUMENT_NOT_AUTHOR');
      expect(codeOf(await set.takes(V(3)))).to.equal('ERR_DOCUMENT_NOT_AUTHOR');
    });
  });

  describe('B4: deletion', () => {
    const gone = { type: 'dcc.document.deleted', document: { id: oid(1) } };

    it('B4: by the establishment it came from, it is passed on; the document does not come back', async () => {
      await archive.takes(D1);
      expect((await archive.takes(gone)).sentTo).to.deep.equal([RECORD]);
      expect((await archive.takes(gone)).codes).to.deep.equal(['duplicate']);
      expect((await archive.takes(D1)).sentTo).to.deep.equal([]);
      expect((await archive.takes({ ...D1, replays: 1 })).codes).to.deep.equal(['document-deleted']);
    });

    it('B4: by another organisation it is refused with 901, whatever keeper its message names', async () => {
      await archive.takes(D1);
      const refused = await archive.takes({ ...gone, site: SOUTH, document: { id: oid(1), custodian: { finess: SOUTH } } });
      expect([refused.reject?.code, refused.sentTo]).to.deep.equal(['ERR_DOCUMENT_NOT_AUTHOR', []]);
      expect(archive.note(oid(1))).not.to.have.property('deleted');
    });

    it('B4: the establishment that the document names as its keeper or author may delete what came by the record', async () => {
      await archive.takes({ ...D1, site: RECORD, to: [SOUTH], document: { id: oid(1), custodian: { finess: NORTH } } });
      expect((await archive.takes(gone)).sentTo).to.deep.equal([RECORD]);
    });

    it('B4: a legal entity that the document names as its keeper is the site that stands for it, and no other site of it', async () => {
      const entity = '990001000';
      const kept = { document: { id: oid(1), custodian: { finess: entity } }, content: 'one' };
      const withdrawn = { type: 'dcc.document.deleted', document: { id: oid(1) }, site: SOUTH };
      await archive.takes({ ...kept, site: RECORD, to: [NORTH, SOUTH] });
      expect(codeOf(await archive.takes(withdrawn))).to.equal('ERR_DOCUMENT_NOT_AUTHOR');
      expect((await archive.takes({ ...withdrawn, legalEntity: entity })).sentTo).to.deep.equal([RECORD]);
      expect((await archive.takes({ ...kept, site: RECORD, to: [NORTH, SOUTH], replays: 1 })).sentTo, 'withdrawn').to.deep.equal([]);
      const unknown = { ...withdrawn, document: { id: oid(7), custodian: { finess: entity } } };
      expect(codeOf(await archive.takes(unknown))).to.equal('ERR_DOCUMENT_NOT_AUTHOR');
      expect((await archive.takes({ ...unknown, legalEntity: entity })).sentTo).to.deep.equal([RECORD]);
    });

    it('B4: of an unknown document it is passed on at once, and holds against a late original of the same establishment only', async () => {
      expect((await archive.takes(gone)).codes).to.deep.equal(['original-not-received']);
      expect((await archive.takes({ ...D1, at: 0 })).codes).to.deep.equal(['document-deleted']);
      expect(codeOf(await archive.takes(D1)), 'said after its deletion').to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
      const other = new Archive();
      await other.takes({ ...gone, site: SOUTH });
      expect((await other.takes(D1)).sentTo).to.deep.equal([RECORD]);
    });

    it('B4: by another organisation, of a document that was not known, it holds against nothing that its author says', async () => {
      await archive.takes({ ...gone, site: SOUTH });
      expect((await archive.takes(D1)).sentTo).to.deep.equal([RECORD]);
      expect(archive.note(oid(1))).not.to.have.property('deleted');
      expect((await archive.takes({ ...D1, visibility: { hiddenFromPatient: true } })).codes).to.include('masked-by-copy');
      expect((await archive.takes({ ...D1, replays: 2 })).sentTo, 'a replay').to.deep.equal([RECORD]);
      expect((await archive.takes(gone)).sentTo).to.deep.equal([RECORD]);
      expect((await archive.takes(gone)).codes).to.deep.equal(['duplicate']);
    });

    it('B4: of an unknown document two establishments may say it: each is passed on once, and its author’s holds', async () => {
      for (const site of [SOUTH, NORTH]) expect((await archive.takes({ ...gone, site })).sentTo, site).to.deep.equal([RECORD]);
      for (const site of [SOUTH, NORTH]) expect((await archive.takes({ ...gone, site })).codes, site).to.deep.equal(['duplicate']);
      expect((await archive.takes({ ...D1, at: 0 })).codes).to.deep.equal(['document-deleted']);
      const other = new Archive();
      for (const site of [NORTH, SOUTH]) await other.takes({ ...gone, site });
      expect((await other.takes({ ...D1, at: 0 })).codes, 'in the other order').to.deep.equal(['document-deleted']);
      const returned = new Archive();
      await returned.takes({ ...gone, site: RECORD, to: [NORTH] });
      expect((await returned.takes(gone)).codes, 'B5: where it was heard from').to.deep.equal(['duplicate']);
    });

    it('B4: by the record, of a number that it was given and never gave, it waits: it would withdraw the document of who gave it', async () => {
      const K1 = { document: { sourceId: 'K1' } };
      const gone = { site: RECORD, type: 'dcc.document.deleted', to: [NORTH] };
      await archive.takes({ ...K1, content: 'one' });
      expect(codeOf(await archive.takes({ ...gone, ...K1 }))).to.equal('ERR_DOCUMENT_NOT_AUTHOR');
      await archive.takes({ site: RECORD, document: { sourceId: 'R1' }, content: 'two', to: [NORTH] });
      expect((await archive.takes({ ...gone, document: { sourceId: 'R1' } })).sentTo).to.deep.equal([NORTH]);
    });

    it('B4: of an unknown document that names another keeper it waits', async () => {
      expect((await archive.takes({ ...gone, document: { id: oid(1), custodian: { finess: SOUTH } } })).quarantine?.code).to.equal(
        'ERR_DOCUMENT_NOT_AUTHOR',
      );
    });

    it('B4: of a version that has been replaced it waits: only a person can ask which one was meant', async () => {
      await archive.takes(D1);
      await archive.takes(D2);
      expect((await archive.takes(gone)).quarantine?.code).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
      await archive.takes(V(1));
      await archive.takes(V(3));
      for (const version of [1, 2])
        expect(codeOf(await archive.takes({ ...V(version), type: 'dcc.document.deleted' })), `version ${version}`).to.equal(
          'ERR_DOCUMENT_VERSION_CONFLICT',
        );
      expect((await archive.takes({ ...V(3), type: 'dcc.document.deleted' })).sentTo).to.deep.equal([RECORD]);
      const other = { ...V(2), type: 'dcc.document.deleted', patient: '2' };
      expect(codeOf(await archive.takes(other)), 'of another patient').to.equal('ERR_DOCUMENT_OTHER_PATIENT');
    });

    describe('B4: a number that was cancelled', () => {
      const numbered = (content: string, rest: object = {}): object => ({ document: { sourceId: '4711', ...rest }, content });
      const cancel = { type: 'dcc.document.deleted', document: { sourceId: '4711' } };

      for (const [how, rest] of [
        ['new', {}],
        ['a correction', { action: 'replace', status: 'corrected' }],
      ] as const)
        it(`B4: and given again to another content (${how}) is delivered, and can be cancelled again`, async () => {
          await archive.takes(numbered('one'));
          await archive.takes(cancel);
          const next = await archive.takes(numbered('two', rest));
          expect([next.sentTo, next.codes]).to.deep.equal([[RECORD], ['reissued-after-deletion']]);
          expect((await archive.takes(numbered('two', rest))).codes).to.deep.equal(['duplicate']);
          expect((await archive.takes(cancel)).sentTo).to.deep.equal([RECORD]);
        });

      it('B4: waits for a person when what was withdrawn comes again, and is silent only when that was said before', async () => {
        await archive.takes(numbered('one'));
        await archive.takes(cancel);
        expect(codeOf(await archive.takes(numbered('one')))).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
        expect((await archive.takes({ ...numbered('one'), at: 1 })).codes).to.deep.equal(['duplicate']);
        expect((await archive.takes({ ...numbered('two', { status: 'corrected', action: 'replace' }), at: 1 })).codes).to.deep.equal([
          'document-deleted',
        ]);
        expect(codeOf(await archive.takes({ ...numbered('two'), patient: '2' }))).to.equal('ERR_DOCUMENT_OTHER_PATIENT');
      });

      it('B4: a cancellation that was said before what is in force waits', async () => {
        await archive.takes(numbered('one'));
        await archive.takes(numbered('two', { status: 'corrected', action: 'replace' }));
        expect(codeOf(await archive.takes({ ...cancel, at: 1 }))).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
        expect((await archive.takes(cancel)).sentTo).to.deep.equal([RECORD]);
      });
    });

    it('B4, B7: a deletion or a mask of the record that names one of two sites says which one still shows the document', async () => {
      const shown = { site: RECORD, to: [NORTH, SOUTH], ...D1 };
      await archive.takes(shown);
      const masked = await archive.takes({ ...shown, to: [NORTH], visibility: { hiddenFromPatient: true } });
      expect(masked.warnings).to.deep.include({ code: 'still-shown', detail: SOUTH });
      const one = await archive.takes({ ...gone, site: RECORD, to: [NORTH] });
      expect([one.sentTo, one.warnings]).to.deep.equal([[NORTH], [{ code: 'still-shown', detail: SOUTH }]]);
      expect((await archive.takes({ ...gone, site: RECORD, to: [NORTH] })).codes).to.deep.equal(['duplicate', 'still-shown']);
      expect((await archive.takes({ ...gone, site: RECORD, to: [SOUTH] })).codes).to.deep.equal(['further-recipient']);
      const other = new Archive();
      await other.takes(D1);
      await other.takes({ ...D1, site: RECORD, to: [SOUTH] });
      expect((await other.takes(gone)).codes, 'the record passes it on').to.deep.equal([]);
    });

    it('B4: the record passes a deletion on to those who were sent the document', async () => {
      await archive.takes(D1);
      await archive.takes({ ...D1, site: RECORD, to: [SOUTH] });
      await archive.takes(gone);
      const told = await archive.takes({ ...gone, site: RECORD, to: [NORTH, SOUTH] });
      expect([told.sentTo, told.codes]).to.deep.equal([[SOUTH], ['further-recipient']]);
    });
  });

  describe('B5: loops', () => {
    it('B5: what an establishment sent does not go back to it, and goes on to the others', async () => {
      await archive.takes(D1);
      expect((await archive.takes({ ...D1, site: RECORD, to: [NORTH] })).sentTo).to.deep.equal([]);
      expect((await archive.takes({ ...D1, site: RECORD, to: [NORTH, SOUTH] })).sentTo).to.deep.equal([SOUTH]);
    });

    it('B5: what came from the record and comes back by its id goes no further', async () => {
      await archive.takes({ ...D1, site: RECORD, to: [NORTH] });
      const back = await archive.takes(D1);
      expect([back.sentTo, back.codes]).to.deep.equal([[], ['document-returned']]);
    });

    it('B5: the same bytes under a number of the establishment they were sent to are ours, come back', async () => {
      await archive.takes({ ...D1, site: RECORD, to: [NORTH] });
      expect((await archive.takes({ ...D1, document: { sourceId: 'A1' } })).codes).to.deep.equal(['document-returned']);
      expect((await archive.takes({ ...D1, document: { id: oid(77) } })).codes).to.deep.equal(['document-returned']);
      expect((await archive.takes({ ...D1, site: SOUTH, document: { id: oid(78) } })).sentTo, 'never sent there').to.deep.equal([RECORD]);
    });

    it('B5: by its set and version too, under another id and number', async () => {
      await archive.takes({ ...V(2), site: RECORD, to: [NORTH] });
      for (const back of [V(2, { id: oid(79) }), V(2, { id: undefined, sourceId: 'A3' })]) {
        const { sentTo, codes } = await archive.takes(back);
        expect([sentTo, codes]).to.deep.equal([[], ['document-returned']]);
      }
    });

    it('B5: what comes back changed under its id waits', async () => {
      await archive.takes({ ...D1, site: RECORD, to: [NORTH] });
      expect(codeOf(await archive.takes({ ...D1, content: 'printed again' }))).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
    });
  });

  describe('A8: whose it is', () => {
    it('A8: a copy, a replacement and a deletion under another patient wait', async () => {
      await archive.takes(D1);
      for (const made of [{ ...D1 }, { ...D2 }, { type: 'dcc.document.deleted', document: { id: oid(1) } }, { ...V(1, { replaces: oid(1) }) }])
        expect(codeOf(await archive.takes({ ...made, patient: '2' }))).to.equal('ERR_DOCUMENT_OTHER_PATIENT');
    });

    it('A8: a version of a set of another patient, and a late original of another patient, wait', async () => {
      await archive.takes(V(1));
      expect(codeOf(await archive.takes({ ...V(2), patient: '2' }))).to.equal('ERR_DOCUMENT_OTHER_PATIENT');
      await archive.takes(D2);
      expect(codeOf(await archive.takes({ ...D1, patient: '2' }))).to.equal('ERR_DOCUMENT_OTHER_PATIENT');
    });

    it('A8: a number that was merged is the same patient; a merge never moves a document', async () => {
      await archive.takes(D1);
      await archive.takes({ patient: '2', absorbs: '1' });
      const next = await archive.takes({ ...D2, patient: '2' });
      expect(next.sentTo).to.deep.equal([RECORD]);
      expect(next).not.to.have.property('event');
      await archive.takes({ patient: '1', absorbs: '2' });
      expect((await archive.takes({ ...D1, patient: '2' })).codes, 'a circle of merges ends').to.deep.equal(['duplicate']);
    });

    it('A4, A8: one number with another qualified INS is another patient, until that INS is the one on file', async () => {
      await archive.takes({ ...D1, patient: '1', ins: INS });
      for (const made of [D1, D2, { type: 'dcc.document.deleted', document: { id: oid(1) } }])
        expect(codeOf(await archive.takes({ ...made, patient: '1', ins: OTHER_INS }))).to.equal('ERR_DOCUMENT_OTHER_PATIENT');
      expect((await archive.takes({ ...D1, patient: '1' })).codes, 'an INS that is not said contradicts none').to.deep.equal(['duplicate']);
      const corrected = { ...QUALIFIED, ipp: '1', ins: OTHER_INS };
      await archive.takes({ type: 'dcc.identity.updated', patient: '1', data: { patient: corrected, originApplication: 'DPI' } });
      expect((await archive.takes({ ...D2, patient: '1', ins: OTHER_INS })).sentTo).to.deep.equal([RECORD]);
    });

    it('A8: a merge that was undone is none: they are two patients again', async () => {
      await archive.takes(D1);
      await archive.takes({ patient: '2', absorbs: '1' });
      archive.undo('1');
      expect(codeOf(await archive.takes({ ...D2, patient: '2' }))).to.equal('ERR_DOCUMENT_OTHER_PATIENT');
    });
  });
});
