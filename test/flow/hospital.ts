/** A hospital that tells identities over MLLP, and a record that takes and remembers everything it is told. */
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { expect } from 'chai';
import type { MessageView } from 'passerelle/contract';
import { until, type TestRegion } from './region.ts';

const IPP = 'DXCARE&1.2.250.1.999.10.1&ISO';
export const INS = '279035121518989';
/** With its key. */
const keyed = (number: string): string => `${number}${String(97 - (Number(number) % 97)).padStart(2, '0')}`;
export const [OTHER_INS, THIRD_INS] = [keyed('1580333991001'), keyed('2580333999901')];

export interface Told {
  readonly type: string;
  readonly document?: { readonly id: { readonly root: string } };
  readonly patient: {
    readonly identifiers: readonly { readonly value: string }[];
    readonly ins?: { readonly value: string };
    readonly identityStatus?: string;
    readonly traits: Readonly<Record<string, string>>;
  };
}

/** A record that takes everything and remembers it; unless it is told to lose its answer, to refuse, or not to know the patient, which it remembers too. */
export interface TestRecord {
  readonly told: Told[];
  answers: (told: Told) => 'filed' | 'lost' | 'refused' | 'unknown';
}

/** The region of a suite, with this record in place of its own: from before its tests until after them. `change`, `environment`: as of the region. */
export function recordOf(region: TestRegion, change?: (yaml: string) => string, environment: Readonly<Record<string, string>> = {}): TestRecord {
  const record: TestRecord = { told: [], answers: () => 'filed' };
  const server = http.createServer((request, response): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      // Looked at before it is sent to again.
      if (chunks.length === 0) return void response.writeHead(204).end();
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Told & { messageId: string };
      record.told.push(body);
      const answer = record.answers(body);
      if (answer === 'lost') return void request.socket.destroy();
      if (answer === 'refused') return void response.writeHead(422, { 'content-type': 'application/json' }).end('{"code":"UNKNOWN_NUMBER"}');
      if (answer === 'unknown') return void response.writeHead(404, { 'content-type': 'application/json' }).end('{"applicationCode":902}');
      response.writeHead(201, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ messageId: body.messageId, recordId: 'R1', status: 'filed' }));
    });
  });
  before(async () => {
    await region.prepare(change);
    await region.record.stop();
    server.listen(region.ports.record, '127.0.0.1');
    await once(server, 'listening');
    await region.start([], environment);
  });
  after(async () => {
    await region.stop();
    server.close();
    server.closeAllConnections();
  });
  return record;
}

export interface Identity {
  readonly ipp: string;
  readonly name?: string;
  readonly ins?: string;
  readonly status?: string;
  readonly minute: number;
  readonly sender?: string;
  readonly trigger?: string;
  /** One number, or several with commas. */
  readonly absorbs?: string;
  /** Number of the stay that it opens. */
  readonly stay?: string;
}

export interface Letter {
  readonly ipp: string;
  readonly id: string;
  readonly replaces?: string;
  readonly isWithdrawn?: boolean;
  readonly pdf?: Buffer;
  /** It leads to what waits: its answer is enough. */
  readonly waits?: boolean;
}

/** A letter as an MDM; answers the id of the message once everything it leads to is done. */
export async function sendLetter(
  region: TestRegion,
  { ipp, id, replaces = '', isWithdrawn = false, pdf = Buffer.from(`%PDF-1.4\n% ${id}\n%%EOF\n`), waits = false }: Letter,
): Promise<string> {
  const number = `LETTER${id.slice(id.lastIndexOf('.') + 1)}`;
  const controlId = isWithdrawn ? `${number}W` : number;
  const [event, order, result] = isWithdrawn ? ['T04', 'CA', 'D'] : replaces ? ['T10', 'RO', 'C'] : ['T02', 'NW', 'F'];
  const type = '34794-8^CR de RCP^LN';
  const segments = [
    `MSH|^~\\&|DXCARE|CHE|PASSERELLE|DCC|20261001100000||MDM^${event}^MDM_T02|${controlId}|T|2.6|||||FRA|UNICODE UTF-8`,
    `PID|1||${ipp}^^^${IPP}^PI||VALMOREE^ELISE^ELISE ANNE^^^^L||19370612|F`,
    `ORC|${order}|${number}`,
    `OBR|1|${number}||${type}|||20261001100000`,
    `TXA|1|34794-8|TEXT|20261001100000||||||||${id}|${replaces}||||AU`,
    `OBX|1|ED|${type}||^application^pdf^Base64^${pdf.toString('base64')}||||||${result}`,
  ];
  return exchange(region, segments, controlId, waits);
}

