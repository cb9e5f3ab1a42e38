/** The connector of the guide (`connectors/README.md`), made from its blocks alone: it compiles, loads, and does what the guide says. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { UNCONFIGURED, type ConnectorManifest, type SiteSettings } from 'passerelle/contract';
import { loadConnectors, packageRoot } from '../../core/registry/index.ts';
import { openMessage } from '../../core/codecs/open.ts';
import { FIXED_NOW, connectorOf, translatorOf } from './translating.ts';

/** Inside `dist`: below this package, so that `passerelle/contract` is found, and out of the tree. */
const root = path.join(packageRoot, 'dist/guide');
const TSCONFIG = { extends: '../../tsconfig.json', compilerOptions: { rootDir: '.', outDir: 'dist', incremental: false, tsBuildInfoFile: null } };
/** ```` ```ts file=src/profile.ts ```` up to the closing fence. */
const BLOCK = /^```\w+ file=(\S+)\n([^]*?)^```$/gm;

const guide = readFileSync(path.join(packageRoot, 'connectors/README.md'), 'utf8');
const blocks = new Map([...guide.matchAll(BLOCK)].map(([, name = '', text = '']) => [name, text]));

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}

describe('the connector of the guide', function () {
  // A compiler of its own is started.
  this.timeout(60_000);

  before(() => {
    rmSync(root, { recursive: true, force: true });
    for (const [file, text] of blocks) write(`connectors/mon-dpi/${file}`, text);
    write('tsconfig.json', JSON.stringify({ ...TSCONFIG, include: ['connectors'] }));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it('compiles, every sample of it', () => {
    const tsc = path.join(packageRoot, 'node_modules/typescript/bin/tsc');
    let output = '';
    try {
      output = execFileSync(process.execPath, [tsc, '--project', root], { encoding: 'utf8' });
    } catch (error) {
      output = (error as { stdout: string }).stdout;
    }
    expect(output).to.equal('');
    expect([...blocks.keys()].filter((file) => file.endsWith('.ts'))).to.have.length.above(5);
  });

  it('names what it makes of messages, as those do that read all of the national profile, and has a case each way', () => {
    const inbound = ({ flows }: Pick<ConnectorManifest, 'flows'>): readonly string[] =>
      flows.flatMap(({ direction, events }) => (direction === 'to-dcc' ? events : []));
    const manifest = JSON.parse(blocks.get('manifest.json')!) as ConnectorManifest;
    expect(inbound(manifest)).to.include.members([...inbound(connectorOf('ci-sis').manifest)]);
    for (const way of ['decode', 'encode'])
      expect(
        [...blocks.keys()].some((file) => file.startsWith(`fixtures/${way}/`)),
        way,
      ).to.equal(true);
  });

  it('is tried with commands that work', () => {
    const exported = [...(/^export (PASSERELLE.*)$/m.exec(guide)?.[1] ?? '').matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]);
    const env = { ...process.env, ...(Object.fromEntries(exported) as Record<string, string>) };
    const commands = [...guide.matchAll(/^npx passerelle (\w+[^|#\n]*)/gm)].map(([, line = '']) => line.trim());
    const main = path.join(packageRoot, 'dist/core/cli/main.js');
    for (const line of commands)
      expect(execFileSync(process.execPath, [main, ...line.split(' ')], { cwd: packageRoot, env }).length, line).to.be.above(0);
    expect(commands).to.have.length(4);
  });

  it('loads, and reads the message of the guide as the guide says', async () => {
    const { definition } = (await loadConnectors(root)).get('mon-dpi');
    const settings = { ...UNCONFIGURED, ...(parse(blocks.get('fixtures/settings.yaml') ?? '') as SiteSettings) };
    const { codec, documents } = translatorOf('ci-sis');
    const bytes = Buffer.from(blocks.get('fixtures/decode/identity/input.hl7') ?? '');
    const { envelope } = openMessage(bytes, codec, documents, settings.charsetFallback);
    const context = { settings, now: FIXED_NOW, newId: () => 'ID1' };
    const { decision, events, error } = definition.decode(envelope, context);
    expect(error).to.equal(undefined);
    expect(decision).to.match(/^accept/);
    expect(events[0]?.data).to.have.nested.property('patient.usedName', 'EXEMPLE');
    const training = { ...envelope, text: `${envelope.text}ZMD|FORMATION\r` };
    expect(definition.decode(training, context)).to.deep.include({ decision: 'filtered', events: [] });
  });
});
