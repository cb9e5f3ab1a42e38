/** Every clause of the safety rules A and B has a test, and that test is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { CLAUSES, rulesIn } from './clauses.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const sources = ['test', 'plugins', 'connectors'].flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => readFileSync(path.join(root, folder, file), 'utf8')),
);

describe('the clauses of the safety rules', () => {
  it('are of every rule from A1 to A8 and B1 to B10', () => {
    const rules = [...Array.from({ length: 8 }, (_, i) => `A${i + 1}`), ...Array.from({ length: 10 }, (_, i) => `B${i + 1}`)];
    expect(Object.keys(CLAUSES)).to.deep.equal(rules);
  });

  for (const [rule, clauses] of Object.entries(CLAUSES))
    for (const { says, tests } of clauses)
      it(`${rule}, ${says}: its tests are there`, () => {
        expect(tests.length).to.be.greaterThan(0);
        for (const one of tests) {
          const isThere = one.startsWith('connectors/') ? existsSync(path.join(root, one)) : sources.some((text) => text.includes(one));
          expect(isThere, one).to.equal(true);
        }
      });

  it('are not mistaken for sections of specs FACTS', () => {
    expect(rulesIn('FACTS A5, B7: the matrix')).to.deep.equal(['B7']);
    expect(rulesIn('A4, A8: one')).to.deep.equal(['A4', 'A8']);
    expect(rulesIn('reads an A4 page, B10 and B1')).to.deep.equal(['A4', 'B10', 'B1']);
    expect(rulesIn('A10, B11 and PA1')).to.deep.equal([]);
  });
});
