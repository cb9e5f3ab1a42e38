import { expect } from 'chai';
import { PasserelleError, type ErrorCode } from '../../../core/contract/index.ts';
import { parseHl7 } from '../index.ts';

const ADT = [
  'MSH|^~\\&|DX|CHX|DCC|DCC|20260915||ADT^A01^ADT_A01|A1|T|2.5',
  'PID|1||000123^^^CHX&1.2.250.1.999.1&ISO^PI~~999^^^RI&&M^RI||L\\T\\O^A\\S\\B||19580314|F',
  'OBX|1|FT|A||un\\.br\\deux \\X41C3A9\\ C:\\temp\\E\\ ""',
  'OBX|2|ST|B||""',
  'ZFP',
  '',
].join('\r');

const codeOf = (run: () => unknown): ErrorCode | undefined => {
  try {
    run();
  } catch (error) {
    return (error as PasserelleError).code;
  }
};

describe('reading an HL7 v2 message', () => {
  const message = parseHl7(ADT);

  it('finds values by segment, occurrence, field, repetition, component and subcomponent', () => {
    expect(message.get('MSH-9.1')).to.equal('ADT');
    expect(message.get('MSH-10')).to.equal('A1');
    expect(message.get('PID-3')).to.equal('000123');
    expect(message.get('PID-3.4.2')).to.equal('1.2.250.1.999.1');
    expect(message.get('PID-3[3].4.3')).to.equal('M');
    expect(message.get('OBX[2]-3')).to.equal('B');
    expect(message.first('PID')?.get('3[3].5')).to.equal('RI');
  });

  it('says nothing where nothing is, and keeps the HL7 null', () => {
    for (const path of ['PID-99', 'PID-3[2]', 'PID-3[9].1', 'PID-3.9', 'PID-3.4.9', 'PV1-2', 'OBX[3]-5', 'ZFP-1'])
      expect(message.get(path), path).to.equal('');
    expect(message.get('OBX[2]-5')).to.equal('""');
  });

  it('reads MSH-1 and MSH-2 as the separators themselves', () => {
    expect(message.get('MSH-1')).to.equal('|');
    expect(message.get('MSH-2')).to.equal('^~\\&');
    expect(message.first('MSH')?.reps(2)).to.have.length(1);
    expect(message.first('MSH')?.fieldCount).to.equal(12);
  });

  it('removes known escapes and leaves every other backslash alone', () => {
    expect(message.get('PID-5.1')).to.equal('L&O');
    expect(message.get('PID-5.2')).to.equal('A^B');
    expect(message.get('OBX-5')).to.equal('un\ndeux Aé C:\\temp\\ ""');
  });

  it('gives the repetitions of a field with their place, empty ones included', () => {
    const reps = message.first('PID')?.reps(3) ?? [];
    expect(reps.map((rep) => rep.at)).to.deep.equal(['PID-3', 'PID-3[2]', 'PID-3[3]']);
    expect(reps.map((rep) => rep.isEmpty)).to.deep.equal([false, true, false]);
    expect(reps[2]?.get(4, 1)).to.equal('RI');
    expect(message.all('OBX')[1]?.reps(5)[0]?.at).to.equal('OBX[2]-5');
    expect(message.first('PID')?.reps(4)).to.deep.equal([]);
  });

  it('counts segments by name and in the message', () => {
    expect(message.segments.map((s) => `${s.name}${s.occurrence}@${s.index}`)).to.deep.equal(['MSH1@0', 'PID1@1', 'OBX1@2', 'OBX2@3', 'ZFP1@4']);
    expect(message.all('NTE')).to.deep.equal([]);
  });

  it('gives the text back untouched', () => expect(message.toString()).to.equal(ADT));

  it('understands LF and CRLF in a text that was not normalised', () => {
    for (const end of ['\n', '\r\n']) expect(parseHl7(ADT.replaceAll('\r', end)).get('OBX[2]-3')).to.equal('B');
  });

  it('uses the delimiters that the message declares', () => {
    const other = parseHl7('MSH#*!%@#A*B@C!D#\rPID#1##x%S%y');
    expect(other.get('MSH-3.2.2')).to.equal('C');
    expect(other.get('MSH-3[2]')).to.equal('D');
    expect(other.get('PID-3')).to.equal('x*y');
  });

  it('refuses what is not HL7, and delimiters that cannot work', () => {
    expect(codeOf(() => parseHl7('PID|1'))).to.equal('ERR_HL7_NOT_HL7');
    expect(codeOf(() => parseHl7(''))).to.equal('ERR_HL7_NOT_HL7');
    for (const header of ['MSH', 'MSH|', 'MSH|^~|A', 'MSH|^^\\&|', 'MSH|^~\\||', 'MSHA^~\\&A', 'MSH|a~\\&|', 'MSH|^~\\&#ABCDEF', 'MSH |^~\\ '])
      expect(
        codeOf(() => parseHl7(header)),
        header,
      ).to.equal('ERR_HL7_DELIMITERS');
  });

  it('calls a wrong path a fault of the program', () => {
    for (const path of ['', 'PID', 'PID-0', 'PID-3.0', 'pid-3', 'PID-3[0]', 'PID.3'])
      expect(
        codeOf(() => message.get(path)),
        path,
      ).to.equal('ERR_INVARIANT');
  });
});
