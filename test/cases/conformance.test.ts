/** Official messages and vendor samples against what they must give; prints file, expected, found. Needs the shared folder. */
import path from 'node:path';
import { expect } from 'chai';
import { parseHl7 } from 'passerelle/codec/hl7v2';
import type { Translation } from '../../core/lanes/translation.ts';
import { compareOfficial, OFFICIAL, officialFiles, officialFolder } from './official-messages.ts';
import { compare, isMessage, readIndex, samplesFolder, settingsOf, type Sample } from './samples.ts';
import { connectorIds, hasShared, readSettings, translateFile } from './translating.ts';

const absent = hasShared ? '' : ' (skipped: the shared folder is absent)';
const rows: string[][] = [];

const note = (file: string, expected: string, found: readonly Translation[], differences: readonly string[]): void => {
  const summary = found.map(({ decision, error }) => (error ? `${decision} ${error.code}` : decision)).join(', ');
  rows.push([differences.length === 0 ? 'agrees' : 'DIFFERS', file, expected, summary]);
};

const ackOf = ({ acknowledgement }: Translation): string => (acknowledgement ? parseHl7(acknowledgement.text).get('MSA-1') : 'none');

describe(`conformance with official messages${absent}`, () => {
  before(function () {
    if (!hasShared) this.skip();
  });

  for (const file of officialFiles()) {
    it(`gives the decided result for ${file}`, () => {
      const found = translateFile(path.join(officialFolder, file), 'ci-sis');
      const expected = OFFICIAL[file];
      expect(found, 'one message in the file').to.have.length(1);
      expect(expected, 'an expected result in official-messages.ts').to.not.equal(undefined);
      const differences = expected && found[0] ? compareOfficial(expected, found[0], ackOf(found[0])) : ['nothing to compare'];
      note(file, expected ? `${expected.decision} ${expected.error ?? ''}`.trim() : '?', found, differences);
      expect(differences).to.deep.equal([]);
    });
  }
});

/** The connector made for a vendor, else the national reference with the vendor's settings. */
const connectorFor = ({ vendor }: Sample): string =>
  [vendor, vendor.replace('kprocess', 'k-process')].find((id) => connectorIds.includes(id)) ?? 'ci-sis';

describe(`conformance with vendor samples${absent}`, () => {
  before(function () {
    if (!hasShared) this.skip();
  });

  for (const sample of hasShared ? readIndex().filter(isMessage) : []) {
    const connector = connectorFor(sample);
    const file = path.join(samplesFolder, sample.file);

    it(`${connector} gives the expected result for ${sample.file}`, () => {
      const found = translateFile(file, connector, readSettings(settingsOf(sample)));
      const differences = compare(sample, found);
      note(sample.file, (sample.decisions ?? [sample.decision]).join(', '), found, differences);
      expect(differences).to.deep.equal([]);
    });

    if (sample.withoutSettings) {
      it(`${connector} gives ${sample.withoutSettings} for ${sample.file} without settings`, () => {
        const decisions = translateFile(file, connector).map(({ decision }) => decision);
        expect(decisions.every((decision) => decision === sample.withoutSettings)).to.equal(true);
      });
    }
  }

  after(() => {
    if (!process.env['PASSERELLE_PRINT']) return;
    process.stdout.write(rows.map((row) => row.join(' | ')).join('\n') + '\n');
  });
});
