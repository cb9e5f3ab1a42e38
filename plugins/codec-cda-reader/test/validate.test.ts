import { expect } from 'chai';
import { PasserelleError } from '../../../core/contract/index.ts';
import { validate } from '../index.ts';
import { needs, sharedFile } from '../../codec-cda/test/official-files.ts';
import { n1Body, syntheticCda } from '../../codec-cda/test/synthetic.ts';

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

  it('ends a check that takes too long, says so, and is ready for the next one (skipped when the folder of specifications is absent)', async function () {
    needs(this, SCHEMAS);
    const stopped = await validate(Buffer.from(syntheticCda()), sharedFile(SCHEMAS), { timeoutMs: 1 });
    expect(stopped.at(-1)).to.deep.include({ severity: 'warning', rules: 'schematron' });
    expect((await validate(Buffer.from('<a>'), sharedFile(SCHEMAS)))[0]).to.deep.include({ rules: 'XML' });
  });

  it('says schematron failures as warnings, with their place (skipped when the folder of specifications is absent)', async function () {
    needs(this, 'specs/cda');
    const found = await validate(Buffer.from(syntheticCda({ body: n1Body() })), sharedFile('specs/cda'));
    const [warning] = found.filter(({ rules }) => rules === 'CI-SIS_StructurationMinimale');
    expect(warning?.severity).to.equal('warning');
    expect(warning?.at).to.match(/^\/ClinicalDocument/);
  });

  it('refuses a document that is too large to hold to rules, without an exception (skipped when the folder of specifications is absent)', async function () {
    needs(this, SCHEMAS);
    const deep = `<ClinicalDocument xmlns="urn:hl7-org:v3">${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}</ClinicalDocument>`;
    expect((await validate(Buffer.from(deep), sharedFile(SCHEMAS)))[0]!.message).to.include('nested too deep');
  });
});
