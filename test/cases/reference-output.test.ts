/**
 * The reference output of the samples: a PPS of the record as care software must receive it (`kprocess/01`, profile `1.1^CISIS_CDA_HL7_LPS`). What
 * the dxcare connector writes is compared field by field, as the sample's note asks; names may stand in either order, ids and times are our own.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { parseHl7 } from 'passerelle/codec/hl7v2';
import type { DocumentTypeRule } from 'passerelle/contract';
import { openMessage } from '../../core/codecs/open.ts';
import { samplesFolder } from './samples.ts';
import { FIXED_NOW, hasShared, readSettings, translateFile, translatorOf } from './translating.ts';

const FIELDS = [
  'MSH-9',
  'MSH-9.2',
  'MSH-9.3',
  'MSH-11',
  'MSH-12',
  'MSH-17',
  'MSH-18',
  'MSH-21',
  'PV1-2',
  'ORC-1',
  'TXA-1',
  'TXA-2',
  'TXA-3',
  'TXA-12',
  'TXA-17',
];
const WHOLE_SEGMENTS = ['PRT', 'OBX'];

describe(`the reference output of the record${hasShared ? '' : ' (skipped: the shared folder is absent)'}`, () => {
  before(function () {
    if (!hasShared) this.skip();
  });

  it('is what the DPI of an establishment is sent: same segments, flags, participants, mail and document', () => {
    const file = path.join(samplesFolder, 'kprocess/01_outgoing_pps_mdm.hl7');
    const pps: DocumentTypeRule = { system: 'LN', code: '18776-5', type: 'PPS' };
    const settings = { ...readSettings(path.join(samplesFolder, 'kprocess/settings.yaml')), documentTypes: [pps] };
    const [{ events: [event] } = { events: [] }] = translateFile(file, 'ci-sis', settings);
    if (!event) throw new Error('the sample gives no event');

    const { connector, codec } = translatorOf('dxcare');
    const sample = codec.open(readFileSync(file), { charsetFallback: 'utf-8', readDocument: () => undefined });
    const parts = sample.envelope.parts.map(({ part, bytes, mime, sha256 }) => ({ part, bytes, mime, sha256 }));
    const result = connector.encode({ event, parts }, { settings, now: FIXED_NOW, newId: () => 'NEWID1' });
    if (result.outcome !== 'message') throw new Error(result.error.message);
    const content = (name: string): Uint8Array => sample.parts.find((p) => p.part === name)?.content ?? new Uint8Array();
    const ours = openMessage(Buffer.concat(codec.build(result.envelope, content)), codec, [], 'utf-8').envelope;

    const [expected, found] = [parseHl7(sample.envelope.text), parseHl7(ours.text)];
    expect(found.segments.map((s) => s.name)).to.deep.equal(expected.segments.map((s) => s.name));
    for (const field of FIELDS) expect(found.get(field), field).to.equal(expected.get(field));
    for (const name of WHOLE_SEGMENTS)
      expect(
        found.all(name).map((s) => trimmed(s.raw)),
        name,
      ).to.deep.equal(expected.all(name).map((s) => trimmed(s.raw)));
    const people = (m: typeof found): string[] => [...(m.first('PID')?.reps(3) ?? []), ...(m.first('PID')?.reps(5) ?? [])].map((f) => f.raw).sort();
    expect(people(found)).to.deep.equal(people(expected));
    expect(ours.parts.map((p) => p.sha256)).to.deep.equal(sample.envelope.parts.map((p) => p.sha256));
  });
});

const trimmed = (segment: string): string => segment.replace(/\|+$/, '');
