/** What a clock may be wrong by (SAFETY C4): never for as long as a nonce is remembered. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { checkTime, skewOf } from '../../core/dialect/index.ts';

const schema = path.resolve(import.meta.dirname, '../../../connectors/klinck/config.schema.json');

describe('contextual call: clocks', () => {
  it('C4: a call of Klinck cannot be sent again once its nonce is forgotten, whatever the site says of its clocks', () => {
    const { pattern } = (JSON.parse(readFileSync(schema, 'utf8')) as { properties: { clockSkew: { pattern: string } } }).properties.clockSkew;
    for (const taken of ['PT5M', 'PT1M', 'PT2M30S', 'PT0S', 'PT60S', 'PT300S']) expect(taken).to.match(new RegExp(pattern));
    for (const long of ['PT99H', 'PT1H', 'PT6M', 'PT5M1S', 'PT301S', 'PT9999S', 'PT999M', 'PT', 'P1D'])
      expect(long).not.to.match(new RegExp(pattern));
    expect(['PT99H', 'PT9999S', 'PT5M', 'PT2M'].map((clockSkew) => skewOf({ clockSkew }))).to.deep.equal([300, 300, 300, 120]);
    const call = { issuedAt: '2026-09-15T08:00:00Z' } as Parameters<typeof checkTime>[0];
    expect(() => checkTime(call, '2026-09-15T10:05:00Z', skewOf({ clockSkew: 'PT99H' }))).to.throw();
  });
});
