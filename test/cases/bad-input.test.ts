/** Bad input, case by case: fixtures in `bad-input/`, the expected answer in `cases.json`, and the page that operators read made from the same file. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { CATALOGUE, type ErrorCode, type SiteSettings } from 'passerelle/contract';
import { translate } from '../../core/lanes/index.ts';
import { packageRoot } from '../../core/registry/index.ts';
import { loadSiteSettings } from '../../core/settings/index.ts';
import { translatorOf } from './translating.ts';
import { badInputPage, type BadInputCase } from './bad-input-page.ts';

const folder = path.join(packageRoot, 'test/cases/bad-input');
const cases = JSON.parse(readFileSync(path.join(folder, 'cases.json'), 'utf8')) as readonly BadInputCase[];

describe('bad input', () => {
  let settings: SiteSettings;
  before(async () => {
    const loaded = await loadSiteSettings(path.join(folder, 'settings.yaml'));
    expect(loaded.issues).to.deep.equal([]);
    settings = loaded.settings as SiteSettings;
  });

  for (const entry of cases) {
    it(`${entry.input.en}: ${entry.messages.map((m) => [m.decision, m.reply, m.err3, m.err5, m.code].filter(Boolean).join(' ')).join(', ')}`, async () => {
      const lines = translate(readFileSync(path.join(folder, entry.file)), translatorOf('dxcare'), settings, '2026-10-02T08:15:00.000Z');
      expect(lines.map((l) => ({ decision: l.decision.replace('-with-warning', ''), code: l.error?.code }))).to.deep.equal(
        entry.messages.map((m) => ({ decision: m.decision, code: m.code })),
      );
      lines.forEach((line, i) => {
        const expected = entry.messages[i];
        if (!expected) return;
        const text = line.acknowledgement?.text ?? '';
        expect(line.acknowledgement?.code, 'MSA-1').to.equal(expected.reply);
        expect(text).to.match(new RegExp(`\\rMSA\\|${expected.reply}[|\\r]`));
        if (expected.err3) expect(text, 'ERR-3').to.match(new RegExp(`\\rERR\\|[^\\r]*\\|${expected.err3}\\^`));
        if (expected.err5) expect(text, 'ERR-5').to.match(new RegExp(`\\|${expected.err5}\\^`));
        if (expected.decision === 'quarantine' || expected.decision === 'reject') expect(line.events, 'nothing is published').to.deep.equal([]);
      });
    });
  }

  it('has a case for each fixture, and a fixture for each case', () => {
    expect(
      readdirSync(folder)
        .filter((f) => f.endsWith('.hl7'))
        .sort(),
    ).to.deep.equal(cases.map((c) => c.file).sort());
  });

  it('says in the catalogue what the cases say', () => {
    for (const { code, err3, err5 } of cases.flatMap((c) => c.messages).filter((m) => m.code)) {
      const row: { hl7?: number; err5?: number } = CATALOGUE[code as ErrorCode];
      expect([row.hl7, row.err5], code).to.deep.equal([err3, err5]);
    }
  });

  it('is the page that operators read', () => {
    expect(readFileSync(path.join(folder, 'README.md'), 'utf8'), 'run `npm run docs`').to.equal(badInputPage(cases));
  });
});
