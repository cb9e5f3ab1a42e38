/** The contract of a journal store (core/contract/journal.ts), sentence by sentence: every store runs it. */
import { expect } from 'chai';
import { acting } from './journal/acting.ts';
import { admitting } from './journal/admitting.ts';
import { consulting } from './journal/consulting.ts';
import { deciding } from './journal/deciding.ts';
import { Fixture, refused, type StoreUnderTest } from './journal/fixture.ts';
import { noting } from './journal/noting.ts';
import { obeying } from './journal/obeying.ts';
import { owning } from './journal/owning.ts';
import { receiving } from './journal/receiving.ts';
import { keepingCopies } from './journal/keeping-copies.ts';
import { incoming } from './journal/samples.ts';
import { sending } from './journal/sending.ts';

export type { StoreUnderTest } from './journal/fixture.ts';

export function journalSuite(under: StoreUnderTest): void {
  describe(`journal store contract: ${under.name}`, () => {
    const journal = new Fixture(under);
    beforeEach(() => journal.open());
    afterEach(() => journal.close());

    keeping(journal, under);
    receiving(journal);
    admitting(journal);
    deciding(journal);
    noting(journal, under);
    sending(journal);
    acting(journal);
    consulting(journal);
    owning(journal, under);
    obeying(journal);
    keepingCopies(journal, under);
  });
}

function keeping(journal: Fixture, under: StoreUnderTest): void {
  describe('a journal', () => {
    it('keeps its tag of four letters, and all it has, from one opening to the next', async () => {
      const { tag, description } = journal.store;
      expect(tag).to.match(/^[a-z]{4}$/);
      expect(description).to.include(under.shared ? new URL(journal.address).searchParams.get('schema') : journal.address);
      const { message, delivery } = await journal.queued();
      await journal.begin(delivery);
      const before = await journal.store.message(message);
      await journal.reopen();
      expect(journal.store.tag).to.equal(tag);
      expect(await journal.store.message(message)).to.deep.equal(before);
      expect((await journal.store.backlog('dcc-out', 0, 10)).map((d) => d.state)).to.deep.equal(['sending']);
      expect(await journal.receive()).to.be.above(message);
    });

    it('belongs to one engine at a time, or to several that say who owns which lane', async () => {
      if (under.shared) {
        const other = await under.plugin.open(journal.address);
        const message = await journal.receive();
        expect(await journal.receive()).to.be.above(message);
        expect((await other.receive([incoming()]))[0]!.message).to.be.above(message);
        return other.close();
      }
      await refused(under.plugin.open(journal.address), 'ERR_JOURNAL_LOCKED');
      await journal.receive();
      await journal.reopen();
    });

    it('finishes what was asked before it closes, and refuses what is asked after', async () => {
      const asked = journal.store.receive([incoming()]);
      const closed = journal.store.close();
      await refused(journal.store.receive([incoming()]), 'ERR_JOURNAL_UNAVAILABLE');
      await refused(journal.store.lanes(), 'ERR_JOURNAL_UNAVAILABLE');
      expect(await asked).to.have.length(1);
      await closed;
      await journal.store.close();
    });

    it('answers many callers at once, each with its own', async () => {
      const sent = Array.from({ length: 200 }, () => incoming());
      const results = await Promise.all(sent.map((message) => journal.store.receive([message])));
      const found = await Promise.all(results.map(([result]) => journal.store.message(result!.message)));
      expect(found.map((history) => history?.message.controlId)).to.deep.equal(sent.map(({ controlId }) => controlId));
    });

    it('takes an empty batch', async () => {
      expect(await journal.store.receive([])).to.deep.equal([]);
      expect(await journal.store.decide([])).to.deep.equal([]);
    });
  });
}
