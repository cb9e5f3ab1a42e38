/** B9: what is checked, when, and what becomes of it; the rules themselves are tested beside the codec. */
import { expect } from 'chai';
import { DocumentChecks, checksOf, type ChecksSettings } from '../../core/checks/index.ts';
import { openMessage } from '../../core/codecs/index.ts';
import {
  PasserelleError,
  type DocumentCodec,
  type DocumentFinding,
  type DocumentViewer,
  type InsIdentity,
  type Note,
  type OutgoingEnvelope,
} from '../../core/contract/index.ts';
import { BlindIndex } from '../../core/journal/index.ts';
import type { FreshDelivery } from '../../core/lanes/index.ts';
import { plugin as hl7v2 } from '../../plugins/codec-hl7v2/index.ts';

const INS: InsIdentity = {
  ins: '258033399990170',
  insOid: '1.2.250.1.213.1.4.10',
  birthName: 'FAUXVILLE',
  birthGivenNames: 'ELODIE',
  sex: 'F',
  birthDate: '1958-03-14',
};
const XSD: DocumentFinding = { severity: 'error', rules: 'XSD', message: 'element author is missing' };
const RULE: DocumentFinding = { severity: 'warning', rules: 'CI-SIS_CANCER-FRCP_2022.01', message: 'a code is not in its list' };

const raw = Buffer.from(
  `MSH|^~\\&|A|B|C|D|20261002||MDM^T02|C1|T|2.6\rOBX|1|ED|X||^text^XML^Base64^${Buffer.from('<ClinicalDocument/>').toString('base64')}||||||F\r`,
);

interface Asked {
  readonly schemaOnly: boolean;
  readonly content: string;
}

/** Checks over a journal that holds one message, and rules that find what they are told to. */
function ground(settings: Partial<ChecksSettings>, findings: readonly DocumentFinding[], codes: readonly InsIdentity[] = [], keeping?: () => void) {
  const asked: Asked[] = [];
  const notes = new Map<string, string>();
  const kept = Promise.withResolvers<void>();
  const index = new BlindIndex(Buffer.alloc(32));
  const cda: DocumentCodec = {
    id: 'cda',
    recognises: (_mime, content) => Buffer.from(content).includes('ClinicalDocument'),
    read: () => ({ kind: 'cda' }),
    validate: async (content, _rules, options) => {
      asked.push({ schemaOnly: options?.schemaOnly ?? false, content: Buffer.from(content).toString() });
      return findings;
    },
  };
  const viewer: DocumentViewer = {
    recognises: () => true,
    look: async () => ({ kind: 'pdf', datamatrix: codes.map((ins) => ({ page: 1, ins })) }),
  };
  const { envelope, refs } = openMessage(raw, hl7v2.message!, [cda], 'utf-8');
  const checks = new DocumentChecks(
    { datamatrix: false, rules: '/rules', ...settings },
    {
      journal: {
        tag: 'abcd',
        raw: async (_message, from, to) => raw.subarray(from, to),
        keep: async (all: readonly Note[]) => {
          keeping?.();
          for (const { kind, key, value } of all) notes.set(`${kind} ${key}`, value);
          kept.resolve();
        },
      },
      index,
      codec: () => hl7v2.message!,
      documents: [cda],
      viewers: [viewer],
      now: () => Date.parse('2026-10-02T08:00:00Z'),
      log: () => undefined,
    },
  );
  const patient = { ins: INS.ins, insOid: INS.insOid, birthName: INS.birthName };
  const fresh = (message: number, data: object = { patient }): FreshDelivery => ({
    item: { message, delivery: message, lane: 'l', state: 'queued', kind: 'document', keys: [], attempts: 0 },
    format: 'hl7v2',
    event: { id: 'e', type: 'dcc.document.received', time: '', data },
    parts: refs,
    queuedAt: '',
  });
  const read = (message: number) =>
    checksOf(`abcd-${message}`, { notes: async (kind, keys) => keys.map((key) => notes.get(`${kind} ${key}`)) }, index);
  return { checks, asked, fresh, read, kept: kept.promise, opened: { envelope, refs } };
}

