/** What a hospital reads is French: every phrase that an error is given has its French, and the table has no other. */
import path from 'node:path';
import { expect } from 'chai';
import { PHRASES } from '../../core/contract/french-phrases.ts';
import { phrasesOf, type Phrase } from './phrases.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** Words of the data: ids of formats, transports and stores, states, fields of a result. */
const CODES: ReadonlySet<string> = new Set(
  'api cda destinations events false https json legacy mllp passerelle pdf postgres queued received sandbox sqlite terms true warnings'.split(' '),
);

/** Codes, names and numbers are the same in every language; a letter alone is an article only among other words. */
function hasWords(text: string): boolean {
  const words = text.replaceAll('{}', '0').split(/\s+/);
  return words.some(
    (word) => /^['"(]*[a-z]+[,;:.)'"]*$/.test(word) && !CODES.has(word.replaceAll(/\W/g, '')) && (words.length > 1 || word.length > 1),
  );
}

describe('the French of errors', () => {
  let phrases: readonly Phrase[] = [];
  before(function () {
    this.timeout(180_000);
    phrases = phrasesOf(root);
  });

  it('every phrase of the sources has its French (core/contract/french-phrases.ts)', () => {
    const missing = phrases.filter(({ text }) => hasWords(text) && !Object.hasOwn(PHRASES, text));
    expect([...new Set(missing.map(({ text, at }) => `${at} ${text}`))]).to.deep.equal([]);
  });

  it('the table holds nothing that no source says', () => {
    const said = new Set(phrases.map(({ text }) => text));
    expect(Object.keys(PHRASES).filter((phrase) => !said.has(phrase))).to.deep.equal([]);
  });
});
