/** A document stays with its message: neither what crosses to a connector host, nor the event, nor the answer holds any of it. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { UNCONFIGURED, type JournalStore, type MessageCodec } from 'passerelle/contract';
import { Codecs } from '../../core/codecs/index.ts';
import { BlindIndex } from '../../core/journal/index.ts';
import { Knowledge } from '../../core/knowledge/index.ts';
import { InboundLane } from '../../core/lanes/index.ts';
import { ConnectorHost, loadConnectors, loadPlugins } from '../../core/registry/index.ts';
import { openSqliteJournal } from '../../plugins/store-journal-sqlite/index.ts';
import { mdm } from '../bench/messages.ts';

describe('a document', () => {
  it('crosses neither to the connector nor into the answer, large or small', async () => {
    const { codecs, documents } = await loadPlugins();
    const codec = (format: string): MessageCodec => codecs.get(format)!;
    const { manifest, module } = (await loadConnectors()).get('ci-sis');
    const host = new ConnectorHost(module, 'thread');
    await host.start();
    const crossed: string[] = [];
    const folder = mkdtempSync(path.join(tmpdir(), 'passerelle-documents-'));
    const store = await openSqliteJournal(folder);
    // Whichever way the decision goes: with its message, or after it when the connector is slow.
    const journal: JournalStore = Object.assign(Object.create(store) as JournalStore, {
      admit: ((batch, lease) => {
        crossed.push(JSON.stringify(batch.map(({ decision }) => decision)));
        return store.admit(batch, lease);
      }) satisfies JournalStore['admit'],
      decide: ((batch, lease) => {
        crossed.push(JSON.stringify(batch));
        return store.decide(batch, lease);
      }) satisfies JournalStore['decide'],
    });
    const lane = new InboundLane(
      {
        name: 'in',
        connector: 'ci-sis',
        connectorVersion: manifest.version,
        format: 'hl7v2',
        role: 'establishment',
        settings: UNCONFIGURED,
        reply: 'decoded',
        replyWithinMs: 20_000,
        address: 'test',
      },
      {
        journal,
        knowledge: new Knowledge(journal, []),
        connectors: {
          call: async (_, __, call) => {
            const answer = await host.call(call);
            crossed.push(JSON.stringify({ call, answer }));
            if ('error' in answer) throw new Error(answer.error.message);
            return answer.value as never;
          },
        },
        codec,
        codecs: new Codecs(codec, documents),
        index: new BlindIndex(Buffer.alloc(32)),
        now: Date.now,
        random: Math.random,
        count: () => undefined,
        log: () => undefined,
        destinations: () => [],
        queued: () => undefined,
        identified: () => undefined,
        answered: () => undefined,
        replaced: () => undefined,
        deliveredOf: () => Promise.resolve(),
      },
    );
    await lane.start();
    try {
      for (const bytes of [100, 1_000_000]) {
        const message = mdm(bytes, randomUUID().slice(0, 18));
        const from = message.indexOf('^Base64^') + 8;
        const document = message.toString('latin1', from, message.indexOf('|', from));
        const reply = await lane.receive({ bytes: message, peer: 'test' });
        expect(Buffer.from(reply.bytes ?? []).toString()).to.include('MSA|');
        const seen = [...crossed.splice(0), Buffer.from(reply.bytes ?? []).toString()];
        expect(seen.length, 'the connector and the journal were asked').to.be.above(2);
        for (const text of seen)
          for (const at of [0, Math.floor(document.length / 2), document.length - 40]) expect(text).not.to.include(document.slice(at, at + 40));
      }
    } finally {
      await lane.stop();
      await host.stop();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
