import { expect } from 'chai';
import { codec } from '../index.ts';

const now = '2026-10-02T08:15:00.000Z';
const reply = (text: string, error?: 'ERR_JOURNAL_UNAVAILABLE') =>
  codec.plainReply(Buffer.from(text, 'latin1'), { ack: error ? 'AR' : 'AA', now, id: 'P1', ...(error && { error: { code: error, message: '' } }) });
const textOf = (r: ReturnType<typeof reply>): string => Buffer.from(r?.bytes ?? []).toString('latin1');

describe('the answer that needs no connector', () => {
  const message = 'MSH|^~\\&|DPI|CHÉ|PASSERELLE|DCC|20261002||ADT^A31^ADT_A05|C1|T|2.5|||||FRA|8859/1\rPID|1\r';

  it('exchanges sender and receiver, names the control id and keeps charset, version and environment', () => {
    expect(textOf(reply(message))).to.equal('MSH|^~\\&|PASSERELLE|DCC|DPI|CHÉ|20261002081500+0000||ACK^A31^ACK|P1|T|2.5|||||FRA|8859/1\rMSA|AA|C1\r');
  });

  it('says why it refuses, with the code of the catalogue', () => {
    expect(textOf(reply(message, 'ERR_JOURNAL_UNAVAILABLE'))).to.match(/\rMSA\|AR\|C1\rERR\|\|\|207\^\^HL70357\|E\r$/);
  });

  it('speaks with the delimiters of the sender, and says nothing to what is no message', () => {
    expect(textOf(reply('MSH#*~\\&#A#B#C#D#20261002##ADT*A31#C1#T#2.5\r'))).to.match(
      /^MSH#\*~\\&#C#D#A#B#20261002081500\+0000##ACK\*A31\*ACK#P1#T#2.5\rMSA#AA#C1\r$/,
    );
    expect(reply('GET / HTTP/1.1')).to.equal(undefined);
  });
});
