/** What the tree promises a newcomer: every folder has a door that says its purpose, every decision is listed, every error code is used. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { ALERTS, CATALOGUE } from 'passerelle/contract';

const root = path.resolve(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const folders = (parent: string): string[] =>
  readdirSync(path.join(root, parent), { withFileTypes: true })
    .filter((d) => d.isDirectory())
    .map((d) => path.join(parent, d.name));

describe('the tree', () => {
  it('has a door with a head comment in every folder of core and plugins', () => {
    for (const folder of [...folders('core'), ...folders('plugins')].filter((f) => !['core/decisions', 'core/cli'].includes(f)))
      expect(read(path.join(folder, 'index.ts')).slice(0, 3), `${folder}/index.ts`).to.equal('/**');
  });

  it('lists every decision record in its index', () => {
    const index = read('core/decisions/README.md');
    for (const file of readdirSync(path.join(root, 'core/decisions')).filter((f) => /^\d/.test(f))) expect(index, file).to.include(file);
  });

  it('keeps machine paths and registry hosts out of what is published', () => {
    expect(read('package-lock.json'), 'where packages come from is said by each machine').not.to.include('resolved');
  });
});

describe('the error catalogue', () => {
  const sources = ['core', 'plugins', 'connectors'].flatMap((f) =>
    readdirSync(path.join(root, f), { recursive: true, encoding: 'utf8' })
      .filter((n) => n.endsWith('.ts') && !n.endsWith('error-catalogue.ts'))
      .map((n) => read(path.join(f, n))),
  );

  it('has no code that nothing uses', () => {
    const all = sources.join('\n');
    expect(Object.keys(CATALOGUE).filter((code) => !all.includes(code))).to.deep.equal([]);
  });

  it('is the page that operators read', () => {
    const page = read('core/contract/ERRORS.md');
    expect(page, 'run `npm run docs`').to.equal(
      execFileSync(process.execPath, [path.join(root, 'dist/core/contract/errors-page.js')], { encoding: 'utf8' }),
    );
  });

  it('gives an acknowledgement code wherever it gives an ERR-3 code, and a fix in both languages', () => {
    for (const [code, entry] of Object.entries(CATALOGUE)) {
      expect('ack' in entry, code).to.equal('hl7' in entry);
      expect(entry.fix.fr.length * entry.fix.en.length, code).to.be.above(0);
    }
  });
});

describe('the alert catalogue', () => {
  it('is the page that operators read, has no code that nothing raises, and says what to do in both languages', () => {
    expect(read('core/contract/ALERTS.md'), 'run `npm run docs`').to.equal(
      execFileSync(process.execPath, [path.join(root, 'dist/core/contract/alerts-page.js')], { encoding: 'utf8' }),
    );
    const rules = `${read('core/alerts/rules.ts')}${read('core/alerts/watch.ts')}`;
    expect(Object.keys(ALERTS).filter((code) => !rules.includes(`'${code}'`))).to.deep.equal([]);
    for (const [code, { fr, en, fix }] of Object.entries(ALERTS)) expect(fr.length * en.length * fix.fr.length * fix.en.length, code).to.be.above(0);
  });
});
