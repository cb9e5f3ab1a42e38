/** Opens a token as PROTOCOL section 2 says, with nothing but node:crypto: what the tokens of every client are held to. */
import { constants, createDecipheriv, createHmac, privateDecrypt, verify, type KeyObject } from 'node:crypto';
import { expect } from 'chai';

const bytes = (text: string): Buffer => Buffer.from(text, 'base64url');
const json = (text: string): Record<string, unknown> => JSON.parse(bytes(text).toString('utf8')) as Record<string, unknown>;

/** The context of a token; fails the test on the first thing that is not as the protocol says. */
export function opened(
  token: string,
  engine: KeyObject,
  engineKid: string,
  site: KeyObject,
  siteKid: string,
): { context: string; profile: 'default' | 'legacy' } {
  expect(token.length).to.be.below(16_385);
  expect(token).to.match(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){4}$/);
  const [header = '', wrapped = '', iv = '', content = '', tag = ''] = token.split('.');
  const profile = json(header)['alg'] === 'RSA-OAEP-256' ? 'default' : 'legacy';
  const names = profile === 'default' ? { alg: 'RSA-OAEP-256', enc: 'A256GCM' } : { alg: 'RSA-OAEP', enc: 'A256CBC-HS512' };
  expect(json(header)).to.deep.equal({ ...names, kid: engineKid, cty: 'JWT' });
  const oaepHash = profile === 'default' ? 'sha256' : 'sha1';
  const key = privateDecrypt({ key: engine, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, bytes(wrapped));
  const jws = (profile === 'default' ? gcm : cbc)(key, header, bytes(iv), bytes(content), bytes(tag));
  return { context: verified(jws, site, siteKid), profile };
}

export function verified(jws: string, site: KeyObject, siteKid: string): string {
  const [header = '', payload = '', signature = '', ...more] = jws.split('.');
  expect(more).to.deep.equal([]);
  expect(json(header)).to.deep.equal({ alg: 'RS256', kid: siteKid, typ: 'contexte-appel+jws' });
  expect(verify('sha256', Buffer.from(`${header}.${payload}`), site, bytes(signature)), 'signature').to.equal(true);
  return bytes(payload).toString('utf8');
}

function gcm(key: Buffer, header: string, iv: Buffer, content: Buffer, tag: Buffer): string {
  expect([key.length, iv.length, tag.length]).to.deep.equal([32, 12, 16]);
  const cipher = createDecipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(header)).setAuthTag(tag);
  return Buffer.concat([cipher.update(content), cipher.final()]).toString('latin1');
}

function cbc(key: Buffer, header: string, iv: Buffer, content: Buffer, tag: Buffer): string {
  expect([key.length, iv.length, tag.length]).to.deep.equal([64, 16, 32]);
  const bits = Buffer.alloc(8);
  bits.writeUInt32BE(header.length * 8, 4);
  const mac = createHmac('sha512', key.subarray(0, 32))
    .update(Buffer.concat([Buffer.from(header), iv, content, bits]))
    .digest();
  expect(tag.equals(mac.subarray(0, 32)), 'authentication tag').to.equal(true);
  const cipher = createDecipheriv('aes-256-cbc', key.subarray(32), iv);
  return Buffer.concat([cipher.update(content), cipher.final()]).toString('latin1');
}
