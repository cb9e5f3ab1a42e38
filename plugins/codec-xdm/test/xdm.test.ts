/** Archives and mails taken apart: what is in them, and what is refused before it costs anything. */
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { zipSync } from 'fflate';
import { PasserelleError, type ContainerReading } from '../../../core/contract/index.ts';
import { mail } from '../mail.ts';
import { ENTRIES_LIMIT } from '../unzip.ts';
import { xdm } from '../xdm.ts';
import { archiveOf, entryOf, FOLDER, mailOf, metadataOf, zipOf } from './synthetic.ts';

const CDA = Buffer.from('<ClinicalDocument/>');
const DOC = `${FOLDER}/DOC0001.XML`;
const METADATA = `${FOLDER}/METADATA.XML`;

const refusal = async (reading: Promise<ContainerReading>): Promise<string> =>
  reading.then(
    () => 'opened',
    (error: unknown) => (error instanceof PasserelleError && error.code === 'ERR_ARCHIVE_UNREADABLE' ? error.detail.found! : String(error)),
  );

/** The archive with a field of the central entry of `name` changed: what the archive says of the file. */
function patched(archive: Buffer, name: string, offset: number, change: (bytes: Buffer, at: number) => void): Buffer {
  const copy = Buffer.from(archive);
  for (let at = copy.indexOf('PK\x01\x02', 0, 'latin1'); at !== -1; at = copy.indexOf('PK\x01\x02', at + 4, 'latin1'))
    if (copy.subarray(at + 46, at + 46 + copy.readUInt16LE(at + 28)).toString() === name) change(copy, at + offset);
  return copy;
}

