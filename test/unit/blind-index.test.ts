import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { BlindIndex, deliveryId, messageId, parseId } from '../../core/journal/index.ts';

describe('the blind index (SAFETY D4)', () => {
  const key = Buffer.alloc(32, 7);
  const index = new BlindIndex(key);

  it('is HMAC-SHA-256, cut to 128 bits', () => {
    const expected = createHmac('sha256', key).update('document\0été').digest('hex').slice(0, 32);
    expect(index.term({ field: 'document', value: 'été' })).to.equal(expected);
  });

  it('gives a patient the same hash as lane key and as search term, and other fields other hashes', () => {
    const patient = index.patient({ domain: 'chx', value: '0001' });
    expect(index.term({ field: 'ipp', value: 'chx:0001' })).to.equal(patient);
    expect(index.term({ field: 'document', value: 'chx:0001' })).not.to.equal(patient);
    expect(new BlindIndex(Buffer.alloc(32, 8)).patient({ domain: 'chx', value: '0001' })).not.to.equal(patient);
  });
});

describe('public ids', () => {
  it('are read back, whatever their case, and only in their own journal', () => {
    expect(parseId('ktrm', messageId('ktrm', 12))).to.deep.equal({ message: 12 });
    expect(parseId('ktrm', deliveryId('ktrm', 7).toUpperCase())).to.deep.equal({ delivery: 7 });
    for (const id of ['12', 'abcd-12', 'ktrm-', 'ktrm-x7', '../ktrm-1']) expect(() => parseId('ktrm', id), id).to.throw('nothing has this name');
  });
});
