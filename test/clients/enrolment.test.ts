/** The enrolment program of the kit, as it ships: C8, the key never leaves, the code is not on the command line, the engine must have received our key. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey, verify, type JsonWebKey } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { thumbprint } from '../../plugins/app-contextual-call/clients/javascript/token.ts';
import { certificates } from './fake-engine.ts';

const program = path.resolve(import.meta.dirname, '../../../dist/plugins/app-contextual-call/kit/enrolment/enrolement.mjs');
const CODE = 'ABCDE-FGHJK-MNPQR';

interface Jws {
  readonly header: Record<string, unknown>;
  readonly said: Record<string, unknown>;
}

/** Reads a JWS that the given key, or the one inside, must have signed. */
function jws(text: string, key?: JsonWebKey): Jws {
  const [header = '', payload = '', signature = ''] = text.split('.');
  const json = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  const by = key ?? (json(payload)['jwk'] as JsonWebKey);
  const isGood = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    createPublicKey({ key: by, format: 'jwk' }),
    Buffer.from(signature, 'base64url'),
  );
  expect(isGood, 'signature').to.equal(true);
  expect(json(header)['kid']).to.equal(thumbprint(by));
  return { header: json(header), said: json(payload) };
}

describe('enrolment', function () {
  this.timeout(60_000);
  let folder: string;
  let server: Server;
  let posted: { address: string; body: string }[] = [];
  let answer: (jwk: JsonWebKey) => { status: number; json: object };
  const fingerprint = (jwk: JsonWebKey): string =>
    createHash('sha256')
      .update(createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' }))
      .digest('hex')
      .slice(0, 32)
      .toUpperCase()
      .replaceAll(/(.{4})(?=.)/g, '$1 ');

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'enrolment-'));
    const { localhost } = certificates(folder);
    server = createServer({ key: readFileSync(`${localhost}.key`), cert: readFileSync(`${localhost}.pem`) }, (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        posted.push({ address: request.url ?? '', body });
        const wish = request.url?.endsWith('enrolments')
          ? (JSON.parse(body) as { request: string }).request
          : String(JSON.parse(Buffer.from(body.split('.')[1]!, 'base64url').toString())['request']);
        const { status, json } = answer(JSON.parse(Buffer.from(wish.split('.')[1]!, 'base64url').toString())['jwk'] as JsonWebKey);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    const url = `https://localhost:${(server.address() as AddressInfo).port}/appel-contextuel`;
    writeFileSync(path.join(folder, 'passerelle.json'), JSON.stringify({ url, finess: '990001018', environment: 'test', keyFile: 'site.pem' }));
  });
  beforeEach(() => {
    posted = [];
    answer = (jwk) => ({ status: 202, json: { fingerprint: fingerprint(jwk) } });
  });
  after(() => {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  });

  async function run(command: string, input = ''): Promise<{ code: number | null; said: string }> {
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: path.join(folder, 'authority.pem') };
    const child = spawn(process.execPath, [program, command, path.join(folder, 'passerelle.json')], { env });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
    child.stdin.end(input);
    return { code: await new Promise((resolve) => child.on('close', resolve)), said };
  }
  const publicKey = (): JsonWebKey => createPublicKey(createPrivateKey(readFileSync(path.join(folder, 'site.pem')))).export({ format: 'jwk' });

  it('C8: makes a key that its owner alone reads, proves that it holds it, and says the fingerprint', async () => {
    const { code, said } = await run('enroler', `${CODE.toLowerCase()}\n`);
    expect(code, said).to.equal(0);
    expect(statSync(path.join(folder, 'site.pem')).mode & 0o777).to.equal(0o600);
    expect(said).to.include(fingerprint(publicKey()));
    const [{ address, body }] = posted as [{ address: string; body: string }];
    expect(address).to.equal('/appel-contextuel/v1/enrolments');
    const { request, ...more } = JSON.parse(body) as { request: string };
    expect(more).to.deep.equal({ code: CODE, finess: '990001018', environment: 'test' });
    const { header, said: proof } = jws(request);
    expect(header['typ']).to.equal('enrolement+jws');
    expect(proof['codeHash']).to.equal(createHash('sha256').update(CODE).digest('hex'));
    expect(proof['iat']).to.be.closeTo(Date.now() / 1000, 60);
    expect(body).not.to.include('PRIVATE');
  });

  it('C8: stops when the engine received another key, and never overwrites the one there is', async () => {
    const before = publicKey();
    answer = () => ({ status: 202, json: { fingerprint: '0000 0000 0000 0000 0000 0000 0000 0000' } });
    const { code, said } = await run('enroler', `${CODE}\n`);
    expect([code, said]).to.satisfy(([exit, text]: [number, string]) => exit === 1 && text.includes('une autre clé'));
    answer = () => ({ status: 401, json: { detail: 'Code inconnu ou déjà employé.' } });
    expect((await run('enroler', `${CODE}\n`)).said).to.include('Code inconnu ou déjà employé.');
    expect(publicKey()).to.deep.equal(before);
  });

  it('C8: a rotation is signed by the old key; the new one takes its place only once it is taken', async () => {
    const old = publicKey();
    answer = () => ({ status: 401, json: {} });
    expect((await run('renouveler')).code).to.equal(1);
    expect(publicKey()).to.deep.equal(old);
    answer = (jwk) => ({ status: 202, json: { fingerprint: fingerprint(jwk) } });
    const { code, said } = await run('renouveler');
    expect(code, said).to.equal(0);
    const { header, said: order } = jws(posted.at(-1)!.body, old);
    expect(header['typ']).to.equal('rotation+jws');
    const wish = jws(order['request'] as string);
    expect(wish.said['follows']).to.equal(thumbprint(old));
    expect(wish.said['jwk']).to.include({ n: publicKey().n });
    expect(publicKey().n).not.to.equal(old.n);
  });

  it('C8: after a revocation it says what to do with the keys that are here, and leaves none behind', async () => {
    const site = path.join(folder, 'site.pem');
    const revoked = publicKey();
    const refused = { status: 401, json: { code: 'ERR_CALL_ENROLMENT', detail: 'Refusé : code inconnu, ou clé révoquée.' } };
    answer = () => refused;
    const rotation = await run('renouveler');
    expect(rotation.code).to.equal(1);
    expect(rotation.said).to.include("Aucun code n'est en cause").and.to.include('mv site.pem site.pem.revoquee').and.to.include('nouveau code');
    expect(rotation.said, 'nothing is left to move').not.to.include('.suivante.revoquee');
    expect(existsSync(`${site}.suivante`), 'what the engine refused is not kept').to.equal(false);
    // One that was there may be in service: its answer was lost.
    answer = () => ({ status: 500, json: {} });
    await run('renouveler');
    expect(existsSync(`${site}.suivante`)).to.equal(true);
    answer = () => refused;
    const again = await run('renouveler');
    expect(existsSync(`${site}.suivante`)).to.equal(true);
    expect(again.said).to.include("vient d'un essai précédent").and.to.include('mv site.pem.suivante site.pem.suivante.revoquee');
    const enrolled = await run('enroler', `${CODE}\n`);
    expect(enrolled.code).to.equal(1);
    expect(enrolled.said).to.include('était déjà là').and.to.include(fingerprint(revoked)).and.to.include('mv site.pem site.pem.revoquee');
    expect(publicKey()).to.deep.equal(revoked);
    for (const name of [site, `${site}.suivante`]) renameSync(name, `${name}.revoquee`);
    expect((await run('enroler', `${CODE}\n`)).said, 'a key of now is no revoked one').to.not.include('.revoquee');
    answer = (jwk) => ({ status: 202, json: { fingerprint: fingerprint(jwk) } });
    expect((await run('enroler', `${CODE}\n`)).code).to.equal(0);
    expect(publicKey().n).not.to.equal(revoked.n);
  });

  it('C8: after a rotation nothing is to be confirmed, and the old key is named', async () => {
    const { said } = await run('renouveler');
    expect(said)
      .to.include(`détruisez l'ancienne : ${path.join(folder, 'site.pem')}.20`)
      .and.not.to.include('téléphone');
    expect((await run('empreinte')).said).to.include('après `renouveler`, elle est déjà en service');
  });

  it('says why the engine does not answer', async () => {
    const child = spawn(process.execPath, [program, 'renouveler', path.join(folder, 'passerelle.json')]);
    let said = '';
    child.stderr.on('data', (text: Buffer) => (said += text.toString()));
    await new Promise((resolve) => child.on('close', resolve));
    expect(said).to.include('(certificate)');
    rmSync(path.join(folder, 'site.pem.suivante'));
  });

  it('gives the fingerprint that openssl gives', async () => {
    const der = execFileSync('openssl', ['pkey', '-in', path.join(folder, 'site.pem'), '-pubout', '-outform', 'DER']);
    const { said } = await run('empreinte');
    expect(said.replaceAll(' ', '')).to.include(createHash('sha256').update(der).digest('hex').slice(0, 32).toUpperCase());
  });
});