describe('codec-xdm', () => {
  describe('A8: an XDM archive', () => {
    it('gives the documents that its metadata name, with what is said of them, over several subsets and cut addresses', async () => {
      const cut = entryOf(CDA, { id: '1.2.3.4.5' }).replace(
        '<rim:Value>DOC0001.XML</rim:Value>',
        '<rim:Value>2|1.XML</rim:Value><rim:Value>1|DOC000</rim:Value>',
      );
      const second = entryOf(CDA, { patientId: '7^^^&1.2.3&ISO^NH', patientInfo: ['PID-5|VALMOREE^ELIE^^^^^L', 'PID-7|19471102', 'PID-8|M'] });
      const { files, problems, warnings, kind } = await xdm.open(
        zipOf({
          [METADATA]: metadataOf(cut),
          [DOC]: CDA,
          'ihe_xdm/SUBSET02/metadata.xml': metadataOf(second),
          'ihe_xdm/SUBSET02/doc0001.xml': CDA,
        }),
      );
      expect([kind, problems, warnings]).to.deep.equal(['xdm', [], []]);
      expect(files.map(({ name, said }) => [name, said?.id, said?.patientIds, said?.patient])).to.deep.equal([
        [DOC, '1.2.3.4.5', [], {}],
        ['ihe_xdm/SUBSET02/doc0001.xml', undefined, [{ value: '7', oid: '1.2.3' }], { birthName: 'VALMOREE', birthDate: '19471102', sex: 'M' }],
      ]);
    });

    it('is held to the hash and the size that are said, in either case of the letters', async () => {
      const problems = async (said: object): Promise<readonly unknown[]> =>
        (await xdm.open(archiveOf(CDA, said))).problems.map(({ code, location, found }) => [code, location?.file, found]);
      const upper = createHash('sha1').update(CDA).digest('hex').toUpperCase();
      expect(await problems({})).to.deep.equal([]);
      expect(await problems({ hash: upper })).to.deep.equal([]);
      expect(await problems({ hash: '1ee7' })).to.deep.equal([['ERR_ARCHIVE_DISAGREES', DOC, 'another SHA-1']]);
      expect(await problems({ size: 18 })).to.deep.equal([['ERR_ARCHIVE_DISAGREES', DOC, '19 bytes']]);
      expect(await problems({ uri: 'DOC0002.XML' })).to.deep.equal([['ERR_ARCHIVE_DISAGREES', `${FOLDER}/DOC0002.XML`, 'no such file']]);
    });

    it('says what it holds that nothing names, and what is named twice', async () => {
      const { warnings } = await xdm.open(archiveOf(CDA, {}, { [`${FOLDER}/DOC0002.XML`]: CDA, [`${FOLDER}/STYLE.XSL`]: CDA }));
      expect(warnings).to.deep.equal([{ code: 'archive-file-unnamed', detail: `${FOLDER}/DOC0002.XML` }]);
      const twice = await xdm.open(zipOf({ [METADATA]: metadataOf(entryOf(CDA, {}), entryOf(CDA, {})), [DOC]: CDA }));
      expect([twice.files.length, twice.problems.map(({ found }) => found)]).to.deep.equal([1, ['named twice']]);
      const unheld = entryOf(CDA, {}).replace('name="hash"', 'name="other"');
      expect((await xdm.open(zipOf({ [METADATA]: metadataOf(unheld), [DOC]: CDA }))).warnings[0]?.code).to.equal('archive-hash-missing');
    });

    it('is refused when it could harm: bombs, too many files, places outside, names twice, damage', async () => {
      const good = archiveOf(CDA);
      const big = archiveOf(Buffer.alloc(1024 * 1024));
      for (const [archive, reason] of [
        // Says less than it holds: unpacked no further than what it says.
        [patched(big, DOC, 24, (bytes, at) => bytes.writeUInt32LE(10, at)), 'cut, damaged'],
        [patched(good, DOC, 24, (bytes, at) => bytes.writeUInt32LE(129 * 1024 * 1024, at)), 'more than 128 MB unpacked'],
        [patched(good, DOC, 16, (bytes, at) => bytes.writeUInt32LE(1, at)), 'not what was packed'],
        [patched(good, DOC, 8, (bytes, at) => bytes.writeUInt16LE(1, at)), 'an encrypted file'],
        [zipOf(Object.fromEntries(Array.from({ length: ENTRIES_LIMIT + 1 }, (_, i) => [`F${i}`, CDA]))), `more than ${ENTRIES_LIMIT} files`],
        [archiveOf(CDA, {}, { '../../etc/passwd': CDA }), 'outside of itself'],
        [archiveOf(CDA, {}, { '/etc/passwd': CDA }), 'outside of itself'],
        [archiveOf(CDA, {}, { 'IHE_XDM\\..\\X': CDA }), 'outside of itself'],
        [archiveOf(CDA, {}, { [`${FOLDER}/doc0001.xml`]: CDA }), 'two files of one name'],
        [archiveOf(CDA, {}, { [`${FOLDER}/É\u0007`]: CDA }), 'a name that no archive'],
        [good.subarray(0, good.length - 30), 'cut, damaged'],
        [Buffer.from(zipSync({ [METADATA]: Buffer.from('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>') })), 'metadata that are no readable XML'],
        [zipOf({ [DOC]: CDA }), 'no METADATA.XML'],
      ] as const)
        expect(await refusal(xdm.open(archive)), reason).to.include(reason);
    });

    it('is told from other zips', () => {
      expect(xdm.recognises('application/zip', archiveOf(CDA))).to.equal(true);
      expect(xdm.recognises('application/zip', zipOf({ 'word/document.xml': CDA }))).to.equal(false);
    });
  });

  describe('a mail', () => {
    it('gives its header and its attachments, a mail within as an attachment', async () => {
      const inner = mailOf([], [['doc.xml', CDA, 'text/xml']]);
      const { mail: header, files } = await mail.open(
        mailOf(
          ['X-MSS-CODECDA: 34794-8', 'X-MSS-CODECDA: 11488-4', 'X-MSS-INS: N', 'Date: Wed, 07 Oct 2026 10:05:11 +0200'],
          [
            ['a.xml', CDA, 'text/xml'],
            ['fwd.eml', inner, 'message/rfc822'],
          ],
        ),
      );
      expect(header).to.deep.equal({
        messageId: 'm-1@test.mssante.fr',
        from: 'rcp@test.mssante.fr',
        to: ['medecin@test.mssante.fr'],
        subject: 'XDM/1.0/DDM+FRCP Élie',
        date: '2026-10-07T08:05:11.000Z',
        codes: ['34794-8', '11488-4'],
        hasIns: false,
      });
      expect(files.map(({ name, content }) => [name, Buffer.from(content).equals(name === 'a.xml' ? CDA : inner)])).to.deep.equal([
        ['a.xml', true],
        ['fwd.eml', true],
      ]);
    });

    it('is refused when it is nested without end or has too many parts', async () => {
      const deep = Array.from({ length: 100 }, (_, i) => `Content-Type: multipart/mixed; boundary="b${i}"\r\n\r\n--b${i}\r\n`).join('');
      expect(await refusal(mail.open(Buffer.from(`From: a@b.fr\r\n${deep}`)))).to.include('nested too deep');
      const many = Array.from({ length: 201 }, (_, i) => [`f${i}`, CDA] as const);
      expect(await refusal(mail.open(mailOf([], many)))).to.include('more than 200 attachments');
    });

    it('is told from other texts', () => {
      const isMail = (text: string): boolean => mail.recognises('text/plain', Buffer.from(text));
      expect([isMail('Date: x\r\nFrom: a@b.fr\r\n\r\n'), isMail('Cher confrère,\r\nFrom: x'), isMail('Conclusion: rien\r\n')]).to.deep.equal([
        true,
        false,
        false,
      ]);
    });
  });
});
