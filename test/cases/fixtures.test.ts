import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
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
      const text = readdirSync(one.folder)
        .map((name) => readFileSync(path.join(one.folder, name), 'utf8'))
        .join('\n');
      // A production INS stands only where its refusal is the case; local authorities are invented ones.
      if (!text.includes('ERR_INS_ENVIRONMENT')) expect(text).to.not.match(/1\.2\.250\.1\.213\.1\.4\.[89]\b/);
      expect(text.match(/\b1\.2\.250\.1\.(?!999\.|213\.|71\.)[\d.]+/g)).to.equal(null);
    });
  }
});
