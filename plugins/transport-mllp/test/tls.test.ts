import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { PasserelleError, type Received, type Sink, type Source } from '../../../core/contract/index.ts';
import { plugin } from '../index.ts';

/** An authority with a server and a client certificate, and a client of another authority; false when this machine has no openssl. */
function makeCertificates(folder: string): boolean {
  const openssl = (...args: string[]): unknown => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  try {
    for (const ca of ['ca', 'other-ca'])
      openssl('req', '-x509', ...ec, '-keyout', `${ca}.key`, '-out', `${ca}.pem`, '-days', '2', '-subj', `/CN=Test ${ca}`);
    for (const [name, ca] of [
      ['server', 'ca'],
      ['client', 'ca'],
      ['stranger', 'other-ca'],
    ] as const) {
      openssl('req', ...ec, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1');
      const signing = ['-CA', `${ca}.pem`, '-CAkey', `${ca}.key`, '-CAcreateserial', '-days', '2', '-copy_extensions', 'copy'];
      openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...signing);
    }
    return true;
  } catch {
    return false;
  }
}

describe('the mllp transport under TLS (needs the openssl command)', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'passerelle-mllp-tls-'));
  const file = (name: string): string => path.join(folder, name);
  const text = (name: string): string => readFileSync(file(name), 'utf8');
  const received: Received[] = [];
  const faults: string[] = [];
  const sinks: Sink[] = [];
  let source: Source | undefined;
  let port = 0;

  const sink = (tls: Record<string, string>): Sink => {
    const made = plugin.sink({ host: '127.0.0.1', port, tls });
    sinks.push(made);
    return made;
  };
  const codeOf = async (run: Promise<unknown>): Promise<string> => {
    const error: unknown = await run.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return error instanceof PasserelleError ? error.code : String(error);
  };

  before(async function () {
    if (!makeCertificates(folder)) return this.skip();
    source = plugin.source(
      { port: 0, tls: { cert: text('server.pem'), key: text('server.key'), clientCa: file('ca.pem') } },
      {
        receive: async (message) => {
          received.push(message);
          return { bytes: message.bytes };
        },
        fault: async ({ code }) => {
          faults.push(code);
          return { bytes: null };
        },
      },
    );
    const address = await source.start();
    expect(address).to.match(/^mllps:\/\/127\.0\.0\.1:\d+$/);
    port = Number(new URL(address).port);
  });

  beforeEach(() => (received.length = faults.length = 0));
  afterEach(() => Promise.all(sinks.splice(0).map((one) => one.stop())));
  after(async () => {
    await source?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('carries messages both ways, from PEM text or files, and says whose certificate it was', async () => {
    const out = sink({ ca: file('ca.pem'), cert: file('client.pem'), key: text('client.key') });
    for (const body of ['a', 'b'.repeat(100_000)])
      expect(Buffer.from((await out.send(Buffer.from(body), { deadlineMs: 5000 })).bytes).toString()).to.equal(body);
    expect(received[0]?.peer).to.match(/^127\.0\.0\.1:\d+ CN=client$/);
    await out.probe();
  });

  it('refuses a counterparty whose authority is not the configured one', async () => {
    const out = sink({ ca: file('other-ca.pem'), cert: file('client.pem'), key: file('client.key') });
    expect(await codeOf(out.send(Buffer.from('a'), { deadlineMs: 5000 }))).to.equal('ERR_CERT_UNTRUSTED');
    expect(await codeOf(out.probe())).to.equal('ERR_CERT_UNTRUSTED');
    expect(received).to.deep.equal([]);
  });

  it('takes nothing from a sender without certificate, or with one of another authority, and counts it', async () => {
    const strangers = [sink({ ca: file('ca.pem') }), sink({ ca: file('ca.pem'), cert: file('stranger.pem'), key: file('stranger.key') })];
    for (const out of strangers) {
      // By an alert, or by closing without one: never as if the message had left.
      expect(await codeOf(out.send(Buffer.from('a'), { deadlineMs: 5000 }))).to.match(/^ERR_(CERT_UNTRUSTED|CONNECTION_REFUSED)$/);
      expect(await codeOf(out.probe())).to.match(/^ERR_(CERT_UNTRUSTED|CONNECTION_REFUSED)$/);
    }
    expect(received).to.deep.equal([]);
    expect(new Set(faults)).to.deep.equal(new Set(['ERR_CERT_UNTRUSTED']));
  });

  it('takes nothing from a sender in clear', async () => {
    const clear = plugin.sink({ host: '127.0.0.1', port });
    sinks.push(clear);
    expect(await codeOf(clear.send(Buffer.from('MSH in clear'), { deadlineMs: 5000 }))).to.match(/^ERR_(CONNECTION_LOST_AFTER_SEND|ACK_UNREADABLE)$/);
    expect(received).to.deep.equal([]);
  });
});
