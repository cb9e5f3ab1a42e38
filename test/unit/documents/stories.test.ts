/** SAFETY B2 to B4: stories of one document that its source gives several names, from its arrival to what its receiver shows. */
import { expect } from 'chai';
import type { DocumentData } from '../../../core/model/index.ts';
import { oid, type Said } from './archive.ts';
import { BESIDE, corrected, K1, named, Story, withdrawn } from './story.ts';

describe('one document that its source gives several names', () => {
  it('B2, B3: corrected by its number where it is known by its id, it replaces that under another one', async () => {
    for (const form of ['n1', 'mdm', 'oru'] as const) {
      const story = new Story(form);
      await story.says(named(1, 'c1'));
      expect(await story.says(K1('c1'))).to.equal(undefined);
      const second = (await story.says(corrected('c2'), 'refused')) as DocumentData;
      expect(second, form).to.include({ action: 'replace', replaces: oid(1) });
      expect(second.id).to.not.equal(oid(1));
      expect(await story.says(corrected('c3')), form).to.include({ action: 'replace', replaces: oid(1) });
    }
  });

  it('B4: withdrawn by its id where it is known by its number, it is withdrawn by what it left as', async () => {
    const story = new Story('n1');
    const first = (await story.says(K1('c1'))) as DocumentData;
    expect(await story.says(named(1, 'c1'))).to.equal(undefined);
    expect(await story.says(withdrawn(named(1, 'c1')))).to.include({ action: 'delete', id: first.id });
  });

  it('B3, B4: replaced and withdrawn by its id where a plain receiver knows it by its number, it is so by that number', async () => {
    for (const form of ['mdm', 'oru'] as const) {
      const story = new Story(form);
      for (const said of [K1('c1'), named(1, 'c1')]) await story.says(said);
      for (const next of [named(2, 'c2', 1), named(3, 'c3', 2)]) {
        const left = (await story.says(next)) as DocumentData;
        expect(left, form).to.include({ action: 'replace', sourceId: 'K1' });
        expect([left.id, left.replaces]).to.deep.equal([undefined, undefined]);
      }
      const gone = (await story.says(withdrawn(named(3, 'c3')))) as DocumentData;
      expect([gone.action, gone.sourceId, gone.id], form).to.deep.equal(['delete', 'K1', undefined]);
    }
  });

  it('B3, B4: corrected and withdrawn by another number than its receiver knows it by, it is so by that one', async () => {
    const other = (said: Said): Said => ({ ...said, document: { ...said.document, sourceId: 'K2' } });
    for (const form of ['mdm', 'oru'] as const) {
      const story = new Story(form);
      for (const said of [K1('c1'), named(1, 'c1'), named(2, 'c2', 1), other(K1('c2'))]) await story.says(said);
      for (const content of ['c3', 'c4']) expect(await story.says(other(corrected(content))), form).to.include({ action: 'replace', sourceId: 'K1' });
      expect(await story.says(withdrawn(other(K1('c4')))), form).to.include({ action: 'delete', sourceId: 'K1' });
    }
  });

  it('B3: given again after a withdrawal that was refused once, it replaces nothing: made anew after a crash, and where what came then was refused', async () => {
    for (const form of ['n1', 'mdm', 'oru'] as const) {
      const story = new Story(form);
      await story.says(K1('c1'));
      await story.says(withdrawn(K1('c1')), 'refused');
      await story.says(withdrawn(K1('c1')));
      for (const [content, how] of [
        ['c2', 'refused'],
        ['c3', 'taken'],
      ] as const) {
        const { replaces } = (await story.says(corrected(content), how)) as DocumentData;
        expect(replaces, `${form} ${content}`).to.equal(undefined);
      }
    }
  });

  it('B3: refused by its number and sent anew by an id, it takes the place of the version that is there', async () => {
    for (const replaces of [1, undefined])
      for (const [form, name] of [
        ['n1', 'replaces'],
        ['mdm', 'sourceId'],
        ['oru', 'sourceId'],
      ] as const) {
        const story = new Story(form);
        const first = (await story.says(K1('c1'))) as DocumentData;
        if (replaces !== undefined) await story.says(named(1, 'c1'));
        await story.says(corrected('c2'), 'refused');
        expect(await story.says(named(2, 'c2', replaces)), form).to.include({ action: 'replace', [name]: first.id ?? 'K1' });
      }
  });

  it('B3: refused by its id and sent anew by its number, it takes the place of what that id was to replace', async () => {
    for (const form of ['n1', 'mdm', 'oru'] as const) {
      const story = new Story(form);
      await story.says(named(1, 'c1'));
      for (const n of [2, 3]) await story.says(named(n, `c${n}`, n - 1), 'refused');
      expect(await story.says(corrected('c3')), form).to.include({ action: 'replace', replaces: oid(1) });
    }
  });

  it('B3: a CDA that replaces by an id what is known there by its number says which one is shown on', async () => {
    for (const form of ['n1', 'mdm', 'oru'] as const) {
      const story = new Story(form);
      for (const said of [K1('c1'), named(1, 'c1')]) await story.says(said);
      const { document, ...said } = named(2, 'cda', 1);
      await story.says({ ...said, document: { ...document, format: 'CDA-R2-N1', level: 'N1' } });
      expect([story.warned(3), story.shownOn(3)], form).to.deep.equal([['still-shown'], ['K1']]);
    }
  });

  it('B3: a number that is given again takes the place of what it stood for by its other name, where its withdrawal was refused', async () => {
    for (const form of ['n1', 'mdm', 'oru'] as const) {
      const story = new Story(form);
      for (const said of [named(1, 'c1'), K1('c1')]) await story.says(said);
      await story.says(withdrawn(K1('c1')), 'refused');
      await story.says(corrected('c2'), 'refused');
      expect(await story.shown(4), form).to.deep.equal(['K1']);
      expect(await story.says(corrected('c3')), form).to.include({ action: 'replace', replaces: oid(1) });
      for (const said of [withdrawn(K1('c3')), K1('c4')]) await story.says(said);
      expect(await story.shown(4), form).to.deep.equal([]);
    }
  });

  it('B3: what is replaced by a version that was refused is no successor of it, by whichever name that comes', async () => {
    for (const form of ['n1', 'mdm', 'oru'] as const) {
      const story = new Story(form);
      for (const said of [named(1, 'c1'), K1('c1'), named(2, 'c2', 1)]) await story.says(said);
      await story.says(named(3, 'c3', 2), 'refused');
      expect(await story.says(corrected('c3')), form).to.include({ action: 'replace', replaces: oid(2) });
    }
  });

  it('B3: what was sent once more and refused is there as it was sent first, unless another name took its place since', async () => {
    const hidden = (said: Said): Said => ({ ...said, visibility: { hiddenFromPatient: true } });
    for (const form of ['n1', 'mdm', 'oru'] as const) {
      const story = new Story(form);
      await story.says(named(1, 'c1'));
      await story.says(hidden(named(1, 'c1')), 'refused');
      expect(await story.says(named(2, 'c2', 1)), form).to.include({ replaces: oid(1) });
      const draft = new Story(form);
      const as = (said: Said, status: 'preliminary' | 'final'): Said => ({ ...said, document: { ...said.document, status } });
      for (const said of [named(1, 'c1'), K1('c1')]) await draft.says(as(said, 'preliminary'));
      const final = (await draft.says(as(K1('c1'), 'final'))) as DocumentData;
      await draft.says(hidden(as(named(1, 'c1'), 'final')), 'refused');
      const again = (await draft.says(as(K1('c1'), 'final'))) as DocumentData;
      expect([again.id, again.sourceId], form).to.deep.equal([final.id, 'K1']);
    }
  });

  it('B3: what left by a number before that was noted is replaced by it', async () => {
    const story = new Story('mdm');
    for (const said of [K1('c1'), named(1, 'c1')]) await story.says(said);
    const key = [...story.archive.notes].find(([, value]) => value.includes('"number":"K1"'))![0];
    const { sentAs, ...note } = JSON.parse(story.archive.notes.get(key)!) as { readonly sentAs: Readonly<Record<string, object>> };
    const before = structuredClone(sentAs) as Record<string, { number?: string }>;
    for (const sent of Object.values(before)) delete sent.number;
    for (const old of [undefined, before]) {
      story.archive.keep([{ kind: 'document', key: key.split(' ')[1]!, value: JSON.stringify({ ...note, sentAs: old }) }]);
      expect(await story.says(withdrawn(named(1, 'c1')), 'refused')).to.include({ action: 'delete', sourceId: 'K1' });
      story.archive.keep([{ kind: 'document', key: key.split(' ')[1]!, value: JSON.stringify(note) }]);
    }
  });

  it('B2: corrected by its number, the same bytes by a new id are a copy, whatever id the version before had', async () => {
    const story = new Story('n1');
    for (const said of [K1('c1'), named(1, 'c1')]) await story.says(said);
    const second = (await story.says(corrected('c2'))) as DocumentData;
    expect(await story.says(named(2, 'c2'))).to.equal(undefined);
    // Of one content with an id already, another id is another document.
    expect(await story.says(named(3, 'c2'))).to.include({ id: oid(3) });
    expect(await story.says(withdrawn(named(2, 'c2')))).to.include({ action: 'delete', id: second.id });
  });

  describe('of a name that was refused, what is there by another one', () => {
    const idOf = async (said: Promise<DocumentData | string | undefined>): Promise<string> => ((await said) as DocumentData).id!;

    it('B3: is replaced by what replaces that name', async () => {
      const story = new Story('n1');
      await story.says(named(1, 'c1'), 'refused');
      const first = await idOf(story.says(K1('c1')));
      expect(await story.says(named(2, 'c2', 1))).to.include({ action: 'replace', id: oid(2), replaces: first });
    });

    it('B3: is replaced by the next content that comes by a new one, tried again too', async () => {
      const story = new Story('n1');
      const first = await idOf(story.says(K1('c1')));
      await story.says(corrected('c2'), 'refused');
      for (const how of ['refused', 'taken'] as const)
        expect(await story.says(named(1, 'c2'), how), how).to.include({ action: 'replace', id: oid(1), replaces: first });
      expect(await story.says(corrected('c3'), 'refused')).to.include({ action: 'replace', replaces: oid(1) });
      expect(await story.says(withdrawn(K1('c3')))).to.include({ action: 'delete', id: oid(1) });
    });

    it('B3: is replaced by the content of its number when that is sent again', async () => {
      const story = new Story('n1');
      for (const said of [named(1, 'c1'), K1('c1')]) await story.says(said);
      for (const how of ['refused', 'taken'] as const)
        expect(await story.says(corrected('c2'), how), how).to.include({ action: 'replace', replaces: oid(1) });
    });

    it('B3: is warned of where that name alone says what it replaces', async () => {
      const story = new Story('n1');
      await story.says(named(1, 'c1'));
      await story.says(named(2, 'c2', 1), 'refused');
      await story.says(K1('c2'), 'refused');
      expect([story.warned(3), await story.shown(2), await story.shown(3)]).to.deep.equal([['sent-again', 'still-shown'], [oid(1)], [oid(1)]]);
    });

    it('B4: is withdrawn for its number too: what that is given to next replaces nothing, and leaves nothing shown on', async () => {
      const story = new Story('n1');
      for (const said of [K1('c1'), named(1, 'c1'), withdrawn(named(1, 'c1'))]) await story.says(said);
      const again = (await story.says(K1('c2'), 'refused')) as DocumentData;
      expect([again.action, again.replaces, await story.shown(4)]).to.deep.equal(['new', undefined, []]);
    });
  });

  describe('what its number stood for before is shown on where the next one was refused', () => {
    const after = async (...steps: readonly (readonly [Said, ('taken' | 'refused')?])[]): Promise<Story> => {
      const story = new Story('mdm');
      for (const [said, how] of steps) await story.says(said, how);
      return story;
    };

    it('B3: which of several contents it was, and by which name it came', async () => {
      const second = await after([K1('c1'), 'refused'], [corrected('c2')], [corrected('c3'), 'refused']);
      expect(await second.shown(3)).to.deep.equal(['K1']);
      const byId = await after([named(1, 'c1')], [K1('c1')], [corrected('c2'), 'refused']);
      expect(await byId.shown(3)).to.deep.equal(['K1']);
      const masked = { ...corrected('c2'), visibility: { hiddenFromPatient: true } };
      const told = await after([K1('c1'), 'refused'], [corrected('c2')], [masked, 'refused'], [corrected('c3'), 'refused']);
      expect(await told.shown(4)).to.deep.equal(['K1']);
      const none = await after([K1('c1'), 'refused'], [corrected('c2'), 'refused'], [corrected('c3'), 'refused']);
      expect(await none.shown(3)).to.deep.equal([]);
    });

    it('B3: nothing where the next content of its number arrived after all', async () => {
      const story = await after([named(1, 'c1'), 'refused'], [K1('c1'), 'refused'], [corrected('c2')]);
      expect([await story.shown(1), await story.shown(2)]).to.deep.equal([[], []]);
      const given = await after([named(1, 'c1'), 'refused'], [K1('c1'), 'refused'], [withdrawn(K1('c1')), 'refused'], [K1('c2')]);
      expect([await given.shown(1), await given.shown(2)]).to.deep.equal([[], []]);
    });

    it('B3: what the journal no longer knows may have arrived', async () => {
      const one = await after([K1('c1')], [corrected('c2'), 'refused']);
      one.purge(1);
      expect(await one.shown(2)).to.deep.equal(['K1']);
      const two = await after([named(1, 'c1')], [named(2, 'c2', 1)], [named(2, 'c2', 1)], [named(3, 'c3', 2), 'refused']);
      two.purge(2);
      expect(await two.shown(4)).to.deep.equal([oid(2)]);
    });

    it('B4: nothing once it was withdrawn there, whatever of its number is refused since; but it is where that withdrawal was refused', async () => {
      const again = K1('c9');
      for (const next of [again, corrected('c10'), withdrawn(again)]) {
        const story = await after([K1('c1')], [withdrawn(K1('c1'))], [again, 'refused'], [next, 'refused']);
        expect([await story.shown(3), await story.shown(4)]).to.deep.equal([[], []]);
        story.purge(1);
        story.purge(2);
        expect(await story.shown(4), 'both forgotten').to.deep.equal([]);
      }
      const kept = await after([K1('c1')], [withdrawn(K1('c1')), 'refused'], [again, 'refused']);
      expect(await kept.shown(3)).to.deep.equal(['K1']);
      const given = await after([K1('c1')], [withdrawn(K1('c1'))], [again], [corrected('c10'), 'refused']);
      expect(await given.shown(4)).to.deep.equal(['K1']);
    });

    it('B3: nothing where it was refused by another lane of its site; what arrived, or was forgotten, by that one is', async () => {
      for (const how of ['refused', 'taken'] as const) {
        const story = new Story('mdm');
        await story.says(named(1, 'c1'), how);
        await story.says(named(2, 'c2', 1), 'refused', BESIDE);
        expect(await story.shown(2), how).to.deep.equal(how === 'taken' ? [oid(1)] : []);
        story.purge(1);
        expect(await story.shown(2), 'forgotten').to.deep.equal([oid(1)]);
      }
    });

    it('B3, B4: so is the version before it of its set, which it does not name', async () => {
      const version = (n: number): Said => ({ content: `c${n}`, document: { ...named(n, '').document, setId: oid(90), version: n } });
      const two = await after([version(1)], [version(2), 'refused'], [withdrawn(version(2))]);
      expect(await two.shown(2)).to.deep.equal([oid(1)]);
      expect(two.warned(3)).to.deep.equal(['still-shown']);
      const three = await after([version(1)], [version(2), 'refused'], [version(3)]);
      expect(await three.shown(2)).to.deep.equal([]);
    });
  });
});
