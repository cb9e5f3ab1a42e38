/** SAFETY A8, B2, B3, B6 as properties: whatever order messages come in. */
import { expect } from 'chai';
import {
  array,
  assert,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  integer,
  oneof,
  pre,
  record,
  shuffledSubarray,
  subarray,
  tuple,
  type Arbitrary,
} from 'fast-check';
import { INS, OID, OTHER_INS } from '../identity/hospital.ts';
import { Archive, NORTH, RECORD, SOUTH, oid, type Said } from './archive.ts';

const SITES = [NORTH, SOUTH, RECORD] as const;

/** A life of one document: version n replaces n - 1; copies, altered ones, deletions, in any order and by any road. */
const step = record({
  version: integer({ min: 1, max: 4 }),
  site: constantFrom(...SITES),
  what: constantFrom('version', 'version', 'version', 'altered', 'deletion'),
  patient: constantFrom('1', '1', '1', '2'),
  to: subarray([NORTH, SOUTH]),
  hasSet: boolean(),
});
type Step = typeof step extends Arbitrary<infer T> ? T : never;

function saidBy({ version, site, what, patient, to, hasSet }: Step): Said {
  const set = hasSet ? { setId: oid(1), version } : {};
  return {
    site,
    patient,
    to,
    type: what === 'deletion' ? 'dcc.document.deleted' : 'dcc.document.received',
    content: what === 'altered' ? `altered ${version}` : `version ${version}`,
    document: {
      id: oid(10 + version),
      ...set,
      ...(version > 1 && { action: 'replace', replaces: oid(9 + version) }),
      ...(what === 'deletion' && { action: 'delete' }),
    },
  };
}

const steps = array(step, { minLength: 2, maxLength: 14 });

