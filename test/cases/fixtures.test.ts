import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Deviation } from 'passerelle/contract';
import { loadSiteSettings } from '../../core/settings/index.ts';
import { outcomeOf, variationsOf } from './call-case.ts';
import { expectedFile, findCases, readCase, realIdentities, settingsFile } from './case-file.ts';
import { isRefusal, run, update } from './fixtures.ts';
import { connectorIds, connectorOf } from './translating.ts';

const shorten = (name: string): string => name.replaceAll('-', ' ');

describe('connector fixtures', () => {
  for (const id of connectorIds) {
    it(`${id} has cases, of a site whose settings hold`, async () => {
      const cases = findCases([id]);
      const { flows, call } = connectorOf(id).manifest;
      const needed = [...flows.map(({ direction }) => (direction === 'to-dcc' ? 'decode' : 'encode')), ...(call ? ['call'] : [])];
      expect(cases.map(({ operation }) => operation)).to.include.members(needed);
      if (!existsSync(settingsFile(id))) return;
      expect((await loadSiteSettings(settingsFile(id), connectorOf(id).definition)).issues).to.deep.equal([]);
    });

    it(`${id} shows each known deviation of its product in a case`, async () => {
      const { deviations = [] } = (await import(connectorOf(id).module)) as { deviations?: readonly Deviation[] };
      const known = findCases([id]).map(({ operation, name }) => `${operation}/${name}`);
      for (const one of deviations) expect(known, one.id).to.include(one.case);
      expect(new Set(deviations.map((one) => one.id)).size).to.equal(deviations.length);
    });

    for (const one of findCases([id])) {
      it(`${id} ${one.operation}: ${shorten(one.name)}`, () => {
        const file = readCase(one);
        const found = run(one, file);
        if (process.env['UPDATE_FIXTURES']) update(one, found);
        const expected = expectedFile(one);
        if (!expected) throw new Error('no expected file: run with UPDATE_FIXTURES=1, and read what it writes');
        expect(found, file.title).to.equal(readFileSync(expected, 'utf8'));
        expect(expected.endsWith('-error.json'), 'a refusal stands in expected-error.json').to.equal(isRefusal(found));
      });

      for (const variation of one.operation === 'call' ? variationsOf(one) : [])
        it(`${id} call, ${shorten(one.name)}: ${variation.title}`, () => {
          const { gives, warnings, patient, user, matching, action } = variation;
          const expected = { gives, warnings, patient, user, matching, action };
          expect(outcomeOf(one, readCase(one), variation)).to.deep.equal(Object.fromEntries(Object.entries(expected).filter(([, value]) => value)));
        });

      it(`${id} ${one.operation}: ${shorten(one.name)} carries synthetic identities only`, () => {
        expect(realIdentities(one, readCase(one))).to.deep.equal([]);
      });
    }
  }
});
