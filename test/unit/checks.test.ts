/** B9: what is checked, when, and what becomes of it; the rules themselves are tested beside the codec. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { DocumentChecks, checksOf, type ChecksSettings, type MisnamedDocument } from '../../core/checks/index.ts';
import { openMessage } from '../../core/codecs/index.ts';
import {
  PasserelleError,
  type DeliveryMaterial,
  type DeliverySummary,
  type DocumentCodec,
  type DocumentFinding,
  type DocumentLook,
  type DocumentViewer,
  type InsIdentity,
  type MessageHistory,
  type Note,
  type OutgoingEnvelope,
} from '../../core/contract/index.ts';
import { BlindIndex } from '../../core/journal/index.ts';
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

interface Ground {
  readonly codes?: readonly InsIdentity[];
  readonly keeping?: () => void;
  readonly validating?: () => void;
  /** Before the deliveries from there on are read. */
  readonly looking?: (after: number) => void;
  readonly site?: 'after' | 'never';
  readonly raw?: Buffer;
  readonly events?: readonly { readonly patient: object; readonly document: object }[];
  readonly misnamed?: (document: MisnamedDocument) => void;
  /** Of what its pages show, beside codes. */
  readonly seen?: (content: Buffer) => Partial<DocumentLook>;
}

interface Asked {
  readonly schemaOnly: boolean;
  readonly content: string;
}

/** Checks over a journal whose messages are all the same, and rules that find what they are told to. */
function ground(
  settings: Partial<ChecksSettings>,
  findings: readonly DocumentFinding[],
  { codes = [], keeping, site = 'after', validating, looking, raw: given = raw, events, misnamed, seen }: Ground = {},
) {
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
      validating?.();
      return findings;
    },
  };
  const viewer: DocumentViewer = {
    recognises: () => true,
    look: async (content) => ({
      kind: 'pdf',
      ...seen?.(Buffer.from(content)),
      datamatrix: codes.filter((ins) => !events || Buffer.from(content).includes(ins.ins)).map((ins) => ({ page: 1, ins })),
    }),
  };
  const { envelope, refs } = openMessage(given, hl7v2.message!, [cda], 'utf-8');
  const patient = { ins: INS.ins, insOid: INS.insOid, birthName: INS.birthName };
  const type = 'dcc.document.received';
  const event = { id: 'e', type, time: '', site: '990001018', data: { patient } };
  const delivered: DeliverySummary[] = [];
  const withdrawing = new Set<number>();
  const read = async (kind: string, keys: readonly string[]): Promise<readonly (string | undefined)[]> =>
    keys.map((key) => notes.get(`${kind} ${key}`));
  const make = (): DocumentChecks =>
    new DocumentChecks(
      { datamatrix: false, rules: '/rules', ...settings },
      {
        journal: {
          tag: 'abcd',
          raw: async (_message, from, to) => given.subarray(from, to),
          message: async () => ({ events: (events ?? [event.data]).map((data) => ({ event: { ...event, data } })) }) as never,
          keep: async (all: readonly Note[]) => {
            keeping?.();
            for (const { kind, key, value } of all) notes.set(`${kind} ${key}`, value);
            kept.resolve();
          },
          notes: read,
          material: async (deliveries) =>
            deliveries.map((delivery): DeliveryMaterial => {
              const message = delivered.find((one) => one.delivery === delivery)?.message ?? delivery;
              const type = withdrawing.has(delivery) ? 'dcc.document.deleted' : event.type;
              return { delivery, message, format: 'hl7v2', event: { ...event, type }, parts: refs, queuedAt: '', attempts: 1 };
            }),
          deliveries: async (_filter, { limit, after = '0' }) => {
            looking?.(Number(after));
            const rest = delivered.toReversed().slice(Number(after));
            return { items: rest.slice(0, limit), ...(rest.length > limit && { next: String(Number(after) + limit) }) };
          },
        },
        index,
        codec: () => hl7v2.message!,
        documents: [cda],
        viewers: [viewer],
        misnamed: async (document) => misnamed?.(document),
        now: () => Date.parse('2026-10-02T08:00:00Z'),
        log: () => undefined,
        site: () => ({ documentChecks: site, charsetFallback: 'utf-8' }),
      },
    );
  const taken = (message: number): DeliverySummary => ({
    message,
    delivery: message,
    lane: 'l',
    state: 'delivered',
    kind: 'document',
    keys: [],
    attempts: 1,
    eventId: 'e',
    eventType: type,
    run: 1,
    queuedAt: '',
  });
  const history = (message: number): MessageHistory => ({ message: { message, site: '990001018' }, deliveries: [taken(message)] }) as never;
  const results = (message: number) => checksOf(`abcd-${message}`, { notes: read }, index);
  return {
    raw: given,
    patient,
    checks: make(),
    make,
    asked,
    taken,
    delivered,
    withdrawing,
    history,
    read: results,
    kept: kept.promise,
    opened: { envelope, refs },
  };
}

