/** The HL7 messages of the samples that travel as the attachment of a mail: what they say does not depend on the road (vendors FACTS section 7b). */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { translate } from '../../core/lanes/translation.ts';
import { compare, readIndex, samplesFolder, settingsOf } from './samples.ts';
import { FIXED_NOW, hasShared, readSettings, translatorOf } from './translating.ts';

/** Bytes of the one attachment that begins with MSH; the samples use Base64 and no nested parts. */
function attachmentOf(file: string): Buffer | undefined {
  const text = readFileSync(file, 'latin1');
  const boundary = /boundary="([^"]+)"/.exec(text)?.[1] ?? '';
  const bodies = text.split(`--${boundary}`).map((part) => part.slice(part.search(/\r?\n\r?\n/)));
  return bodies.map((body) => Buffer.from(body, 'base64')).find((bytes) => bytes.subarray(0, 4).toString() === 'MSH|');
}

describe(`messages that came by mail${hasShared ? '' : ' (skipped: the shared folder is absent)'}`, () => {
  before(function () {
    if (!hasShared) this.skip();
  });
  const mails = hasShared ? readIndex().filter(({ file }) => file.endsWith('.eml') && existsSync(path.join(samplesFolder, file))) : [];
  const carried = mails.flatMap((sample) => {
    const bytes = attachmentOf(path.join(samplesFolder, sample.file));
    return bytes ? [{ sample, bytes }] : [];
  });

  if (hasShared) it('are found in the samples', () => expect(carried.length).to.be.greaterThan(1));

  for (const { sample, bytes } of carried)
    it(`${sample.file} gives its expected result`, () => {
      const found = translate(bytes, translatorOf('ci-sis'), readSettings(settingsOf(sample)), FIXED_NOW);
      // The mail itself, and the acknowledgement by mail, are the transport's.
      const { mail: _, ...canonical } = sample.canonical;
      expect(compare({ ...sample, canonical, acks: [null] }, found)).to.deep.equal([]);
    });
});
