import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PasserelleError, type Received, type Sink, type Source } from '../../../core/contract/index.ts';
import { plugin } from '../index.ts';

/** One authority, a server and a client certificate, made for this run; false when this machine has no openssl. */
function makeCertificates(folder: string): boolean {
  const openssl = (...args: string[]): unknown => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  try {
    openssl('req', '-x509', ...ec, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test authority');
    for (const name of ['server', 'client']) {
      const extension = ['-addext', 'subjectAltName=IP:127.0.0.1'];
      openssl('req', ...ec, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`, ...extension);
      openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-out',
        `${name}.pem`,
        '-days',
        '2',
        '-copy_extensions',
        'copy',
      );
    }
    return true;
  } catch {
    return false;
  }
}

describe('the https transport under TLS (needs the openssl command)', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'passerelle-tls-'));
  const file = (name: string): string => path.join(folder, name);
  const received: Received[] = [];
  const sinks: Sink[] = [];
  let source: Source | undefined;
  let baseUrl = '';

  before(async function () {
    if (!makeCertificates(folder)) return this.skip();
    const tls = { cert: file('server.pem'), key: file('server.key'), clientCa: file('ca.pem') };
    source = plugin.source(
      { port: 0, path: '/a', tls },
      {
        receive: async (message) => {
          received.push(message);
          return { bytes: null };
        },
        fault: async () => ({ bytes: null }),
      },
    );
    baseUrl = await source.start();
  });

  after(async () => {
    for (const sink of sinks) await sink.stop();
    await source?.stop();
    rmSync(folder, { recursive: true });
  });

  async function outcome(tls: Record<string, string>): Promise<string> {
    const sink = plugin.sink({ baseUrl, tls });
    sinks.push(sink);
    try {
      return `HTTP ${(await sink.send(Buffer.from('x'), { deadlineMs: 5000 })).http?.status}`;
    } catch (error) {
      return error instanceof PasserelleError ? error.code : String(error);
    }
  }

  it('names the certificate of the sender to the lane', async () => {
    expect(await outcome({ ca: file('ca.pem'), cert: file('client.pem'), key: file('client.key') })).to.equal('HTTP 204');
    expect(received[0]?.peer).to.match(/ CN=client$/);
  });

  it('takes nothing from a sender without certificate, who is told so', async () => {
    expect(await outcome({ ca: file('ca.pem') })).to.equal('ERR_CERT_UNTRUSTED');
    expect(received).to.have.length(1);
  });

  it('sends nothing to a server whose certificate it does not trust', async () => {
    expect(await outcome({ cert: file('client.pem'), key: file('client.key') })).to.equal('ERR_CERT_UNTRUSTED');
    expect(received).to.have.length(1);
  });
});
