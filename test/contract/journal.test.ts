/** Every journal store against the one contract. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plugin as sqlite } from '../../plugins/store-journal-sqlite/index.ts';
import { journalSuite, type StoreUnderTest } from './journal-suite.ts';

const STORES: readonly StoreUnderTest[] = [
  {
    name: 'sqlite',
    plugin: sqlite,
    address: () => mkdtemp(join(tmpdir(), 'passerelle-journal-')),
    dispose: (folder) => rm(folder, { recursive: true }),
  },
];

for (const store of STORES) journalSuite(store);
