import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { Ajv } from 'ajv';
import { connector, deviations } from '../src/index.ts';

const fixtures = path.resolve(import.meta.dirname, '../../../../connectors/dxcare/fixtures');

describe('DxCare', () => {
  it('shows each known deviation in a case', () => {
    for (const one of deviations) expect(existsSync(path.join(fixtures, one.case, 'case.json')), one.case).to.equal(true);
    expect(new Set(deviations.map(({ id }) => id)).size).to.equal(deviations.length);
  });

  it('takes a site without settings of its own, and refuses one it does not know', () => {
    const valid = new Ajv({ strict: false }).compile(connector.settingsSchema ?? {});
    expect(valid({})).to.equal(true);
    expect(valid({ commandLine: 'legacy', commandLineCharset: 'windows-1252', untypedName: 'birth' })).to.equal(true);
    expect(valid({ untypedname: 'birth' })).to.equal(false);
  });
});
