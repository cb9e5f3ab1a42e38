import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { expectedFile, findCases, readCase, run, update } from './fixtures.ts';
import { connectorIds, connectorOf } from './translating.ts';

const hl7Connectors = connectorIds.filter((id) => Object.values(connectorOf(id).manifest.formats).every((format) => format === 'hl7v2'));

describe('connector fixtures', () => {
  for (const one of findCases(hl7Connectors)) {
    const file = readCase(one);
    it(`${one.connector} ${one.operation}: ${file.title} (${one.name})`, () => {
      const found = run(one);
      if (process.env['UPDATE_FIXTURES'] && !existsSync(expectedFile(one))) update(one, found);
      expect(found).to.equal(readFileSync(expectedFile(one), 'utf8'));
    });

    it(`${one.connector} ${one.operation}: ${one.name} carries synthetic identities only`, () => {
      expect(file.synthetic).to.equal(true);
      expect(file.reference).to.be.a('string').and.not.equal('');
    });
  }
});
