import { expect } from 'chai';
import { PasserelleError } from '../../../core/contract/index.ts';
import { validate } from '../index.ts';
import { needs, sharedFile } from './official-files.ts';
import { syntheticCda } from './synthetic.ts';

const SCHEMAS = 'specs/cda/testcontenu-3.0/infrastructure/cda';
const codeOf = (work: Promise<unknown>): Promise<string> => work.then(() => 'done').catch((error: unknown) => PasserelleError.from(error).code);

describe('validating a CDA', () => {
  it('says which rule fails and where, and never the value (skipped when the folder of specifications is absent)', async function () {
    needs(this, SCHEMAS);
    const wrong = syntheticCda()
      .replace('value="19580314"', 'value="SECRET \'of the\' patient"')
      .replace('<custodian>', '<custodian secretless="x">');
    const findings = await validate(Buffer.from(wrong), sharedFile(SCHEMAS));
    expect(findings.length).to.be.greaterThan(1);
    const errors = findings.filter(({ rules }) => rules === 'XSD');
    expect(errors.every(({ severity, line }) => severity === 'error' && line! > 0)).to.equal(true);
    const messages = findings.map(({ message }) => message).join('\n');
    expect(messages).to.include("birthTime', attribute 'value'").and.include("attribute 'secretless'");
    expect(messages).to.not.include('SECRET').and.not.include('patient"');
  });

  it('says what is no XML as a finding, and refuses a folder without schemas', async function () {
    expect(await codeOf(validate(Buffer.from('<a>'), import.meta.dirname))).to.equal('ERR_NOT_FOUND');
    expect(await codeOf(validate(Buffer.from('<a>'), '/nowhere'))).to.equal('ERR_NOT_FOUND');
    needs(this, SCHEMAS);
    expect(await validate(Buffer.from('<a>'), sharedFile(SCHEMAS))).to.deep.equal([
      { severity: 'error', rules: 'XML', message: 'cut before its end' },
    ]);
  });
});