async function exchange(region: TestRegion, segments: readonly string[], controlId: string, waits = false): Promise<string> {
  const socket = net.connect(region.ports.mllp, '127.0.0.1');
  socket.write(Buffer.from(`\x0b${segments.join('\r')}\r\x1c\r`, 'latin1'));
  const [reply] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  expect(reply.toString('latin1')).to.include('\rMSA|AA|');
  const message = async (): Promise<MessageView> => (await region.messages(`controlId=${controlId}&limit=1`))[0]!;
  if (waits) await until('it is decided', 30_000, async () => (await message()).state !== 'received');
  else await region.drained();
  return (await message()).id;
}

/** Sends one identity and waits until everything it leads to is done; answers the id of the message. */
export const hospitalOf = (region: TestRegion): ((identity: Identity) => Promise<string>) => {
  let count = 0;
  return async ({ ipp, name = 'VALMOREE', ins, status = 'VALI', minute, sender = 'DXCARE', trigger = 'A31', absorbs, stay }) => {
    const at = `2026100109${String(minute).padStart(2, '0')}00`;
    const controlId = `ID${(count += 1)}`;
    const structure = absorbs ? 'ADT_A39' : 'ADT_A05';
    const numbers = [`${ipp}^^^${IPP}^PI`, ...(ins ? [`${ins}^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS`] : [])].join('~');
    const pid = Array.from({ length: 34 }, () => '');
    Object.assign(pid, {
      0: 'PID',
      1: '1',
      3: numbers,
      5: `${name}^ELISE^ELISE ANNE^^^^L`,
      7: '19370612',
      8: 'F',
      11: '^^^^^^BDL^^33063',
      32: status,
      33: at,
    });
    const segments = [
      `MSH|^~\\&|${sender}|CHE|PASSERELLE|DCC|${at}||ADT^${trigger}^${structure}|${controlId}|T|2.5^FRA^2.11|||||FRA|8859/1|FR||2.11^IHE_FRANCE-2.11-PAM`,
      `EVN||${at}||||${at}`,
      ...(absorbs
        ? absorbs.split(',').flatMap((one) => [pid.join('|'), `MRG|${one}^^^${IPP}^PI`])
        : [pid.join('|'), stay ? `PV1|1|I|||||||||||||||||${stay}^^^DXCARE&1.2.250.1.999.10.2&ISO^VN${'|'.repeat(25)}${at}` : 'PV1|1|N']),
    ];
    return exchange(region, segments, controlId);
  };
};

/** The record publishes or withdraws a document of one patient, towards the hospital. `number`: of its message, rising. */
export async function publishDocument(
  region: TestRegion,
  token: string,
  { type, number, document }: { readonly type: 'published' | 'deleted'; readonly number: number; readonly document: object },
): Promise<void> {
  const traits = { birthName: 'ESSAI', firstGivenName: 'JEANNE', sex: 'F', birthDate: '1960-01-01' };
  const response = await fetch(
    `http://127.0.0.1:${region.ports.public}/entrant/k-process/v1/${type === 'published' ? 'documents' : 'documents/deletions'}`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'idempotency-key': `PUB-${number}` },
      body: JSON.stringify({
        contract: '1.0',
        type: `document.${type}`,
        messageId: `PUB-${number}`,
        occurredAt: `2026-10-01T09:00:${String(number).padStart(2, '0')}+02:00`,
        environment: 'test',
        patient: { identifiers: [{ value: 'D4711', authority: { oid: '1.2.250.1.999.10.1' }, type: 'PI' }], traits },
        document: { type: 'FRCP', ...document },
        destinations: ['990001018'],
      }),
    },
  );
  if (!response.ok) throw new Error(`refused by the engine: ${response.status} ${await response.text()}`);
  await region.drained();
}
