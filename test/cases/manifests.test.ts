/** A manifest names what its connector makes of messages and takes of events, no less (a site would route what it was never told of) and no more. */
import { readFileSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import { EVENT_DATA, isIdentityUpdate } from 'passerelle/model';
import { expectedFile, findCases, inputFile, readCase, type Case } from './case-file.ts';
import { run } from './fixtures.ts';
import { connectorIds, connectorOf } from './translating.ts';

/** Wrapped as an update wherever one is taken. */
const told = (type: string): string => (isIdentityUpdate(type) ? 'dcc.identity.updated' : type);
const typesIn = (text: string): readonly string[] => [...text.matchAll(/^ +"type": "(dcc\.[a-z.-]+)"/gm)].map(([, type = '']) => told(type));

/** What its own cases show, and what it makes of the small messages of the others in a format that it has, as if its counterparty had sent them. */
function made(id: string): ReadonlySet<string> {
  const formats = Object.values(connectorOf(id).manifest.formats);
  const isReadable = (one: Case): boolean => formats.includes(inputFile(one).endsWith('.hl7') ? 'hl7v2' : 'json');
  const isSmall = ({ folder }: Case): boolean => readdirSync(folder).length === 3;
  const found = findCases(connectorIds).flatMap((one) => {
    if (one.operation !== 'decode') return [];
    if (one.connector === id) return readFileSync(expectedFile(one)!, 'utf8');
    const { transport: _, ...file } = readCase(one);
    return isReadable(one) && isSmall(one) ? run({ ...one, connector: id }, file) : [];
  });
  return new Set(found.flatMap(typesIn));
}

describe('manifests', () => {
  for (const id of connectorIds) {
    const named = new Set(connectorOf(id).manifest.flows.flatMap(({ events }) => events));
    it(`${id} names events that there are, one by one`, () => expect(Object.keys(EVENT_DATA)).to.include.members([...named]));
    // Only the contextual call so far: messages are read by the national profile, and no flow of them is promised.
    if (!named.has('dcc.identity.updated')) continue;
    it(`${id} names every event that it makes of a message`, () => {
      const types = made(id);
      expect(types.size).to.be.above(0);
      expect([...types].filter((type) => !named.has(type))).to.deep.equal([]);
    });
  }
});
