/** One HTTPS request to the engine: no redirect is followed, no more than 64 KB is read, when nothing came, why. */
import type { Unreached } from './context.ts';

export interface Answer {
  readonly status: number;
  /** Absent: the body is no JSON object. */
  readonly json: Record<string, unknown> | undefined;
  readonly retryAfter: string;
  /** Nothing came (status 0), or the engine is not there for now (503). */
  readonly unreached?: Unreached;
}

const LARGEST = 65_536;

export async function request(
  settings: { readonly url: string; readonly timeoutSeconds?: number },
  address: string,
  post?: { readonly type: string; readonly body: string },
): Promise<Answer> {
  try {
    const response = await fetch(`${settings.url.replace(/\/$/, '')}/${address}`, {
      method: post ? 'POST' : 'GET',
      headers: { accept: 'application/json', ...(post && { 'content-type': post.type }) },
      body: post?.body,
      redirect: 'manual',
      signal: AbortSignal.timeout((settings.timeoutSeconds ?? 10) * 1000),
    });
    const answer = { status: response.status, json: await object(response), retryAfter: response.headers.get('retry-after') ?? '' };
    return response.status === 503 ? { ...answer, unreached: 'busy' } : answer;
  } catch (error) {
    return { status: 0, json: undefined, retryAfter: '', unreached: why(error as Error) };
  }
}

/** Codes of Node.js, of undici and of OpenSSL. */
function why({ name, cause }: Error): Unreached {
  const code = String((cause as { code?: unknown } | undefined)?.code);
  if (name === 'TimeoutError' || /TIMEOUT|TIMEDOUT/.test(code)) return 'timeout';
  if (code === 'ECONNREFUSED') return 'refused';
  return /CERT|SIGNATURE/.test(code) ? 'certificate' : 'network';
}

async function object(response: Response): Promise<Record<string, unknown> | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > LARGEST) {
      return undefined;
    }
    chunks.push(chunk);
  }
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
