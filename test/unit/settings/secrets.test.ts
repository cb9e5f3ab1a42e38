import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { PasserelleError } from '../../../core/contract/index.ts';
import { checkDocuments, findMissingSecrets, maskSecrets, parseDocuments, planChange, resolveSecrets } from '../../../core/settings/index.ts';
import { SITE, catalogue } from './catalogue.ts';

const withKey = (apiKey: string): string => SITE.replace('commandLine: legacy', `apiKey: ${apiKey}`);
const check = (text: string) => checkDocuments(parseDocuments([{ file: 's.yaml', text }]), catalogue);

const caught = (run: () => unknown): PasserelleError => {
  try {
    run();
  } catch (error) {
    return error as PasserelleError;
  }
  return expect.fail('nothing was thrown');
};

describe('secrets in settings', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(tmpdir(), 'passerelle-secrets-'))));
  after(() => rm(folder, { recursive: true }));

  it('are references, never values; a literal is for tests only; no issue prints one', () => {
    for (const reference of ['{ env: DX_KEY }', '{ file: dx.key }', '{ test: word }'])
      expect(check(withKey(reference)).issues, reference).to.deep.equal([]);
    const clear = check(withKey('hunter-two'));
    expect(clear.issues.map(({ code, location }) => `${code} ${location?.path}`)).to.deep.equal([
      'ERR_CONFIG_SECRET_IN_CLEAR /connectors/0/settings/apiKey',
    ]);
    expect(JSON.stringify(clear)).not.to.contain('hunter-two');
    for (const mistaken of ['{ env: "hunter-two !" }', '{ pwd: hunter-two }', '[hunter-two]']) {
      const { issues } = check(withKey(mistaken));
      expect(issues, mistaken).to.have.length.greaterThan(0);
      expect(JSON.stringify(issues), mistaken).not.to.contain('hunter-two');
    }
    const production = check(withKey('{ test: hunter-two }').replace('environment: test', 'environment: production'));
    expect(production.issues.map(({ code }) => code)).to.deep.equal(['ERR_CONFIG_SECRET_IN_CLEAR']);
    expect(JSON.stringify(production)).not.to.contain('hunter-two');
  });

  it('are resolved late, anywhere in the settings, without their final line end', async () => {
    await writeFile(path.join(folder, 'dx.key'), 'from-file\n');
    const settings = { a: { file: 'dx.key' }, b: [{ env: 'K' }], c: { test: 't' }, host: 'h', port: 1 };
    const resolved: unknown = resolveSecrets<unknown>(settings, folder, { K: 'from-env' });
    expect(resolved).to.deep.equal({ a: 'from-file', b: ['from-env'], c: 't', host: 'h', port: 1 });
  });

  it('that are missing, empty or beyond their bound name the reference', async () => {
    await writeFile(path.join(folder, 'big'), 'x'.repeat(70_000));
    for (const reference of [{ env: 'NONE' }, { file: 'none' }, { file: 'big' }]) {
      const error = caught(() => resolveSecrets<unknown>({ k: reference }, folder, {}));
      expect(error.code).to.equal('ERR_SECRET_MISSING');
      expect(error.message).to.contain(Object.values(reference)[0]);
    }
    const documents = parseDocuments([{ file: 's.yaml', text: withKey('{ env: NONE }') }]);
    const [issue] = findMissingSecrets(documents, folder, {});
    expect(issue).to.deep.include({ code: 'ERR_SECRET_MISSING', location: { file: 's.yaml', line: 8, path: '/connectors/0/settings/apiKey' } });
  });

  it('print as a mask, in a plan as well', () => {
    expect(maskSecrets({ a: { test: 'hunter' }, b: { env: 'E' } })).to.deep.equal({ a: 'secret ****', b: 'secret (env E)' });
    const value = (text: string): unknown => parseDocuments([{ file: 's.yaml', text }])[0]!.value;
    const plan = planChange([{ value: value(withKey('{ test: hunter }')) }], [{ value: value(withKey('{ env: E }')) }]);
    expect(plan).to.deep.equal([
      { action: 'change', what: 'site 990001018 / dxcare : settings/apiKey secret **** → secret (env E)', path: '/settings/apiKey' },
    ]);
  });
});
