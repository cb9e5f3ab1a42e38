import { Ajv } from 'ajv';
import { expect } from 'chai';
import { connector } from '../src/index.ts';

describe('the settings of DxCare', () => {
  const valid = new Ajv({ strict: false }).compile(connector.settingsSchema ?? {});

  it('are all optional: those of the French profile and its own', () => {
    expect(valid({})).to.equal(true);
    expect(
      valid({ commandLine: 'legacy', commandLineCharset: 'windows-1252', untypedName: 'birth', ppacCode: { code: 'X', label: 'PPAC' } }),
    ).to.equal(true);
  });

  it('refuse a name that neither has', () => {
    expect(valid({ untypedname: 'birth' })).to.equal(false);
  });
});
