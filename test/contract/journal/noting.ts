/** Notes: what decisions leave behind for later ones. */
import { expect } from 'chai';
import type { NoteChange } from '../../../core/contract/index.ts';
import { type Fixture, refused, type StoreUnderTest } from './fixture.ts';
import { at, decided, hashed, incoming } from './samples.ts';

const about = (name: string): string => hashed(`patient ${name}`);

export function noting(journal: Fixture, under: StoreUnderTest): void {
  describe('notes', () => {
    const known = (kind: string, ...names: string[]): Promise<readonly (string | undefined)[]> => journal.store.notes(kind, names.map(about));

    it('are kept by the commit of a decision, one value for each kind and key', async () => {
      expect(await known('person', 'a')).to.deep.equal([undefined]);
      const message = await journal.receive();
      await journal.decide(message, {
        notes: [
          { kind: 'person', key: about('a'), value: '{"n":1}' },
          { kind: 'person', key: about('b'), value: '{"é":"œ"}' },
          { kind: 'document', key: about('a'), value: '"other kind"' },
          { kind: 'person', key: about('a'), value: '{"n":2}' },
        ],
      });
      expect(await known('person', 'b', 'nobody', 'a')).to.deep.equal(['{"é":"œ"}', undefined, '{"n":2}']);
      expect(await known('document', 'a', 'b')).to.deep.equal(['"other kind"', undefined]);
      await journal.reopen();
      expect(await known('person', 'a')).to.deep.equal(['{"n":2}']);
    });

    it('are kept by an admission, and not when its decision is left out or refused', async () => {
      const { store } = journal;
      const admit = async (value: string, over: Parameters<typeof incoming>[0] = {}): Promise<unknown> => {
        const [id] = await store.reserve(1);
        const notes = [{ kind: 'person', key: about('a'), value }];
        return store.admit([{ message: incoming(over), decision: decided(id!, { notes }) }]);
      };
      await admit('"first"', { controlId: 'SAME', fingerprint: hashed('one') });
      expect(await known('person', 'a')).to.deep.equal(['"first"']);
      await admit('"retransmitted"', { controlId: 'SAME', fingerprint: hashed('one') });
      await admit('"reused"', { controlId: 'SAME', fingerprint: hashed('two') });
      await refused(
        admit('"no hash"', { lane: 'other-in' }).then(() => store.keep([{ kind: 'person', key: 'xyz', value: '1' }], at(0))),
        'ERR_INVARIANT',
      );
      expect(await known('person', 'a')).to.deep.equal(['"no hash"']);
    });

    it('are undone with the batch that is refused', async () => {
      const [first, second] = [await journal.receive(), await journal.receive()];
      const notes = [{ kind: 'person', key: about('a'), value: '1' }];
      await refused(journal.store.decide([decided(first, { notes }), decided(second, { run: 7 })]), 'ERR_TRANSITION');
      expect(await known('person', 'a')).to.deep.equal([undefined]);
    });

    it('are changed by a person without a message, and forgotten when they are empty', async () => {
      const { store } = journal;
      await store.keep([{ kind: 'task', key: about('a'), value: '"open"' }], at(1));
      await store.keep([{ kind: 'task', key: about('a'), value: '' }], at(2));
      expect(await known('task', 'a')).to.deep.equal([undefined]);
      expect((await store.notesOf('task', { limit: 10 })).items).to.deep.equal([]);
      // Nothing of it stays to be purged.
      const dump = await store.snapshot();
      for await (const { table } of dump.batches) expect(table).not.to.equal('note');
      await dump.close();
    });

    it('are swapped together, only when each is what its writer knows', async () => {
      const { store } = journal;
      const note = (kind: string, name: string, value: string, before?: string): NoteChange => ({
        kind,
        key: about(name),
        value,
        ...(before !== undefined && { before }),
      });
      expect(await store.swap([note('nonce', 'a', '1'), note('link', 'a', '"open"')], at(1))).to.equal(true);
      expect(await store.swap([note('nonce', 'a', '2'), note('link', 'b', '"other"')], at(2))).to.equal(false);
      expect(await known('link', 'a', 'b')).to.deep.equal(['"open"', undefined]);
      expect(await store.swap([note('link', 'a', '"over"', '"open"'), note('link', 'b', '"x"', '"stale"')], at(3))).to.equal(false);
      expect(await store.swap([note('link', 'a', '"over"', '"open"'), note('seen', 'a', 'é')], at(4))).to.equal(true);
      expect(await store.swap([note('link', 'a', '"again"', '"open"')], at(5))).to.equal(false);
      await store.keep([{ kind: 'link', key: about('a'), value: '' }], at(6));
      expect(await store.swap([note('link', 'a', '"anew"')], at(7))).to.equal(true);
      await refused(store.swap([{ kind: 'link', key: 'xyz', value: '1' }], at(8)), 'ERR_INVARIANT');
      await journal.reopen();
      expect([await known('link', 'a'), await known('seen', 'a')]).to.deep.equal([['"anew"'], ['é']]);
    });

    it('are swapped by one of many that try at once, on this node and on another', async () => {
      const other = under.shared ? await under.plugin.open(journal.address) : journal.store;
      const tries = Array.from({ length: 40 }, (_, n) =>
        [journal.store, other][n % 2]!.swap([{ kind: 'nonce', key: about('same'), value: `${n}` }], at(n)),
      );
      expect((await Promise.all(tries)).filter(Boolean)).to.have.length(1);
      if (other !== journal.store) await other.close();
    });

    it('are forgotten when they have had their time, oldest first', async () => {
      const { store } = journal;
      for (const [n, name] of ['a', 'b', 'c'].entries()) await store.keep([{ kind: 'nonce', key: about(name), value: `${n}` }], at(n));
      await store.keep([{ kind: 'other', key: about('a'), value: '1' }], at(0));
      expect(await store.forget('nonce', at(2), 1)).to.equal(1);
      expect(await known('nonce', 'a', 'b', 'c')).to.deep.equal([undefined, '1', '2']);
      expect(await store.forget('nonce', at(2), 10)).to.equal(1);
      expect([await known('nonce', 'b', 'c'), await known('other', 'a')]).to.deep.equal([[undefined, '2'], ['1']]);
      expect(await store.forget('never-seen', at(9), 10)).to.equal(0);
    });

    it('are listed by kind, the last changed first, in pages', async () => {
      const { store } = journal;
      const names = ['a', 'b', 'c', 'd', 'e'];
      for (const [n, name] of names.entries()) await store.keep([{ kind: 'task', key: about(name), value: `"${name}"` }], at(n < 3 ? 0 : n));
      await store.keep([{ kind: 'other', key: about('z'), value: '1' }], at(9));
      const seen: string[] = [];
      for (let after: string | undefined; ;) {
        const page = await store.notesOf('task', { limit: 2, ...(after !== undefined && { after }) });
        seen.push(...page.items.map(({ value, changedAt }) => `${value} ${changedAt}`));
        if (page.next === undefined) break;
        after = page.next;
      }
      const tied = names.slice(0, 3).sort((a, b) => (about(a) < about(b) ? 1 : -1));
      expect(seen).to.deep.equal([`"e" ${at(4)}`, `"d" ${at(3)}`, ...tied.map((name) => `"${name}" ${at(0)}`)]);
      await refused(store.notesOf('task', { limit: 2, after: 'xxxx.n.1.00' }), 'ERR_REQUEST_INVALID');
      await refused(store.notesOf('task', { limit: 2, after: 'nonsense' }), 'ERR_REQUEST_INVALID');
    });
  });
}
