/**
 * The class, not the sample: each official message and vendor sample that carries a document, written as other senders write the same thing. Patient,
 * document, visibility and action must come out the same.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { UNCONFIGURED, type SiteSettings } from 'passerelle/contract';
import { translate, type Translation } from '../../core/lanes/translation.ts';
import { officialFiles, officialFolder } from './official-messages.ts';
import { isMessage, readIndex, samplesFolder, settingsOf } from './samples.ts';
import { FIXED_NOW, hasShared, readSettings, translatorOf } from './translating.ts';

type Lines = readonly string[];
const isFlag = (line: string): boolean => /^OBX\|[^|]*\|C[WN]?E\|.*MetaDMPMSS/.test(line);
const inMsh = (field: number, value: (before: string) => string) => (lines: Lines) =>
  lines.map((line) => {
    if (!line.startsWith('MSH')) return line;
    const fields = line.split('|');
    // MSH-1 is the separator itself.
    if (fields[field - 1] !== undefined) fields[field - 1] = value(fields[field - 1]!);
    return fields.join('|');
  });

/** Of the lines of a message, decoded. */
const VARIATIONS: Readonly<Record<string, (lines: Lines) => Lines>> = {
  'MSH-9 without its structure': inMsh(9, (type) => type.split('^').slice(0, 2).join('^')),
  'a later version of HL7': inMsh(12, () => '2.7.1'),
  'an older version of HL7': inMsh(12, () => '2.3.1'),
  'the flags in the opposite order': (lines) => {
    const flags = lines.filter(isFlag).toReversed();
    return lines.map((line) => (isFlag(line) ? flags.shift()! : line));
  },
  'flags without labels': (lines) => lines.map((line) => (isFlag(line) ? line.replace(/^((?:[^|]*\|){3}[^^|]*)\^[^^|]*\^/, '$1^^') : line)),
  'flags in small letters': (lines) =>
    lines.map((line) => (isFlag(line) ? line.replace(/\|([YN])\^/, (_, yes: string) => `|${yes.toLowerCase()}^`) : line)),
  'no optional segment': (lines) => lines.filter((line) => !/^(PV1|PV2|NTE|TQ1|TQ2|PD1|ROL|SFT|UAC)\|/.test(line)),
  'a segment of its own': (lines) => [...lines, 'ZZZ|1|something'],
  'empty fields at the end of each segment': (lines) => lines.map((line) => (line.startsWith('MSH') ? line : `${line}||||`)),
  'other words for Base64': (lines) => lines.map((line) => line.replace(/\^(text)\^(XML)\^(base64)\^/i, '^Text^xml^BASE64^')),
  'Base64 in lines': (lines) =>
    lines.map((line) => line.replace(/[A-Za-z0-9+/]{4000,}={0,2}/, (base64) => base64.match(/.{1,76}/g)!.join('\\.br\\'))),
  // No value of these messages has the sign; Base64 has no circumflex.
  'another separator of components': (lines) => lines.map((line) => line.replaceAll('^', '$')),
};

/** Of the bytes: their ends of line, their frame, their charset. */
const FORMS: Readonly<Record<string, (lines: Lines) => Buffer>> = {
  'ends of line CRLF': (lines) => Buffer.from(`${lines.join('\r\n')}\r\n`),
  'ends of line LF, blank lines after it': (lines) => Buffer.from(`${lines.join('\n')}\n\n\n`),
  'an MLLP frame': (lines) => Buffer.from(`\x0b${lines.join('\r')}\r\x1c\r`),
  'a byte order mark': (lines) => Buffer.from(`\uFEFF${lines.join('\r')}\r`),
  'ISO 8859-1': (lines) => Buffer.from(`${inMsh(18, () => '8859/1')(lines).join('\r')}\r`, 'latin1'),
};

/** What must not change; a name of a part, and the stay that some variations leave out, may. */
function meaning(found: readonly Translation[]): unknown {
  return found.map(({ decision, events, error }) => ({
    decision: decision.replace('accept-with-warning', 'accept'),
    error: error?.code,
    events: events.map(({ type, data }) => {
      const { patient, document, visibility, consent, authorRpps } = data as Record<string, unknown>;
      return { type, patient, document, visibility, consent, authorRpps };
    }),
  }));
}

interface Told {
  readonly file: string;
  readonly lines: Lines;
  readonly settings: SiteSettings;
}

function told(file: string, settings: SiteSettings): Told {
  const bytes = readFileSync(file);
  const utf8 = bytes.toString('utf8');
  // Whatever it declares; and with no character that one of the charsets below lacks.
  const text = (utf8.includes('\uFFFD') ? new TextDecoder('windows-1252').decode(bytes) : utf8).replaceAll(/[^\t\r\n -\xff]/g, '');
  return { file, lines: text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== ''), settings };
}

const documents: readonly Told[] = !hasShared
  ? []
  : [
      ...officialFiles().map((file) => told(path.join(officialFolder, file), UNCONFIGURED)),
      ...readIndex()
        .filter(isMessage)
        .map((sample) => told(path.join(samplesFolder, sample.file), readSettings(settingsOf(sample)))),
    ].filter(({ lines }) => lines.filter((line) => line.startsWith('MSH')).length === 1 && /^MSH\|.*\|(MDM|ORU)\^/.test(lines[0] ?? ''));

const read = ({ settings }: Told, bytes: Buffer): readonly Translation[] => translate(bytes, translatorOf('ci-sis'), settings, FIXED_NOW);

describe(`documents, as other senders write them${hasShared ? '' : ' (skipped: the shared folder is absent)'}`, () => {
  before(function () {
    if (!hasShared) this.skip();
  });
  if (hasShared) it('are found', () => expect(documents.length).to.be.greaterThan(12));

  for (const one of documents) {
    const name = path.relative(hasShared ? path.dirname(samplesFolder) : '.', one.file).replace(/^.*(hl7v2|samples)\//, '');
    it(`${name} says the same in ${Object.keys(VARIATIONS).length + Object.keys(FORMS).length} other ways`, () => {
      const expected = meaning(read(one, Buffer.from(`${inMsh(18, () => 'UNICODE UTF-8')(one.lines).join('\r')}\r`)));
      const utf8 = inMsh(18, () => 'UNICODE UTF-8')(one.lines);
      for (const [title, vary] of Object.entries(VARIATIONS))
        expect(meaning(read(one, Buffer.from(`${vary(utf8).join('\r')}\r`))), title).to.deep.equal(expected);
      for (const [title, form] of Object.entries(FORMS)) expect(meaning(read(one, form(utf8))), title).to.deep.equal(expected);
    });
  }
});