describe('checks of documents', () => {
  it('B9: one that came is checked once it is delivered, not before, and the result stands with its message', async () => {
    const { checks, asked, taken, read, history, kept } = ground({}, [XSD, RULE]);
    checks.delivered(taken(7));
    expect([checks.standing(history(7)), await read(7)]).to.deep.equal(['waiting', undefined]);
    await kept;
    expect(asked).to.deep.equal([{ schemaOnly: false, content: '<ClinicalDocument/>' }]);
    expect(await read(7)).to.deep.equal([{ part: 'p1', at: '2026-10-02T08:00:00.000Z', errors: 1, warnings: 1, findings: [XSD, RULE] }]);
    await checks.stop();
  });

  it('B9: is checked once, however many places it is delivered to', async () => {
    const { checks, asked, taken, kept } = ground({}, []);
    for (const delivery of [7, 8]) checks.delivered({ ...taken(7), delivery });
    await kept;
    checks.delivered(taken(7));
    await pause(300);
    await checks.stop();
    expect(asked).to.have.length(1);
  });

  it('B9: a document is checked whose message withdraws another, whichever is delivered first, and while the other is looked at', async () => {
    for (const order of [
      [7, 70],
      [70, 7],
    ]) {
      const { checks, asked, taken, delivered, withdrawing, kept } = ground({}, []);
      withdrawing.add(70);
      for (const delivery of order) {
        delivered.push({ ...taken(7), delivery });
        checks.delivered({ ...taken(7), delivery });
      }
      await kept;
      await checks.stop();
      expect(asked).to.have.length(1);
    }
    const { checks, taken, delivered, withdrawing, asked, kept } = ground({}, []);
    withdrawing.add(70);
    delivered.push({ ...taken(7), delivery: 70 }, taken(7));
    checks.delivered({ ...taken(7), delivery: 70 });
    await Promise.resolve();
    checks.delivered(taken(7));
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
      const { checks, opened } = ground({}, [], {
        keeping: () => {
          throw new PasserelleError(code);
        },
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
      const { checks, taken, read, kept } = ground({ datamatrix: true }, [], { codes: [code] });
      checks.delivered(taken(7));
      await kept;
      expect((await read(7))?.[0]?.errors).to.equal(errors);
      await checks.stop();
    }
  });

  it('A8: each document of a message is held against its own patient, and each that names another is told, with every patient on its pages', async () => {
    const other = { ...INS, ins: '175069999012356' };
    const third = { ...INS, ins: '290119999012370' };
    const pages = [INS.ins, other.ins, `${other.ins} ${INS.ins} ${third.ins}`].map((text) =>
      Buffer.from(`<ClinicalDocument>${text}`).toString('base64'),
    );
    const of = (part: string, { ins, insOid }: InsIdentity): NonNullable<Ground['events']>[number] => ({
      patient: { ins, insOid },
      document: { content: { part } },
    });
    const told: (readonly [string, ...(string | null | undefined)[]])[] = [];
    const { checks, taken, kept } = ground({ datamatrix: true }, [], {
      codes: [INS, other, third],
      raw: Buffer.concat([
        raw.subarray(0, raw.indexOf('OBX')),
        ...pages.map((page, i) => Buffer.from(`OBX|${i + 1}|ED|X||^text^XML^Base64^${page}||||||F\r`)),
      ]),
      events: [of('p1', INS), of('p2', other), of('p3', INS)],
      misnamed: ({ part, marked }) => told.push([part, ...marked.map(({ ins }) => ins)]),
    });
    checks.delivered(taken(7));
    await kept;
    await checks.stop();
    expect(told).to.deep.equal([['p3', other.ins, third.ins]]);
  });

  it('A8 B9: before a decision, the pages of each document of a message are looked at, and what is not seen of them stands beside what the rules say', async () => {
    const other = { ...INS, ins: '175069999012356' };
    const pages = ['N3', `N1 ${other.ins}`].map((text) => Buffer.from(`<ClinicalDocument>${text}`).toString('base64'));
    const {
      checks,
      opened,
      read,
      patient,
      raw: came,
    } = ground({ datamatrix: true }, [RULE], {
      codes: [other],
      raw: Buffer.concat([
        raw.subarray(0, raw.indexOf('OBX')),
        ...pages.map((page, i) => Buffer.from(`OBX|${i + 1}|ED|X||^text^XML^Base64^${page}||||||F\r`)),
      ]),
      events: [],
      seen: (content) => (content.includes('N1') ? { pages: 31, searched: 20 } : { unreadable: 'cut' }),
    });
    const brings = (part: string): object => ({ type: 'dcc.document.received', data: { patient, document: { content: { part } } } });
    const asked = [7, opened, came, 'hl7v2', 'utf-8'] as const;
    for (let time = 1; time <= 2; time++) {
      await checks.before(...asked);
      const marked = await checks.marked('990001018', [brings('p1'), brings('p2')] as never, ...asked);
      expect(marked.map((one) => one?.marked.map(({ ins }) => ins))).to.deep.equal([undefined, [other.ins]]);
      const kept = (await read(7)) ?? [];
      expect(
        kept.map(({ part, errors, findings }) => [part, errors, ...findings.map(({ rules = '', message }) => `${rules}: ${message}`)]),
      ).to.deep.equal([
        ['p1', 0, `${RULE.rules}: ${RULE.message}`],
        ['p2', 0, `${RULE.rules}: ${RULE.message}`],
        ['p1', 0, 'PDF: its pages cannot be drawn'],
        ['p2', 1, 'INS: the datamatrix names another patient: another INS', 'PDF: no code is looked for after page 20 of 31'],
      ]);
    }
    await checks.stop();
  });

  it('B9: of a site one document waits for its pages at a time: many of another one hold back a decision by one of them', async () => {
    const order: string[] = [];
    const pages = ['NORTH', 'SOUTH'].map((text) => Buffer.from(`<ClinicalDocument>${text}`).toString('base64'));
    const {
      checks,
      opened,
      patient,
      raw: came,
    } = ground({ datamatrix: true }, [], {
      raw: Buffer.concat([
        raw.subarray(0, raw.indexOf('OBX')),
        ...pages.map((page, i) => Buffer.from(`OBX|${i + 1}|ED|X||^text^XML^Base64^${page}||||||F\r`)),
      ]),
      events: [],
      seen: (content) => {
        order.push(content.includes('NORTH') ? 'NORTH' : 'SOUTH');
        return {};
      },
    });
    const marked = (site: string, message: number): Promise<unknown> => {
      const events = [{ type: 'dcc.document.received', data: { patient, document: { content: { part: site === 'NORTH' ? 'p1' : 'p2' } } } }];
      return checks.marked(site, events as never, message, opened, came, 'hl7v2', 'utf-8');
    };
    await Promise.all([marked('NORTH', 1), marked('NORTH', 2), marked('NORTH', 3), marked('SOUTH', 4)]);
    expect(order).to.deep.equal(['NORTH', 'SOUTH', 'NORTH', 'NORTH']);
    await checks.stop();
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

  it('B9: what a stop or a crash left unchecked is found again, the oldest first, once; what has a result is not', async () => {
    const { checks, make, asked, taken, delivered, history, read } = ground({}, []);
    await checks.stop();
    for (const message of [1, 2, 3]) {
      delivered.push(taken(message));
      checks.delivered(taken(message));
    }
    delivered.push(
      { ...taken(2), delivery: 4 },
      { ...taken(5), eventType: 'dcc.document.deleted' },
      { ...taken(6), eventType: 'dcc.identity.updated' },
    );
    expect(asked, 'stopped').to.deep.equal([]);
    const next = make();
    next.start();
    expect(next.standing(history(1)), 'while it looks').to.equal('waiting');
    while ((await Promise.all([1, 2, 3].map(read))).includes(undefined)) await pause(20);
    await next.stop();
    expect(asked).to.have.length(3);
    const last = make();
    last.start();
    await pause(300);
    await last.stop();
    expect(asked).to.have.length(3);
  });

  it('B9: where the journal cannot tell what else was left unchecked, what was found is checked and of the others their message says so', async () => {
    const looking = (after: number): void => {
      if (after > 0) throw new PasserelleError('ERR_INVARIANT');
    };
    const { checks, taken, delivered, history, kept } = ground({}, [], { looking });
    for (let message = 1; message <= 600; message += 1) delivered.push(taken(message));
    checks.start();
    await kept;
    expect([checks.standing(history(1)), checks.standing(history(600))]).to.deep.equal(['not-made', 'waiting']);
    await checks.stop();
  });

  it('B9: no more than the newest 2,000 messages are, and of the others their message says so', async () => {
    const { make, taken, delivered, history } = ground({}, [], { site: 'never' });
    for (let message = 1; message <= 2100; message += 1) delivered.push(taken(message));
    const { make: asked, taken: one, delivered: all, history: story } = ground({}, []);
    all.push(...delivered);
    const checks = asked();
    checks.start();
    while (checks.standing(story(1)) === 'waiting') await pause(20);
    expect([1, 100, 102, 2100].map((message) => checks.standing(story(message)))).to.deep.equal(['not-made', 'not-made', 'waiting', 'waiting']);
    expect(checks.standing({ ...story(1), deliveries: [{ ...one(1), state: 'queued' }] }), 'not delivered').to.equal(undefined);
    await checks.stop();
    expect(make().standing(history(1)), 'where nobody asks for it').to.equal(undefined);
  });

  it('B9: what cannot be checked says so; a journal that is away only delays it', async () => {
    const failing = (code: 'ERR_INVARIANT' | 'ERR_JOURNAL_UNAVAILABLE') => {
      throw new PasserelleError(code);
    };
    const broken = ground({}, [], { validating: () => failing('ERR_INVARIANT') });
    broken.checks.delivered(broken.taken(7));
    await broken.kept;
    expect((await broken.read(7))?.[0]?.findings[0]?.message).to.equal('it could not be checked (ERR_INVARIANT)');
    await broken.checks.stop();
    const away = ground({}, [], { keeping: () => failing('ERR_JOURNAL_UNAVAILABLE') });
    away.checks.delivered(away.taken(7));
    while (away.asked.length === 0) await pause(20);
    await pause(50);
    expect(away.checks.standing(away.history(7))).to.equal('waiting');
    await away.checks.stop();
  });

  it('does nothing where no rules are named', async () => {
    const { checks, asked, taken, opened } = ground({ rules: undefined! }, [XSD]);
    checks.delivered(taken(7));
    checks.start();
    expect(await checks.before(7, opened, raw, 'hl7v2', 'utf-8')).to.deep.equal([]);
    await checks.stop();
    expect(asked).to.deep.equal([]);
  });
});
