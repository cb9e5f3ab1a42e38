import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { inputFile, readCase, realIdentities, type Case } from './case-file.ts';

const VALID = { title: 'a case', reference: 'this test', synthetic: true as const };
const PRODUCTION = '1.2.250.1.213.1.4.8';

describe('a case of a connector', () => {
  let folder: string;
  let one: Case;
  const write = (name: string, content: unknown): void =>
    writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'passerelle-case-'));
    one = { connector: 'ci-sis', operation: 'decode', name: 'case', folder };
    write('case.json', VALID);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('says what it is about, where that is written, and that nobody in it exists', () => {
    expect(readCase(one)).to.deep.equal(VALID);
    for (const missing of ['title', 'reference', 'synthetic']) {
      write('case.json', { ...VALID, [missing]: undefined });
      expect(() => readCase(one), missing).to.throw(missing);
    }
  });

  it('is refused with a word that the format does not have', () => {
    write('case.json', { ...VALID, setings: {} });
    expect(() => readCase(one)).to.throw('setings');
  });

  it('has one input', () => {
    expect(() => inputFile(one)).to.throw('one input');
    write('input.hl7', 'MSH');
    expect(path.basename(inputFile(one))).to.equal('input.hl7');
    write('input.json', '{}');
    expect(() => inputFile(one)).to.throw('one input');
  });

  it('carries no INS but of the test authority, unless it says which one it is about', () => {
    write('input.hl7', 'PID|1||1^^^&1.2.250.1.213.1.4.10&ISO^INS');
    expect(realIdentities(one, VALID)).to.deep.equal([]);
    write('input.hl7', `PID|1||1^^^&${PRODUCTION}&ISO^INS`);
    expect(realIdentities(one, VALID)[0]).to.contain(PRODUCTION);
    const named = { ...VALID, insAuthorities: [PRODUCTION] };
    expect(realIdentities(one, named)).to.deep.equal([]);
    write('input.hl7', 'PID|1');
    expect(realIdentities(one, named)[0]).to.contain('does not carry');
  });

  it('is looked into through the Base64 of its documents', () => {
    const document = `<ClinicalDocument><id root="${PRODUCTION}" extension="1"/><title>a title</title></ClinicalDocument>`;
    write('input.json', { content: Buffer.from(document).toString('base64') });
    expect(realIdentities(one, VALID)[0]).to.contain(PRODUCTION);
  });

  it('carries no authority of a real establishment', () => {
    write('input.hl7', 'PID|1||1^^^&1.2.250.1.777.1&ISO^PI');
    expect(realIdentities(one, VALID)).to.deep.equal(['the authority 1.2.250.1.777.1']);
  });
});
