/** The scripts of the demonstration against the engine's own codecs and connectors, without sockets: do they speak what the engine reads? */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { CanonicalEventLike, ConnectorContext, Envelope, PeerDefinition, PeerMessage, SiteSettings } from '../../../core/contract/index.ts';
import { parse } from 'yaml';
import { decodeFr, NATIONAL_PROFILE } from '../../codec-hl7v2-fr/index.ts';
import { plugin as cdaCodec } from '../../codec-cda-reader/index.ts';
import { plugin as hl7Codec } from '../../codec-hl7v2/index.ts';
import { plugin as jsonCodec } from '../../codec-json/index.ts';
import { plugin as pdfCodec } from '../../codec-pdf/index.ts';
import { loadPeer } from '../index.ts';
import { connector } from '../../../connectors/k-process/src/index.ts';
import { makeWorld } from '../world.ts';

const root = path.resolve(import.meta.dirname, '../../../..');
const demo = (name: string): SiteSettings => ({
  ...(parse(readFileSync(path.join(root, 'config/demo', name), 'utf8')) as SiteSettings),
  connector: {},
});
const contextOf = (settings: SiteSettings): ConnectorContext => {
  let ids = 0;
  return { settings, now: '2026-09-15T09:00:00+02:00', newId: () => `E${++ids}` };
};
const documents = [cdaCodec, pdfCodec].flatMap((plugin) => (plugin.kind === 'codec' && plugin.document ? [plugin.document] : []));

function open(message: PeerMessage, format: 'hl7v2' | 'json'): Envelope {
  const codec = [hl7Codec, jsonCodec].find((plugin) => plugin.kind === 'codec' && plugin.message?.id === format);
  const message_ = codec?.kind === 'codec' ? codec.message! : undefined;
  return message_!.open(message.bytes, {
    charsetFallback: 'windows-1252',
    ...(message.http && { http: message.http }),
    readDocument: (content, mime) => documents.find((each) => each.recognises(mime, content))?.read(content),
  }).envelope;
}

/** One peer with its state, clock and ids. */
async function live(id: string) {
  const script: PeerDefinition = await loadPeer(id);
  const state = script.init();
  let seconds = 0;
  const world = makeWorld(
    { born: id.slice(0, 2).toUpperCase(), ids: 1, seed: 1 },
    () => new Date(Date.UTC(2026, 8, 15, 8, 0, seconds++)),
    () => '',
    () => Promise.reject(new Error('no kit')),
  );
  return {
    script,
    act: (name: string, args = {}) => script.actions[name]!(args, state, world),
    hear: (message: Pick<PeerMessage, 'bytes' | 'http'>) => script.onMessage(message, state, world),
    counts: () => script.counts(state),
    world,
  };
}

describe('the DxCare of the demonstration', () => {
  const settings = demo('estuaire.yaml');
  const decode = (message: PeerMessage) => decodeFr(open(message, 'hl7v2'), contextOf(settings), NATIONAL_PROFILE);

  it('sends what the engine reads as the day says', async () => {
    const dxcare = await live('dxcare');
    const seen: string[] = [];
    for (const action of ['admission', 'identity-change', 'merge', 'letter', 'cda', 'replacement', 'refused', 'quarantined']) {
      for (const message of dxcare.act(action)) {
        const { decision, error, events, warnings } = decode(message);
        seen.push(`${action} ${message.type} ${decision} ${error?.code ?? events.map(({ type }) => type).join('+')}`);
        expect(
          warnings.filter(({ code }) => code !== 'birth-place-text'),
          `${action} ${message.type}`,
        ).to.deep.equal([]);
      }
    }
    expect(seen).to.deep.equal([
      'admission ADT^A28 accept dcc.identity.updated',
      'admission ADT^A01 accept dcc.identity.updated+dcc.visit.opened',
      'identity-change ADT^A31 accept dcc.identity.updated',
      'merge ADT^A28 accept dcc.identity.updated',
      'merge ADT^A40 accept dcc.identity.merged',
      'letter ORU^R01 accept dcc.document.received',
      'cda MDM^T02 accept dcc.document.received',
      'replacement MDM^T10 accept dcc.document.received',
      'refused MDM^T02 reject ERR_PATIENT_MISMATCH',
      'quarantined ORU^R01 quarantine ERR_DOCUMENT_TYPE_UNKNOWN',
    ]);
  });

  it('files a document of a patient it knows once, however often it comes', async () => {
    const [dxcare, other] = [await live('dxcare'), await live('dxcare')];
    dxcare.act('admission');
    other.act('admission');
    const [document] = other.act('cda');
    const first = Buffer.from(dxcare.hear(document!).bytes).toString();
    expect(first).to.contain(`MSA|AA|${document!.controlId}`);
    expect(Buffer.from(dxcare.hear(document!).bytes).toString()).to.equal(first);
    const [replacement] = other.act('replacement');
    expect(Buffer.from(dxcare.hear(replacement!).bytes).toString()).to.contain('MSA|AA|');
    expect(Buffer.from(dxcare.hear(other.act('letter')[0]!).bytes).toString()).to.contain('MSA|AA|');
    expect(dxcare.counts()).to.deep.include({ received: 4, distinct: 3, duplicates: 1, refused: 0, outOfOrder: {} });
    expect(Object.values(dxcare.counts().filed)).to.deep.equal([3]);
  });

  it('refuses a patient it does not know with 902 and another INS with 904, and counts what comes in the wrong order', async () => {
    const [empty, dxcare, other] = [await live('dxcare'), await live('dxcare'), await live('dxcare')];
    dxcare.act('admission');
    other.act('admission');
    const [document] = other.act('cda');
    expect(Buffer.from(empty.hear(document!).bytes).toString()).to.match(/MSA\|AE\|.*\rERR\|\|\|207\^Application error\^HL70357\|E\|902\^/);
    const forged = {
      ...document!,
      bytes: Buffer.from(Buffer.from(document!.bytes).toString().replace(other.world.person(1).ins, other.world.person(2).ins)),
    };
    expect(Buffer.from(dxcare.hear(forged).bytes).toString()).to.match(/\|904\^/);
    const [replacement] = other.act('replacement');
    dxcare.hear(replacement!);
    dxcare.hear(document!);
    expect(Object.values(dxcare.counts().outOfOrder)).to.deep.equal([1]);
  });
});

