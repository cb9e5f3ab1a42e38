import { expect } from 'chai';
import { parseHl7 } from '../index.ts';
import { hl7StandardView } from '../hl7-standard/index.ts';

describe('the hl7-standard view of a message', () => {
  const lines = (text: string): string => text.replaceAll('\n', '\r');

  it('reads fields in the notation of the library, without escapes', () => {
    const view = hl7StandardView(parseHl7(lines('MSH|^~\\&|DX|CHX\nPID|1||A1~B2||L\\T\\O^ANNE\nOBX|1|ST\nOBX|2|FT')));
    expect(view.get('PID.5.1')).to.equal('L&O');
    expect(view.get('OBX.2', 1)).to.equal('FT');
    expect(view.getSegments('OBX')).to.have.length(2);
    expect(view.getSegment('MSH').data['MSH.3']).to.equal('DX');
  });

  it('reads a message with delimiters that the library does not know', () => {
    const view = hl7StandardView(parseHl7(lines('MSH#*!%@#DX#CHX\nPID#1##A*B|C##L^O%S%Y*ANNE')));
    expect(view.get('PID.3.2')).to.equal('B|C');
    expect(view.get('PID.5.1')).to.equal('L^O*Y');
    expect(view.get('PID.5.2')).to.equal('ANNE');
  });

  it('does not touch the message', () => {
    const message = parseHl7('MSH|^~\\&|DX\rPID|1||A\\T\\B\r');
    hl7StandardView(message);
    expect(message.toString()).to.equal('MSH|^~\\&|DX\rPID|1||A\\T\\B\r');
  });
});
