/** Drives the JavaScript client for the vectors: one JSON request a line in, one answer a line out. */
import type { JsonWebKey } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fromWindows1252, Passerelle, PasserelleCallError, type Call } from '../../../plugins/app-contextual-call/clients/javascript/passerelle.ts';

interface Request {
  readonly op: 'context' | 'jws' | 'token' | 'open';
  readonly file: string;
  readonly input: Record<string, string>;
  readonly windows1252?: Record<string, string>;
  readonly now: number;
  readonly jti: string;
  readonly text: string;
  readonly key: JsonWebKey;
}

async function answer({ op, file, input, windows1252 = {}, now, jti, text, key }: Request): Promise<object> {
  try {
    const client = Passerelle.fromFile(file);
    const call: Call = {
      ...input,
      ...Object.fromEntries(Object.entries(windows1252).map(([f, hex]) => [f, fromWindows1252(Buffer.from(hex, 'hex'))])),
    };
    if (op === 'context') return { value: client.context(call, now, jti) };
    if (op === 'jws') return { value: client.sign(text) };
    if (op === 'token') return { value: client.encrypt(text, key) };
    const { link, reference } = await client.open(call);
    return { link, reference };
  } catch (error) {
    if (!(error instanceof PasserelleCallError)) throw error;
    return { code: error.code, reason: error.reason ?? '', detail: error.detail, reference: error.reference };
  }
}

for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(await answer(JSON.parse(line) as Request)));
