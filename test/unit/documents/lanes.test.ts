/** SAFETY B2 to B4: one document by several lanes of its site, side by side or one after the other. */
import { expect } from 'chai';
import type { DocumentData } from '../../../core/model/index.ts';
import { NORTH, oid, SOUTH, type Said } from './archive.ts';
import { BESIDE, corrected, K1, LANE, named, Story, withdrawn } from './story.ts';

const [NEWER, OTHER] = ['north-newer', 'north-other'].map((name) => ({ ...LANE, name })) as [typeof LANE, typeof LANE];
const OF_SOUTH = { ...LANE, site: SOUTH };
type Step = readonly [said: Said, how?: 'taken' | 'refused', lane?: typeof LANE];

async function told(story: Story, ...steps: readonly Step[]): Promise<readonly DocumentData[]> {
  const read: DocumentData[] = [];
  for (const step of steps) read.push((await story.says(...step)) as DocumentData);
  return read;
}

describe('a document by several lanes of its site', () => {
  it('B2: two contents of one number have two ids, by whichever lane each of them leaves', async () => {
    const story = new Story('n1');
    const [first, second, third] = await told(story, [K1('c1')], [corrected('c2'), 'taken', BESIDE], [corrected('c3')]);
    expect(new Set([first!.id, second!.id, third!.id]).size).to.equal(3);
    expect(third).to.include({ action: 'replace', replaces: first!.id });
    // One content has the same id by both.
    const both = new Story('n1');
    const [one, same] = await told(both, [K1('c1')], [K1('c1'), 'refused', BESIDE], [corrected('c2')]);
    expect(same).to.equal(undefined);
    const beside = new Story('n1');
    const [, by] = await told(beside, [K1('c1'), 'refused', BESIDE], [K1('c1')]);
    expect(by!.id).to.equal(one!.id);
  });

  it('B2: nor where more contents left by the other one than are kept', async () => {
    const story = new Story('n1');
    const contents = Array.from({ length: 10 }, (_, n) => corrected(`c${n + 2}`));
    const all = await told(story, ...[K1('c1'), ...contents, contents[1]!].map((said, n): Step => (n === 11 ? [said, 'taken', BESIDE] : [said])));
    expect(all.slice(0, -1).map((read) => read.id)).to.not.include(all.at(-1)!.id);
  });

  it('B3, B4: of a lane that was renamed, what left by its name of before is replaced and withdrawn', async () => {
    for (const form of ['n1', 'mdm', 'oru'] as const) {
      const story = new Story(form);
      const [first] = await told(story, [K1('c1')]);
      story.reaches(NEWER);
      const [second] = await told(story, [corrected('c2'), 'taken', NEWER]);
      expect(second, form).to.include(form === 'n1' ? { action: 'replace', replaces: first!.id } : { action: 'replace', sourceId: 'K1' });
      if (form === 'n1') expect(second!.id).to.not.equal(first!.id);
      story.reaches(OTHER);
      const [gone] = await told(story, [withdrawn(K1('c2')), 'taken', OTHER]);
      expect([gone!.action, gone!.id, gone!.sourceId], form).to.deep.equal(['delete', second!.id, second!.sourceId]);
    }
  });

  it('B3, B4: what left by a name of before and was replaced since is not deleted at its source by its receiver', async () => {
    const story = new Story('n1');
    const [first] = await told(story, [K1('c1', { custodian: { finess: NORTH } })]);
    story.reaches(NEWER);
    await told(story, [{ ...corrected('c2'), document: { ...corrected('c2').document, custodian: { finess: NORTH } } }, 'taken', NEWER]);
    const gone = withdrawn({ site: NORTH, document: { id: first!.id!, custodian: { finess: NORTH } } });
    expect(await story.says(gone, 'taken', NEWER)).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
  });

  it('B3: what was refused by its name of before is not there', async () => {
    const story = new Story('n1');
    const [first] = await told(story, [K1('c1')], [corrected('c2'), 'refused']);
    story.reaches(NEWER);
    const [third] = await told(story, [corrected('c3'), 'taken', NEWER]);
    expect(third).to.include({ action: 'replace', replaces: first!.id });
  });

  it('B3: a document of an id that is known there by its number is replaced by that', async () => {
    const story = new Story('mdm');
    await told(story, [K1('c1')], [named(1, 'c1')]);
    story.reaches(NEWER);
    const [second] = await told(story, [named(2, 'c2', 1), 'taken', NEWER]);
    expect([second!.action, second!.sourceId, second!.id]).to.deep.equal(['replace', 'K1', undefined]);
  });

  it('B3: a lane that takes no documents any more was the one of before; one of another site was not', async () => {
    const story = new Story('n1');
    const [first] = await told(story, [K1('c1')]);
    story.reaches({ ...LANE, sends: ['dcc.identity.*'] }, NEWER);
    const [second] = await told(story, [corrected('c2'), 'taken', NEWER]);
    expect(second!.replaces).to.equal(first!.id);
    const south = new Story('n1');
    const [other] = await told(south, [{ ...K1('c1'), to: [SOUTH] }, 'taken', OF_SOUTH]);
    south.reaches(NEWER);
    const [third] = await told(south, [corrected('c2'), 'taken', NEWER]);
    expect(third!.replaces).to.equal(undefined);
    expect(third!.id).to.not.equal(other!.id);
  });

  it('B3, B4: of a name that another site took, each has what left for it', async () => {
    const toSouth = (said: Said): Step => [{ ...said, to: [SOUTH] }, 'taken', OF_SOUTH];
    for (const isSouthFirst of [false, true]) {
      const story = new Story('n1');
      const [first] = await told(story, [K1('c1')]);
      story.reaches(NEWER, OF_SOUTH);
      const north: Step = [corrected('c2'), 'taken', NEWER];
      const both = await told(story, ...(isSouthFirst ? [toSouth(corrected('c2')), north] : [north, toSouth(corrected('c2'))]));
      const [ofNorth, ofSouth] = isSouthFirst ? both.toReversed() : both;
      expect([ofNorth!.replaces, ofSouth!.replaces], `${isSouthFirst}`).to.deep.equal([first!.id, undefined]);
      const [south, now] = await told(story, toSouth(corrected('c3')), [corrected('c4'), 'taken', NEWER]);
      expect([south!.replaces, now!.replaces]).to.deep.equal([ofSouth!.id, ofNorth!.id]);
      story.reaches(OTHER, OF_SOUTH);
      const [gone] = await told(story, [withdrawn(K1('c4')), 'taken', OTHER]);
      expect(gone!.id).to.equal(now!.id);
    }
    // A site that is in no settings any more has another FINESS now.
    const renumbered = new Story('n1');
    const [first] = await told(renumbered, [K1('c1')]);
    renumbered.reaches(OF_SOUTH);
    const [second] = await told(renumbered, toSouth(corrected('c2')));
    expect(second).to.include({ replaces: first!.id });
  });

  it('B3: a name that comes back knows what left by the one between', async () => {
    const story = new Story('n1');
    await told(story, [K1('c1')]);
    story.reaches(NEWER);
    const [second] = await told(story, [corrected('c2'), 'taken', NEWER]);
    story.reaches(LANE);
    const [third, fourth] = await told(story, [corrected('c3')], [corrected('c4')]);
    expect([third!.replaces, fourth!.replaces]).to.deep.equal([second!.id, third!.id]);
    story.reaches(NEWER);
    const [fifth] = await told(story, [corrected('c5'), 'taken', NEWER]);
    expect(fifth!.replaces).to.equal(fourth!.id);
  });

  it('B3: what a lane that was given up beside this one left is not taken for what this one left', async () => {
    const story = new Story('n1');
    const [first] = await told(story, [K1('c1')], [K1('c1', { status: 'corrected' }), 'refused'], [corrected('c2'), 'taken', BESIDE]);
    story.reaches(LANE);
    const [third] = await told(story, [corrected('c3')]);
    expect(third).to.include({ replaces: first!.id });
  });

  it('B3: two lanes that are gone and left two versions there: which of them it is now is not guessed', async () => {
    const story = new Story('n1');
    await told(story, [K1('c1')], [corrected('c2'), 'taken', BESIDE]);
    story.reaches(NEWER, OTHER);
    for (const lane of [NEWER, OTHER])
      expect(await story.says(corrected(`by ${lane.name}`), 'taken', lane)).to.equal('ERR_DOCUMENT_VERSION_CONFLICT');
    // Where both left the same, there is nothing to guess.
    const same = new Story('n1');
    const [first] = await told(same, [K1('c1'), 'refused', BESIDE], [K1('c1')], [corrected('c2'), 'refused', BESIDE]);
    same.reaches(NEWER, OTHER);
    const [third] = await told(same, [corrected('c3'), 'taken', NEWER]);
    expect(third).to.include({ replaces: first!.id });
  });

  it('B2: what never arrived by its name of before is no copy by the one of now', async () => {
    for (const form of ['n1', 'mdm', 'oru'] as const) {
      const story = new Story(form);
      await told(story, [K1('c1'), 'refused']);
      story.reaches(NEWER);
      const [again, copy] = await told(story, [K1('c1'), 'taken', NEWER], [K1('c1'), 'taken', NEWER]);
      expect([again?.sourceId, copy], form).to.deep.equal(['K1', undefined]);
    }
  });

  it('B4: a withdrawal that was refused by its name of before leaves shown what it was to withdraw, until the next one', async () => {
    for (const said of [named(1, 'c1'), K1('c1')]) {
      const story = new Story('mdm');
      await told(story, [said], [withdrawn(said), 'refused']);
      const shown = [await story.shown(2)];
      story.reaches(NEWER);
      shown.push(await story.shown(2));
      await told(story, [withdrawn(said), 'taken', NEWER]);
      shown.push(await story.shown(2));
      const id = said.document!.id ?? 'K1';
      expect(shown).to.deep.equal([[id], [id], []]);
    }
  });

  it('B3: what is refused by its new name leaves shown what left by the one before', async () => {
    const story = new Story('n1');
    await told(story, [named(1, 'c1')], [named(2, 'c2', 1)]);
    story.reaches(NEWER);
    await told(story, [named(3, 'c3', 2), 'refused', NEWER]);
    expect(await story.shown(3)).to.deep.equal([oid(2)]);
    const number = new Story('n1');
    await told(number, [K1('c1')]);
    number.reaches(NEWER);
    await told(number, [corrected('c2'), 'refused', NEWER]);
    expect(await number.shown(2)).to.deep.equal(['K1']);
  });

  it('B3: notes of before do not say whose lane it was: the only site it was sent to, or any', async () => {
    for (const sites of [1, 2]) {
      const story = new Story('n1');
      const [first] = await told(story, [K1('c1')]);
      const [place, value] = [...story.archive.notes].find(([key, each]) => key.startsWith('document ') && each.includes('"sentAs"'))!;
      const { sentAs, to, ...note } = JSON.parse(value) as { sentAs: Record<string, { site?: string }>; to: readonly string[] };
      const { site: _, ...old } = sentAs[LANE.name]!;
      const before = { ...note, to: sites === 1 ? to : [...to, '990001026'], sentAs: { [LANE.name]: old } };
      story.archive.keep([{ kind: 'document', key: place.slice('document '.length), value: JSON.stringify(before) }]);
      story.reaches(NEWER);
      const [second] = await told(story, [corrected('c2'), 'taken', NEWER]);
      expect(second, `${sites}`).to.include({ replaces: first!.id });
    }
  });
});