describe('the K-Process of the demonstration', () => {
  const settings = demo('dcc.yaml');
  let number = 0;

  /** What the engine would send it of a message of DxCare. */
  function forward(message: PeerMessage): readonly PeerMessage[] {
    const envelope = open(message, 'hl7v2');
    const { events } = decodeFr(envelope, contextOf(demo('estuaire.yaml')), NATIONAL_PROFILE);
    return events.flatMap((draft) => {
      number += 1;
      const event: CanonicalEventLike = {
        id: `ev${number}`,
        source: '/x',
        time: '2026-09-15T10:00:00Z',
        site: '990001018',
        type: draft.type,
        data: draft.data,
      };
      const encoded = connector.encode({ event, parts: [] }, { ...contextOf(settings), newId: () => `M${number}` });
      if (encoded.outcome !== 'message') return [];
      const { text, http, controlId } = encoded.envelope;
      return [{ controlId: controlId!, type: draft.type, bytes: Buffer.from(text), http: http! }];
    });
  }
  const outcomeOf = (reply: { bytes: Uint8Array; http?: object }, sent: PeerMessage) =>
    connector.interpret(
      { format: 'json', text: Buffer.from(reply.bytes).toString(), parts: [], charset: 'utf-8', warnings: [], http: reply.http as never },
      { controlId: sent.controlId, type: sent.type },
    );

  it('takes identities once each, answers a repeated messageId with 200, and sends a sheet that the engine takes', async () => {
    const [dxcare, record] = [await live('dxcare'), await live('k-process')];
    expect(() => record.act('frcp')).to.throw('identity must come first');
    const identities = [...dxcare.act('admission'), ...dxcare.act('identity-change'), ...dxcare.act('merge')].flatMap(forward);
    expect(identities.length).to.be.above(2);
    for (const message of identities) expect(outcomeOf(record.hear(message), message)).to.include({ outcome: 'delivered', ack: 'HTTP 201' });
    expect(outcomeOf(record.hear(identities[0]!), identities[0]!)).to.include({ outcome: 'delivered', ack: 'HTTP 200' });
    expect(record.counts()).to.deep.include({ duplicates: 1, distinct: identities.length, refused: 0 });
    for (const format of ['cda', 'pdf']) {
      const [sheet] = record.act('frcp', { format });
      const { decision, events, error } = connector.decode(open(sheet!, 'json'), contextOf(settings));
      expect(error).to.equal(undefined);
      expect(decision, format).to.equal('accept');
      expect(events[0]).to.deep.include({ type: 'dcc.document.received', destinations: ['990001018'] });
      expect(events[0]!.keys).to.deep.equal([{ domain: 'estuaire', value: '0004512001' }]);
    }
  });

  it('says 902 for a document of a patient it does not know, and files it once known', async () => {
    const [dxcare, record] = [await live('dxcare'), await live('k-process')];
    const known = dxcare.act('admission').flatMap(forward);
    const bytes = Buffer.from(
      JSON.stringify({
        ...JSON.parse(Buffer.from(known[0]!.bytes).toString()),
        messageId: 'D1',
        type: 'document.published',
        document: { type: 'LDL', sourceId: 'D-1', content: { mime: 'text/plain', encoding: 'text', content: 'x' } },
      }),
    );
    const document: PeerMessage = {
      controlId: 'D1',
      type: 'dcc.document.received',
      bytes,
      http: { method: 'POST', path: '/v1/documents', headers: { 'idempotency-key': 'D1' } },
    };
    expect(outcomeOf(record.hear(document), document)).to.include({ outcome: 'unknown-there', applicationCode: 902 });
    for (const message of known) record.hear(message);
    expect(outcomeOf(record.hear(document), document)).to.include({ outcome: 'delivered' });
    expect(Object.values(record.counts().filed)).to.deep.equal([1]);
  });
});
