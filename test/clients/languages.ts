/** Each client in its real runtime: what it needs, how it is compiled once, and how its driver is started. */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../..');
const clients = path.join(root, 'plugins/app-contextual-call/clients');
const drivers = path.join(root, 'test/clients/drivers');

export interface Start {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Language {
  readonly name: string;
  readonly folder: string;
  /** Commands that must be installed. */
  readonly needs: readonly string[];
  /** Prints what runs it; the first line is kept. */
  readonly version: readonly string[];
  readonly profiles: readonly ('default' | 'legacy')[];
  /** The platform has no way to say who else may read a file. */
  readonly ignoresModes?: true;
  /** Compiles into `out`, trusts the authority of the tests, says how to start. */
  readonly prepare: (out: string, authority: string) => Start;
}

const run = (command: string, args: readonly string[], cwd: string, env: Record<string, string> = {}): void =>
  void execFileSync(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
const both = ['default', 'legacy'] as const;

export const LANGUAGES: readonly Language[] = [
  {
    name: 'JavaScript',
    folder: 'javascript',
    needs: ['node'],
    version: ['node', '--version'],
    profiles: both,
    prepare: (_out, authority) => ({
      command: process.execPath,
      args: [path.join(root, 'dist/test/clients/drivers/driver.js')],
      env: { NODE_EXTRA_CA_CERTS: authority },
    }),
  },
  {
    name: 'Python',
    folder: 'python',
    needs: ['python3', 'openssl'],
    version: ['python3', '--version'],
    profiles: ['legacy'],
    prepare: (_out, authority) => ({
      command: 'python3',
      args: ['-B', path.join(drivers, 'driver.py'), path.join(clients, 'python')],
      env: { SSL_CERT_FILE: authority },
    }),
  },
  {
    name: 'PHP',
    folder: 'php',
    needs: ['php'],
    version: ['php', '--version'],
    profiles: both,
    prepare: (_out, authority) => ({
      command: 'php',
      args: [
        '-d',
        'display_errors=stderr',
        '-d',
        'error_reporting=-1',
        '-d',
        `openssl.cafile=${authority}`,
        path.join(drivers, 'driver.php'),
        path.join(clients, 'php'),
      ],
    }),
  },
  {
    name: 'Go',
    folder: 'go',
    needs: ['go'],
    version: ['go', 'version'],
    profiles: both,
    prepare: (out, authority) => {
      const program = path.join(out, 'driver');
      run('go', ['build', '-o', program, '.'], path.join(drivers, 'go'), { GOPROXY: 'off' });
      return { command: program, args: [], env: { SSL_CERT_FILE: authority } };
    },
  },
  {
    name: 'Java',
    folder: 'java',
    needs: ['javac', 'java', 'keytool'],
    version: ['java', '-version'],
    profiles: both,
    prepare: (out, authority) => {
      const sources = ['CallException', 'Context', 'Json', 'Passerelle', 'Settings', 'Token'].map((name) =>
        path.join(clients, `java/fr/passerelle/${name}.java`),
      );
      run(
        'javac',
        [
          '--release',
          '8',
          '-Xlint:all,-options',
          '-Werror',
          '-encoding',
          'UTF-8',
          '-d',
          out,
          ...sources,
          path.join(drivers, 'java/fr/passerelle/Driver.java'),
        ],
        out,
      );
      const store = path.join(out, 'trust.p12');
      run('keytool', ['-importcert', '-noprompt', '-file', authority, '-keystore', store, '-storepass', 'changeit', '-alias', 'tests'], out);
      const trust = [`-Djavax.net.ssl.trustStore=${store}`, '-Djavax.net.ssl.trustStorePassword=changeit'];
      return { command: 'java', args: ['-XX:TieredStopAtLevel=1', '-Dfile.encoding=ISO-8859-1', ...trust, '-cp', out, 'fr.passerelle.Driver'] };
    },
  },
  {
    name: 'C#',
    folder: 'csharp',
    needs: ['mcs', 'mono'],
    version: ['mono', '--version'],
    profiles: ['legacy'],
    ignoresModes: true,
    prepare: (out, authority) => {
      const program = path.join(out, 'driver.exe');
      const sources = ['Answer', 'Context', 'Json', 'Passerelle', 'Settings', 'Token'].map((name) => path.join(clients, `csharp/${name}.cs`));
      run('mcs', ['-langversion:5', '-warnaserror', `-out:${program}`, ...sources, path.join(drivers, 'Driver.cs')], out);
      trustedByMono(authority, out);
      return { command: 'mono', args: [program], env: { HOME: out } };
    },
  },
  {
    name: 'Perl',
    folder: 'perl',
    needs: ['perl', 'openssl'],
    version: ['perl', '-v'],
    profiles: ['legacy'],
    prepare: (_out, authority) => ({
      command: 'perl',
      args: [path.join(drivers, 'driver.pl'), path.join(clients, 'perl')],
      env: { SSL_CERT_FILE: authority },
    }),
  },
];

/** Where Mono looks for what an account trusts: a folder in the way of OpenSSL. */
function trustedByMono(authority: string, home: string): void {
  const hash = execFileSync('openssl', ['x509', '-in', authority, '-noout', '-hash'], { encoding: 'utf8' }).trim();
  const folder = path.join(home, '.config/.mono/new-certs/Trust');
  mkdirSync(folder, { recursive: true });
  copyFileSync(authority, path.join(folder, `${hash}.0`));
}

export function has(command: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** What it prints may be on either stream. */
export const versionOf = ({ version: [command = '', ...args] }: Language): string =>
  /[0-9]+(\.[0-9]+)+[^\s"),]*/.exec(execFileSync('sh', ['-c', `${[command, ...args].join(' ')} 2>&1`], { encoding: 'utf8' }))?.[0] ?? '?';

/** ASCII only: what a line is, and in which charset, differs from one language to the next. */
const line = (request: object): string =>
  `${JSON.stringify(request).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;

/** One JSON object a line in, one out, in order. */
export async function drive({ command, args, env }: Start, home: string, requests: readonly object[]): Promise<Record<string, string>[]> {
  mkdirSync(home, { recursive: true });
  const child = spawn(command, args, { env: { ...process.env, HOME: home, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.stdin.end(requests.map(line).join(''));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const lines = out.split('\n').filter((line) => line !== '');
  if (code !== 0 || lines.length !== requests.length)
    throw new Error(`${command}: exit ${String(code)}, ${lines.length} of ${requests.length} answers\n${errors}`);
  return lines.map((line) => JSON.parse(line) as Record<string, string>);
}
