/** The codec thread: a message that ends it or hangs in it is refused after a second try, and holds up nobody behind it. */
import path from 'node:path';
import { expect } from 'chai';
import type { MessageCodec } from 'passerelle/contract';
import { CodecThread, Codecs, LARGE_BYTES, type Examined } from '../../../core/codecs/index.ts';
import { PasserelleError } from '../../../core/contract/index.ts';
import { plugin as hl7v2 } from '../../../plugins/codec-hl7v2/index.ts';
import { loadPlugins } from '../../../core/registry/index.ts';
import { mdm } from '../../bench/messages.ts';

const MDM = mdm(LARGE_BYTES, 'bench.000.00000003');
const large = (text: string): Buffer => Buffer.alloc(LARGE_BYTES, text.padEnd(8));
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'taken',
    (error: unknown) => PasserelleError.from(error).code,
  );

describe('the codec thread', () => {
  let codecs: Codecs;
  const using = (codec: MessageCodec, thread: CodecThread): Codecs => (codecs = new Codecs(() => codec, [], thread));
  const unruly = (callTimeoutMs: number): Codecs =>
    using(hl7v2.message!, new CodecThread(path.join(import.meta.dirname, 'unruly-worker.js'), { callTimeoutMs, memoryMb: 64 }));
  afterEach(() => codecs.stop());

  for (const [what, text, ms] of [
    ['ends it', 'end', 20_000],
    ['hangs in it', 'hang', 300],
  ] as const)
    it(`refuses a message that ${what}, and answers those around it`, async () => {
      const those = unruly(ms);
      const opened = ['one', text, 'two'].map((one) => those.open('plain', large(one), 'utf-8'));
      expect(await Promise.all(opened.map(codeOf))).to.deep.equal(['taken', 'ERR_CODEC_FAILED', 'taken']);
      expect((await opened[2]!).envelope.text).to.equal('two');
    });

  it('takes as one message a frame that nobody can take apart', async () => {
    const frame = large('end');
    const [only, ...more] = await unruly(20_000).examine('hl7v2', frame);
    expect(more).to.have.length(0);
    expect(only?.bytes).to.equal(frame);
    expect(only?.peek.fingerprint).to.have.length(64);
  });

  it('refuses, for now, what comes when it has stopped or cannot start', async () => {
    using(hl7v2.message!, new CodecThread('/nowhere/worker.js'));
    expect(await codeOf(codecs.open('hl7v2', large('x'), 'utf-8'))).to.equal('ERR_HOST_UNAVAILABLE');
    await codecs.stop();
    expect(await codeOf(codecs.open('hl7v2', large('x'), 'utf-8'))).to.equal('ERR_HOST_UNAVAILABLE');
  });

  it('does what is done without it: the same messages, the same parts, the same bytes out', async () => {
    const { codecs: installed, documents } = await loadPlugins();
    const codec = (format: string): MessageCodec => installed.get(format)!;
    const here = new Codecs(codec, documents);
    const there = (codecs = new Codecs(codec, documents, new CodecThread()));
    const settings = { charsetFallback: 'utf-8' };
    const two = Buffer.concat([MDM, MDM]);
    const plain = ({ bytes, peek }: Examined): unknown => ({ bytes: Buffer.from(bytes), peek });
    expect((await there.examine('hl7v2', two)).map(plain)).to.deep.equal((await here.examine('hl7v2', two)).map(plain));
    const [examined] = await there.examine('hl7v2', MDM, settings);
    const opened = await here.open('hl7v2', MDM, 'utf-8');
    expect(examined?.opened).to.deep.equal(opened);
    expect(await there.open('hl7v2', MDM, 'utf-8')).to.deep.equal(opened);
    expect(Buffer.from(examined?.spare ?? []).equals(MDM)).to.equal(true);
    const { envelope, refs } = opened;
    const places = envelope.parts.map(({ at, encoding, part }) => ({ at, encoding, from: { part } }));
    const pieces = [
      { at: '/d', encoding: 'base64' as const, from: { pieces: ['<a>', { part: 'p1', encoding: 'base64' as const }], mime: 'text/xml' } },
    ];
    const read = async (from = 0, to = MDM.length): Promise<Uint8Array> => new Uint8Array(MDM.subarray(from, to));
    for (const outgoing of [
      { format: 'hl7v2', text: envelope.text, parts: places },
      { format: 'json', text: '{"d":""}', parts: pieces },
    ]) {
      const request = { envelope: outgoing, format: 'hl7v2', charsetFallback: 'utf-8', parts: refs, read };
      const sent = await Promise.all([there.build(request), here.build(request), here.build({ ...request, raw: MDM })]);
      const [first, ...others] = sent.map(({ pieces: made, sha256, bytes }) => ({ all: Buffer.concat(made), sha256, bytes }));
      for (const other of others) expect(other).to.deep.equal(first);
      if (outgoing.format === 'hl7v2') expect(first?.all.equals(MDM)).to.equal(true);
    }
    const toldBy = async (text: string, parts = refs): Promise<string> =>
      (await here.build({ envelope: { format: 'hl7v2', text, parts: places }, format: 'hl7v2', charsetFallback: 'utf-8', parts, read, raw: MDM }))
        .sha256;
    const other = refs.map((ref) => ({ ...ref, sha256: ref.sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) }));
    const hashes = [await toldBy(envelope.text), await toldBy(envelope.text.replace('MDM', 'MDN')), await toldBy(envelope.text, other)];
    expect(new Set(hashes).size, 'another text, another document').to.equal(hashes.length);
    const damaged = async (from = 0, to = MDM.length): Promise<Uint8Array> => Buffer.from(MDM.subarray(from, to)).fill('A', 100, 200);
    const request = { envelope: { format: 'hl7v2', text: envelope.text, parts: places }, format: 'hl7v2', charsetFallback: 'utf-8', parts: refs };
    for (const side of [here, there]) expect(await codeOf(side.build({ ...request, read: damaged }))).to.equal('ERR_INVARIANT');
  });
});