describe('checks of documents', () => {
  it('B9: one that came is checked once it is delivered, not before, and the result stands with its message', async () => {
    const { checks, asked, fresh, read, kept } = ground({}, [XSD, RULE]);
    checks.expect([fresh(7)], 'utf-8');
    expect([asked.length, await read(7)]).to.deep.equal([0, undefined]);
    checks.delivered(7);
    await kept;
    expect(asked).to.deep.equal([{ schemaOnly: false, content: '<ClinicalDocument/>' }]);
    expect(await read(7)).to.deep.equal([{ part: 'p1', at: '2026-10-02T08:00:00.000Z', errors: 1, warnings: 1, findings: [XSD, RULE] }]);
    await checks.stop();
  });

  it('B9: is checked once, however many places it is delivered to', async () => {
    const { checks, asked, fresh, kept } = ground({}, []);
    checks.expect([fresh(7), fresh(7)], 'utf-8');
    checks.delivered(7);
    checks.delivered(7);
    await kept;
    await checks.stop();
    expect(asked).to.have.length(1);
  });

  it('B9: where a site asks for it before, a schema that fails is a warning of the decision', async () => {
    const { checks, read, opened } = ground({}, [XSD, RULE, RULE]);
    const warnings = await checks.before(7, opened, raw, 'hl7v2', 'utf-8');
    expect(warnings).to.deep.equal([
      { code: 'cda-schema-invalid', detail: '1', location: { hl7: 'OBX[1]-5.5' } },
      { code: 'cda-rules-failed', detail: '2', location: { hl7: 'OBX[1]-5.5' } },
    ]);
    expect((await read(7))?.[0]).to.include({ errors: 1, warnings: 2 });
  });

  it('B9: a check before the decision that cannot be made, or kept, is a warning of it; only what passes is tried again', async () => {
    const broken = (code: 'ERR_INVARIANT' | 'ERR_JOURNAL_UNAVAILABLE'): Promise<unknown> => {
      const { checks, opened } = ground({}, [], [], () => {
        throw new PasserelleError(code);
      });
      return checks.before(7, opened, raw, 'hl7v2', 'utf-8').catch((thrown: unknown) => PasserelleError.from(thrown).code);
    };
    expect(await broken('ERR_INVARIANT')).to.deep.equal([{ code: 'cda-not-checked', detail: 'ERR_INVARIANT' }]);
    expect(await broken('ERR_JOURNAL_UNAVAILABLE')).to.equal('ERR_JOURNAL_UNAVAILABLE');
  });

  it('A8: an INS datamatrix that names another patient than the message is an error, one of the same is none', async () => {
    for (const [code, errors] of [
      [INS, 0],
      [{ ...INS, ins: '175069999012356' }, 1],
    ] as const) {
      const { checks, fresh, read, kept } = ground({ datamatrix: true }, [], [code]);
      checks.expect([fresh(7)], 'utf-8');
      checks.delivered(7);
      await kept;
      expect((await read(7))?.[0]?.errors).to.equal(errors);
      await checks.stop();
    }
  });

  it('B9: a CDA that we write does not leave when the schema refuses it; a part of the message that came is none of ours', async () => {
    const made: OutgoingEnvelope = {
      format: 'hl7v2',
      text: '',
      parts: [
        {
          at: 'OBX[1]-5.5',
          encoding: 'base64',
          from: { pieces: ['<ClinicalDocument>', { part: 'p1', encoding: 'base64' }, '</ClinicalDocument>'], mime: 'text/xml' },
        },
      ],
    };
    const codeOf = (envelope: OutgoingEnvelope, findings: readonly DocumentFinding[]): Promise<string> =>
      ground({}, findings)
        .checks.written(envelope)
        .then(() => 'sent')
        .catch((error: unknown) => PasserelleError.from(error).code);
    expect(await codeOf(made, [XSD])).to.equal('ERR_DOCUMENT_INVALID');
    // A rule that fails is for people to look at.
    expect(await codeOf(made, [RULE])).to.equal('sent');
    expect(await codeOf({ ...made, parts: [{ ...made.parts![0]!, from: { part: 'p1' } }] }, [XSD])).to.equal('sent');
    const { checks, asked } = ground({}, []);
    await checks.written(made);
    expect(asked[0]).to.deep.equal({ schemaOnly: true, content: '<ClinicalDocument>AAAA</ClinicalDocument>' });
  });

  it('does nothing where no rules are named', async () => {
    const { checks, asked, fresh, opened } = ground({ rules: undefined! }, [XSD]);
    checks.expect([fresh(7)], 'utf-8');
    checks.delivered(7);
    expect(await checks.before(7, opened, raw, 'hl7v2', 'utf-8')).to.deep.equal([]);
    await checks.stop();
    expect(asked).to.deep.equal([]);
  });
});
