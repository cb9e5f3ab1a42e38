/** The import rule (ARCHITECTURE section 8): who may name whom. It is what keeps a vendor's dialect out of the engine and the engine out of a connector. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';

const root = path.resolve(import.meta.dirname, '../../..');
const IMPORT = /(?:(?:from|import)\s*\(?|(?:require|createRequire\([^)]*\))\()\s*'([^']+)'/g;

interface Import {
  readonly file: string;
  readonly target: string;
}

/** Every import of every TypeScript file, as a path from the root, or the bare name of a package. */
function importsBelow(folder: string): Import[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.ts'))
    .flatMap((f) => {
      const file = path.join(folder, f);
      const source = readFileSync(path.join(root, file), 'utf8');
      return [...source.matchAll(IMPORT)].map(([, target = '']) => ({
        file,
        target: target.startsWith('.') ? path.join(path.dirname(file), target) : target,
      }));
    });
}

const isTest = ({ file }: Import): boolean => /\/test\//.test(file);
const under = (target: string, ...folders: string[]): boolean => folders.some((f) => target.startsWith(`${f}/`));
const list = (bad: Import[]): string[] => bad.map((b) => `${b.file} imports ${b.target}`);

describe('the import rule', () => {
  it('core imports neither plugins nor connectors', () => {
    expect(list(importsBelow('core').filter((i) => under(i.target, 'plugins', 'connectors')))).to.deep.equal([]);
  });

  it('core/contract and core/model import nothing else of core', () => {
    expect(list(importsBelow('core/contract').filter((i) => under(i.target, 'core') && !under(i.target, 'core/contract')))).to.deep.equal([]);
    expect(list(importsBelow('core/model').filter((i) => under(i.target, 'core') && !under(i.target, 'core/model', 'core/contract')))).to.deep.equal(
      [],
    );
  });

  it('plugins import the contract, the model, the journal format and the doors of codecs, and nothing else of ours', () => {
    const bad = importsBelow('plugins').filter((i) => {
      const own = i.file.split(path.sep).slice(0, 2).join('/');
      if (isTest(i) || !under(i.target, 'core', 'plugins', 'connectors') || under(i.target, own)) return false;
      return (
        !['core/contract/index.ts', 'core/model/index.ts', 'core/journal-format/index.ts'].includes(i.target) &&
        !/^plugins\/codec-[a-z0-9-]+\/index\.ts$/.test(i.target)
      );
    });
    expect(list(bad)).to.deep.equal([]);
  });

  it('connectors import passerelle/contract, passerelle/model, passerelle/codec/* and their own files', () => {
    const bad = importsBelow('connectors').filter((i) => {
      const own = i.file.split(path.sep).slice(0, 2).join('/');
      if (isTest(i)) return false;
      return !under(i.target, own) && !/^passerelle\/(contract|model|codec\/[a-z0-9-]+)$/.test(i.target);
    });
    expect(list(bad)).to.deep.equal([]);
  });

  it('nobody imports a connector', () => {
    const bad = ['core', 'plugins', 'connectors'].flatMap(importsBelow).filter((i) => {
      const own = i.file.split(path.sep).slice(0, 2).join('/');
      return !isTest(i) && under(i.target, 'connectors') && !under(i.target, own);
    });
    expect(list(bad)).to.deep.equal([]);
  });

  it('only core/mesh names Moleculer or NATS', () => {
    const bad = ['core', 'plugins', 'connectors']
      .flatMap(importsBelow)
      .filter((i) => ['moleculer', 'nats'].includes(i.target) && !under(i.file, 'core/mesh'));
    expect(list(bad)).to.deep.equal([]);
  });

  it('only core/oidc names openid-client: what it fetches is bounded there', () => {
    const bad = ['core', 'plugins', 'connectors']
      .flatMap(importsBelow)
      .filter((i) => ['openid-client', 'oauth4webapi'].includes(i.target) && !under(i.file, 'core/oidc'));
    expect(list(bad)).to.deep.equal([]);
  });

  it('folders of core are entered by their door', () => {
    const bad = importsBelow('core').filter((i) => {
      const [, from] = i.file.split(path.sep);
      const [top, to] = i.target.split('/');
      return top === 'core' && to !== from && !/^core\/[a-z]+\/index\.ts$/.test(i.target);
    });
    expect(list(bad)).to.deep.equal([]);
  });
});
