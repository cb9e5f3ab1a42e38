/** Where the journal is: which store an address means, and that no password of it stands in settings or is shown. */
import { expect } from 'chai';
import { journalAddress } from '../../core/journal/index.ts';
import { checkDocuments, storedDocuments } from '../../core/settings/index.ts';
import { parseAddress } from '../../plugins/store-journal-postgres/address.ts';

const issuesOf = (journal: string) => checkDocuments(storedDocuments([{ kind: 'engine', journal }]), { connectors: [], transports: [] }).issues;

describe('the address of a journal', () => {
  it('is a database, a folder, or the data directory', () => {
    expect(journalAddress('postgres://db/passerelle', '/data')).to.deep.equal({ store: 'postgres', address: 'postgres://db/passerelle' });
    expect(journalAddress('postgresql://db/passerelle', '/data').store).to.equal('postgres');
    expect(journalAddress('/var/lib/passerelle', '/data')).to.deep.equal({ store: 'sqlite', address: '/var/lib/passerelle' });
    expect(journalAddress('journal', '/data').address).to.equal('/data/journal');
    expect(journalAddress(undefined, '/data')).to.deep.equal({ store: 'sqlite', address: '/data' });
  });

  it('holds no password in settings, and an issue does not repeat it', () => {
    for (const good of ['postgres://passerelle@db:5432/passerelle', 'postgres://db:5432/p?schema=essai', '/var/lib/passerelle'])
      expect(issuesOf(good), good).to.deep.equal([]);
    for (const bad of ['postgres://u:hunter2@db/p', 'postgresql://:hunter2@db/p', 'postgres://db/p?password=hunter2']) {
      const issues = issuesOf(bad);
      expect(issues, bad).to.have.length(1);
      expect(JSON.stringify(issues)).to.not.include('hunter2');
    }
  });

  it('is said to people without user and password, with the schema', () => {
    const { description, schema } = parseAddress('postgres://u:hunter2@db:5433/region?schema=essai');
    expect([description, schema]).to.deep.equal(['PostgreSQL db:5433/region essai', 'essai']);
    expect(parseAddress('postgres://db/region').schema).to.equal('passerelle');
    for (const bad of ['postgres://db/p?schema=a;drop', 'postgres://db/p?schema=A', 'not an address'])
      expect(() => parseAddress(bad), bad)
        .to.throw()
        .with.property('code', 'ERR_CONFIG_INVALID');
  });
});
