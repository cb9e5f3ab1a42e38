/** Every client of the kit, in its real runtime, against every vector; skipped where a runtime is missing, required with PASSERELLE_REQUIRE=clients. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { cpSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { readWireCall } from 'passerelle/model';
import { contentKey, decryptContent, JWS_TYPES, readJwe, readJws } from '../../core/call/jose.ts';
import { isSignedBy, unwrap, unwrapKeyOf, verifyKeyOf } from '../../core/call/rsa.ts';
import { thumbprint } from '../../plugins/app-contextual-call/clients/javascript/token.ts';
import { vectors } from '../../plugins/app-contextual-call/vectors/make.ts';
import { certificates, fakeEngine, type AnswerCase, type FakeEngine } from './fake-engine.ts';
import { drive, has, LANGUAGES, versionOf, type Start } from './languages.ts';
import { opened } from './reference.ts';

interface Vector {
  readonly name: string;
  readonly expected: string;
  readonly code: string;
  readonly reason: string;
  readonly settings: Record<string, unknown>;
}

const vectorFolder = path.resolve(import.meta.dirname, '../../../plugins/app-contextual-call/vectors');
const text = (name: string): string => readFileSync(path.join(vectorFolder, name), 'utf8');
const list = <T>(name: string): T[] => JSON.parse(text(name)) as T[];
const CALL = {
  login: 'c.test',
  authenticationMethod: 'os-account',
  authenticationTime: '2026-09-15T07:41:10Z',
  birthName: 'BRÉZOLLET',
  birthDate: '1958-03-14',
  sex: 'F',
  firstGivenName: 'MARIE-ANNE',
};
const isRequired = (process.env['PASSERELLE_REQUIRE'] ?? '').split(',').includes('clients');
const table: string[][] = [];

const HELD_BY_THE_SITE = ['DXCARE', 'SIGEMS'].map((namespace) => ({ namespace, type: 'PI', domain: namespace, use: 'IPP' as const }));

describe('vectors of the contextual call', () => {
  it('give contexts that the engine reads', () => {
    for (const { name, expected } of list<Vector>('context.json')) {
      const read = (): unknown => readWireCall(JSON.parse(expected), { environment: 'test', identityAuthorities: HELD_BY_THE_SITE });
      expect(read, name).not.to.throw();
    }
  });

  it('are what their cases say', () => {
    for (const [name, made] of Object.entries(vectors(text('site-test.pem')))) expect(JSON.parse(text(name)), name).to.deep.equal(JSON.parse(made));
  });
});

for (const language of LANGUAGES) {
  describe(`client: ${language.name}`, function () {
    this.timeout(240_000);
    const engineKey = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const siteKey = createPrivateKey(text('site-test.pem'));
    const sitePublic = createPublicKey(siteKey);
    const siteKid = thumbprint(sitePublic.export({ format: 'jwk' }));
    const jwk = engineKey.publicKey.export({ format: 'jwk' });
    const key: JsonWebKey = { ...jwk, use: 'enc', kid: thumbprint(jwk) };
    const profile = language.profiles[0]!;
    let folder = '';
    let start: Start;
    let engine: FakeEngine;
    let strangers: FakeEngine[] = [];
    let passed = 0;
    let files = 0;

    before(async function () {
      const missing = language.needs.filter((command) => !has(command));
      if (missing.length > 0) {
        if (isRequired) throw new Error(`${missing.join(', ')}: required here and not installed`);
        table.push([language.name, 'skipped', `missing: ${missing.join(', ')}`, '']);
        this.skip();
      }
      folder = mkdtempSync(path.join(tmpdir(), 'clients-'));
      const { authority, localhost, other, unknown } = certificates(folder);
      cpSync(path.join(vectorFolder, 'site-test.pem'), path.join(folder, 'site.pem'));
      chmodSync(path.join(folder, 'site.pem'), 0o600);
      engine = await fakeEngine(localhost, { keys: [{ kty: 'EC', use: 'enc' }, { ...key, use: 'sig' }, key] });
      strangers = [await fakeEngine(other, { keys: [key] }), await fakeEngine(unknown, { keys: [key] })];
      mkdirSync(path.join(folder, 'out'));
      start = language.prepare(path.join(folder, 'out'), authority);
    });

    after(() => {
      engine?.stop();
      for (const stranger of strangers) stranger.stop();
      if (folder) {
        table.push([language.name, versionOf(language), language.profiles.join(', '), `${passed} vectors`]);
        rmSync(folder, { recursive: true, force: true });
      }
    });

    const settings = (changed: object): string => {
      const file = path.join(folder, `settings-${++files}.json`);
      writeFileSync(
        file,
        JSON.stringify({
          url: 'https://dcc.invalid/appel-contextuel',
          finess: '990001018',
          environment: 'test',
          keyFile: 'site.pem',
          profile,
          ...changed,
        }),
      );
      return file;
    };
    const ask = (requests: readonly object[]): Promise<Record<string, string>[]> => drive(start, path.join(folder, 'home'), requests);

    it('context: the exact bytes, or the reason of the refusal', async () => {
      const all = [...list<Vector>('context.json'), ...list<Vector>('refused.json')];
      const answers = await ask(all.map((vector) => ({ op: 'context', ...vector, file: settings(vector.settings) })));
      for (const [at, { name, expected, code, reason }] of all.entries()) {
        const answer = answers[at]!;
        if (expected === undefined) {
          expect({ code: answer['code'], reason: answer['reason'] }, name).to.deep.equal({ code, reason });
          expect(answer['detail'], name).to.match(/^[A-ZÉL].{10,} : ./);
        } else expect(answer['value'], `${name}: ${JSON.stringify(answer)}`).to.equal(expected);
        passed++;
      }
    });

    it('JWS: the exact bytes; tokens of every profile it has open with the reference and with the engine', async () => {
      const all = list<{ name: string; context: string; jws: string }>('jws.json');
      const signed = await ask(all.map(({ context }) => ({ op: 'jws', file: settings({}), text: context })));
      expect(signed.map((answer) => answer['value'])).to.deep.equal(all.map(({ jws }) => jws));
      const requests = language.profiles.flatMap((each) =>
        all.map(({ jws, context }) => ({ op: 'token', file: settings({ profile: each }), text: jws, key, each, context })),
      );
      const tokens = await ask(requests);
      for (const [at, { each, context }] of requests.entries())
        expect(
          opened(tokens[at]!['value'] ?? JSON.stringify(tokens[at]), engineKey.privateKey, key['kid'] as string, sitePublic, siteKid),
        ).to.deep.equal({ context, profile: each });
      const engineOpens = await unwrapKeyOf(engineKey.privateKey);
      const siteVerifies = await verifyKeyOf(sitePublic.export({ format: 'jwk' }) as Parameters<typeof verifyKeyOf>[0]);
      for (const [at, { context }] of requests.entries()) {
        const jwe = readJwe(tokens[at]!['value']!);
        const jws = readJws(decryptContent(jwe, contentKey(await unwrap(jwe, engineOpens), jwe)), JWS_TYPES.context);
        expect([await isSignedBy(jws, siteVerifies), jws.payload.toString('latin1')]).to.deep.equal([true, Buffer.from(context).toString('latin1')]);
      }
      expect(new Set(tokens.map((answer) => answer['value'])).size, 'a token is never made twice').to.equal(tokens.length);
      passed += all.length + tokens.length;
    });

    it('refuses a profile it does not have, and a key that others may read', async () => {
      writeFileSync(path.join(folder, 'open.pem'), text('site-test.pem'), { mode: 0o644 });
      const lacking = (['default', 'legacy'] as const).filter((each) => !language.profiles.includes(each));
      const cases = [
        ...lacking.map((each) => [{ profile: each }, 'bad-settings'] as const),
        ...(language.ignoresModes ? [] : [[{ keyFile: 'open.pem' }, 'key-not-protected'] as const]),
      ];
      const answers = await ask(
        cases.map(([changed]) => ({ op: 'context', file: settings(changed), input: CALL, now: 1_789_459_200, jti: 'x'.repeat(32) })),
      );
      expect(answers.map((answer) => answer['reason'])).to.deep.equal(cases.map(([, reason]) => reason));
      for (const [at] of lacking.entries()) expect(answers[at]!['detail'], 'says which one it has').to.match(/profile .*\b(?:legacy|default)\)$/);
      passed += cases.length;
    });

    it('answers of the engine: one retry at most, nothing followed, nothing opened elsewhere', async () => {
      const all = list<AnswerCase>('answers.json');
      const requests = all.map(({ answers, timeoutSeconds = 10 }, at) => {
        engine.answer(`case-${at}`, answers);
        const url = `${engine.origin}/case-${at}/appel-contextuel`;
        return { op: 'open', file: settings({ url, timeoutSeconds, log: 'client.log' }), input: CALL };
      });
      const results = await ask(requests);
      const log = readFileSync(path.join(folder, 'client.log'), 'utf8');
      for (const [at, { name, answers, expected }] of all.entries()) {
        const result = results[at]!;
        if (expected.opened)
          expect(result, name).to.deep.equal({
            link: `${engine.origin}/appel-contextuel/ouvrir#AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE`,
            reference: expected.opened,
          });
        else {
          expect(result['code'], `${name}: ${JSON.stringify(result)}`).to.equal(expected.code);
          expect(result['detail'], name).to.match(/^.{10,500}$/);
          if (expected.reference) expect(result['reference'], name).to.equal(expected.reference);
          else expect(result['reference'], name).to.match(/^KIT-[0-9A-F]{8}$/);
        }
        expect(log, name).to.include(` ${result['reference']} ${[expected.code ?? '201', expected.reason].filter(Boolean).join(' ')}\n`);
        contexts(name, engine.posted.get(`case-${at}`) ?? [], answers.length, expected);
        passed++;
      }
      expect(engine.strays).to.deep.equal([]);
      expect(log, 'no health data in the log').not.to.match(/BR.{1,2}ZOLLET|MARIE|1958-|\/1958|c\.test/);
    });

    /** Every token opens; a second one is about the same call, or another when it was signed again. */
    const contexts = (name: string, tokens: readonly string[], count: number, { jti, ahead = 0 }: AnswerCase['expected']): void => {
      expect(tokens.length, `${name}: requests`).to.equal(count);
      expect(new Set(tokens).size, `${name}: a token is never sent twice`).to.equal(count);
      const sent = tokens.map(
        (token) =>
          JSON.parse(opened(token, engineKey.privateKey, key['kid'] as string, sitePublic, siteKid).context) as {
            jti: string;
            iat: number;
            exp: number;
          },
      );
      for (const one of sent) expect([one.exp - one.iat, /^[A-Za-z0-9_-]{22,64}$/.test(one.jti)], name).to.deep.equal([60, true]);
      if (jti) expect(sent[0]!.jti === sent[1]!.jti, `${name}: same jti`).to.equal(jti === 'same');
      expect(sent.at(-1)!.iat - ahead, name).to.be.closeTo(Date.now() / 1000, 300);
    };

    it('trusts no certificate of another name or of an unknown authority, keeps the engine keys, refuses keys that are none', async () => {
      const kept = { url: `${engine.origin}/kept/appel-contextuel`, keysCache: 'keys.json' };
      const created = list<AnswerCase>('answers.json')[0]!.answers[0]!;
      engine.answer('kept', [created, created]);
      const nobody = await fakeEngine(undefined, {});
      nobody.stop();
      const [misnamed, untrusted, plain, silent] = await ask([
        { op: 'open', file: settings({ url: `${strangers[0]!.origin}/any/appel-contextuel`, timeoutSeconds: 4 }), input: CALL },
        { op: 'open', file: settings({ url: `${strangers[1]!.origin}/any/appel-contextuel`, timeoutSeconds: 4 }), input: CALL },
        { op: 'open', file: settings(kept), input: CALL },
        { op: 'open', file: settings({ url: `https://localhost:${nobody.port}/any/appel-contextuel`, log: 'why.log' }), input: CALL },
      ]);
      const told = [misnamed, untrusted, silent].map((one) => `${one!['code']} ${one!['reason']}`);
      expect(told).to.deep.equal([...Array(2).fill('ERR_KIT_UNREACHABLE certificate'), 'ERR_KIT_UNREACHABLE refused']);
      expect(readFileSync(path.join(folder, 'why.log'), 'utf8')).to.match(/ KIT-[0-9A-F]{8} ERR_KIT_UNREACHABLE refused\n$/);
      expect(strangers.flatMap(({ asked }) => asked)).to.deep.equal([]);
      expect(plain!['reference']).to.equal('AC-TEST2345');
      const cache = JSON.parse(readFileSync(path.join(folder, 'keys.json'), 'utf8')) as { url: string; key: JsonWebKey };
      expect([cache.url, cache.key.n]).to.deep.equal([kept.url, key.n]);
      // A cache of another address, or a short key, is not used: the second run asks the engine again.
      writeFileSync(path.join(folder, 'keys.json'), JSON.stringify({ ...cache, key: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } }));
      const [again] = await ask([{ op: 'open', file: settings(kept), input: CALL }]);
      expect(again!['reference']).to.equal('AC-TEST2345');
      passed += 5;
    });

    it('C1: in http it calls this machine alone, in test alone; the link must be of the same origin', async () => {
      const clear = await fakeEngine(undefined, { keys: [key] });
      try {
        const url = `${clear.origin}/clear/appel-contextuel`;
        const created = list<AnswerCase>('answers.json')[0]!.answers[0]!;
        clear.answer('clear', [created, list<AnswerCase>('answers.json').find(({ name }) => name === '201 in http')!.answers[0]!]);
        const named = {
          op: 'context',
          file: settings({ url: url.replace('127.0.0.1', 'localhost') }),
          input: CALL,
          now: 1_789_459_200,
          jti: 'x'.repeat(32),
        };
        const [tried, elsewhere, real, local] = await ask([
          { op: 'open', file: settings({ url }), input: CALL },
          { op: 'open', file: settings({ url }), input: CALL },
          { op: 'open', file: settings({ url, environment: 'production' }), input: CALL },
          named,
        ]);
        expect(tried!['link'], JSON.stringify(tried)).to.match(new RegExp(`^${clear.origin}/appel-contextuel/ouvrir#`));
        expect(local!['value'], JSON.stringify(local)).to.include('urn:dcc:test');
        expect([elsewhere!['code'], real!['reason']]).to.deep.equal(['ERR_KIT_LINK', 'bad-url']);
        expect(clear.posted.get('clear')?.length, 'nothing of production in clear').to.equal(2);
        passed += 4;
      } finally {
        clear.stop();
      }
    });
  });
}

after(() => {
  if (table.length > 0)
    console.log(`\n${table.map((row) => `  ${row.map((cell, at) => cell.padEnd([12, 24, 24, 0][at]!)).join(' ')}`.trimEnd()).join('\n')}`);
});