describe('whatever order documents come in', () => {
  it('B3: no version reaches a place after a newer one that is known to replace it', async () => {
    await assert(
      asyncProperty(steps, async (all) => {
        const archive = new Archive();
        /** What is known to be replaced: by a replacement that was not stopped, or by a higher number of the set. */
        const replaced = new Set<number>();
        let highest = 0;
        for (const one of all) {
          const made = await archive.takes(saidBy(one));
          const isVersion = one.what !== 'deletion';
          if (isVersion && made.sentTo.length > 0) {
            expect(replaced.has(one.version), `${one.version} after what replaced it`).to.equal(false);
            if (one.hasSet) expect(one.version).to.be.at.least(highest);
          }
          if (!isVersion || made.quarantine || made.reject) continue;
          replaced.add(one.version - 1);
          if (one.hasSet) highest = Math.max(highest, one.version);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('B2: of one id only one content ever leaves, the others wait; and no place is sent the same twice', async () => {
    await assert(
      asyncProperty(steps, async (all) => {
        const archive = new Archive();
        const contents = new Map<number, string>();
        const places = new Set<string>();
        for (const one of all.filter(({ what }) => what !== 'deletion')) {
          const said = saidBy(one);
          const made = await archive.takes(said);
          const known = contents.get(one.version);
          if (known !== undefined && known !== said.content) expect(made.quarantine, 'a conflict that nobody sees').not.to.equal(undefined);
          if (made.quarantine || made.reject) continue;
          contents.set(one.version, said.content!);
          for (const place of made.sentTo) {
            expect(places.has(`${one.version} ${place}`), `${one.version} sent twice to ${place}`).to.equal(false);
            places.add(`${one.version} ${place}`);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('A8: no document moves to another patient: what leaves names the patient of its message, and of every version of it that left', async () => {
    await assert(
      asyncProperty(steps, async (all) => {
        const archive = new Archive();
        const patients = new Map<number, string>();
        for (const one of all) {
          const made = await archive.takes(saidBy(one));
          if (made.event) expect((made.event.data as { patient: { ipp: string } }).patient.ipp).to.equal(one.patient);
          if (made.quarantine || made.reject) continue;
          for (const version of [one.version, ...(one.version > 1 && one.what !== 'deletion' ? [one.version - 1] : [])]) {
            expect(patients.get(version) ?? one.patient, `version ${version}`).to.equal(one.patient);
            patients.set(version, one.patient);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('B6: nothing leaves towards an establishment that the message does not name, nor back to the one it came from', async () => {
    await assert(
      asyncProperty(steps, async (all) => {
        const archive = new Archive();
        for (const one of all) {
          const { sentTo } = await archive.takes(saidBy(one));
          const allowed = one.site === RECORD ? one.to : [RECORD];
          for (const place of sentTo) expect(allowed).to.include(place).and.not.to.equal(one.site);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('B4: nothing is withdrawn or replaced by who is not its author', async () => {
    await assert(
      asyncProperty(steps, async (all) => {
        const archive = new Archive();
        const authors = new Map<number, string>();
        for (const one of all) {
          const made = await archive.takes(saidBy(one));
          if (made.quarantine || made.reject) continue;
          const touched = one.what === 'deletion' ? one.version : one.version - 1;
          const isNews = made.sentTo.length > 0 && !made.codes.includes('further-recipient');
          if (isNews && authors.has(touched)) expect(authors.get(touched), `${touched} by ${one.site}`).to.equal(one.site);
          if (one.what !== 'deletion' && !authors.has(one.version)) authors.set(one.version, one.site);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('B2, B4, B5: of two documents of one content no place is sent one that it has, nor is either withdrawn or sent back to who wrote it; what is done to one is done to that one', async () => {
    const one = record({
      what: constantFrom('both', 'both', 'first', 'second', 'withdrawal of the first', 'withdrawal of the second', 'withdrawal of both'),
      isTurned: boolean(),
      site: constantFrom(...SITES),
      to: subarray([NORTH, SOUTH]),
    });
    const [FIRST, SECOND] = [oid(1), oid(2)];
    const idsOf = (what: string): readonly string[] => (what.endsWith('both') ? [FIRST, SECOND] : [what.endsWith('first') ? FIRST : SECOND]);
    const saidOf = (what: string): readonly Said[] =>
      idsOf(what).map((id) => ({
        content: `of ${id}`,
        document: { id },
        ...(what.startsWith('withdrawal') && { type: 'dcc.document.deleted' }),
        ...(what === 'both' && { beside: [id === FIRST ? SECOND : FIRST] }),
      }));
    let [whole, alone, told] = [0, 0, 0];
    await assert(
      asyncProperty(array(one, { minLength: 2, maxLength: 12 }), async (all) => {
        const archive = new Archive();
        // Its author sends both before anything else is heard of them.
        await archive.takesTogether(saidOf('both'));
        const has = new Map([FIRST, SECOND].map((id) => [id, new Set([RECORD])]));
        const isGone = new Set<string>();
        for (const { what, isTurned, site, to } of all) {
          const events = saidOf(what).map((said) => ({ ...said, site, to }));
          const { taken, state } = await archive.takesTogether(isTurned ? events.toReversed() : events);
          const ids = isTurned ? idsOf(what).toReversed() : idsOf(what);
          const isWithdrawal = what.startsWith('withdrawal');
          if (isWithdrawal && site === SOUTH)
            for (const made of taken)
              expect(made.reject?.code ?? made.codes[0]).to.be.oneOf(['ERR_DOCUMENT_NOT_AUTHOR', 'duplicate', 'further-recipient']);
          if (state !== 'decoded') continue;
          if (isWithdrawal && site !== SOUTH) {
            ids.forEach((id) => isGone.add(id));
            const left = [FIRST, SECOND].filter((id) => !isGone.has(id));
            const shown = taken.flatMap(({ warnings = [] }) =>
              warnings.flatMap(({ code, detail }) => (code === 'still-shown' && detail !== undefined && detail.startsWith('1.2') ? [detail] : [])),
            );
            expect(shown, what).to.deep.equal(left);
            told += left.length;
          }
          if (isWithdrawal) continue;
          taken.forEach((made, i) => {
            const id = ids[i]!;
            if (isGone.has(id)) expect(made.sentTo).to.deep.equal([]);
            for (const place of made.sentTo) {
              expect(place, what).not.to.equal(NORTH);
              expect(has.get(id)!.has(place), `${id} twice to ${place}`).to.equal(false);
              has.get(id)!.add(place);
              whole += Number(what === 'both');
              alone += Number(what !== 'both');
            }
          });
        }
      }),
      { numRuns: 1500 },
    );
    expect(Math.min(whole, alone, told), 'sent together, alone, and told of').to.be.above(50);
  });

  it('B6, A6: of the same claims, merges and oppositions any order leaves the same patients opposed; undone, those that are without the merges', async () => {
    const patient = constantFrom('1', '2', '3', '4');
    const event = oneof(
      record({ what: constantFrom('claim'), patient, ins: constantFrom(INS, OTHER_INS) }),
      record({ what: constantFrom('merge'), patient, absorbs: patient }),
      record({ what: constantFrom('wish'), patient, site: constantFrom(...SITES) }),
      record({ what: constantFrom('wish'), ins: constantFrom(INS, OTHER_INS), site: constantFrom(...SITES) }),
    );
    type Event = { readonly what: string; readonly patient?: string; readonly absorbs?: string; readonly ins?: string; readonly site?: string };
    const run = async (events: readonly Event[]): Promise<Archive | undefined> => {
      const archive = new Archive();
      for (const { what, ...said } of events) {
        const type = what === 'wish' ? { type: 'dcc.visit.updated', opposition: 'IO' } : what === 'claim' ? { type: 'dcc.identity.updated' } : {};
        const who = { ipp: said.patient, domain: 'region', ins: said.ins, insOid: OID, insStatus: 'VALI', identityStatus: 'QUAL' };
        const claim = what === 'claim' ? { data: { patient: who, originApplication: 'DPI' } } : {};
        // What a person is asked about depends on what came first; that is said elsewhere.
        if ((await archive.takes({ ...said, ...type, ...claim, ...(what === 'claim' && { ins: undefined }) })).quarantine) return undefined;
      }
      archive.keep([]);
      return archive;
    };
    let count = 0;
    const opposed = async (archive: Archive): Promise<readonly string[]> => {
      const found: string[] = [];
      for (const who of [...['1', '2', '3', '4'].map((number) => ({ patient: number })), { ins: INS }, { ins: OTHER_INS }]) {
        const probe = { site: SOUTH, ...who, document: { id: oid((count += 1)) }, content: `${count}`, visibility: { sendToDmp: true } };
        const { event: made } = await archive.takes(probe);
        if ((made?.data as { consent?: object } | undefined)?.consent) found.push(Object.values(who)[0]!);
      }
      return found;
    };
    const orders = array(event, { minLength: 3, maxLength: 8 }).chain((all) =>
      tuple(constant(all), shuffledSubarray([...all.keys()], { minLength: all.length })),
    );
    let merged = 0;
    await assert(
      asyncProperty(orders, async ([all, shuffled]) => {
        const events: readonly Event[] = all.filter((one) => one.what !== 'merge' || ('absorbs' in one && one.absorbs > one.patient));
        const [one, other] = [await run(events), await run(shuffled.map((i) => all[i]!).filter((each) => events.includes(each)))];
        pre(one !== undefined && other !== undefined);
        expect(await opposed(other)).to.deep.equal(await opposed(one));
        const without = (await run(events.filter(({ what }) => what !== 'merge')))!;
        pre(without !== undefined);
        if (events.some(({ what }) => what === 'merge')) merged += 1;
        for (const absorbed of ['4', '3', '2']) one.undo(absorbed);
        expect(await opposed(one), 'undone').to.deep.equal(await opposed(without));
      }),
      { numRuns: 300, maxSkipsPerRun: 100 },
    );
    expect(merged, 'with merges').to.be.above(50);
  });
});
