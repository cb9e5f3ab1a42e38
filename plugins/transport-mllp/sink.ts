/** The way out: persistent connections, opened when first needed, one message at a time on each. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PasserelleError, type Sink } from '../../core/contract/index.ts';
import { FS } from './framer.ts';
import { openLink, type Link } from './link.ts';
import type { OutSettings } from './settings.ts';

export function openSink(settings: OutSettings): Sink {
  const idle: Link[] = [];
  const busy = new Set<Link>();
  let isStopped = false;

  const reused = async (): Promise<Link | undefined> => {
    for (let link = idle.pop(); link; link = idle.pop()) {
      // A close that has already arrived is seen within two turns: better now than after the first byte, when it would be ambiguous.
      await nextTurn();
      await nextTurn();
      if (link.isOpen) return link;
      link.close();
    }
    return undefined;
  };

  const send: Sink['send'] = async (message, { deadlineMs, mayBegin, written }) => {
    const pieces = message instanceof Uint8Array ? [message] : message;
    if (pieces.some((piece) => piece.includes(FS)))
      throw new PasserelleError('ERR_ENCODE_UNSUPPORTED', { expected: 'no end block inside a message', found: 'byte 0x1C' });
    const until = performance.now() + deadlineMs;
    const link = (await reused()) ?? (await openLink(settings, Math.min(settings.connectTimeoutMs, deadlineMs)));
    if (isStopped) {
      link.close();
      throw new PasserelleError('ERR_CONNECTION_REFUSED', { found: 'an engine that stops' });
    }
    busy.add(link);
    try {
      mayBegin?.();
      return { bytes: await link.exchange(pieces, Math.max(1, Math.round(until - performance.now())), written) };
    } finally {
      busy.delete(link);
      if (link.isOpen) idle.push(link);
      else link.close();
    }
  };

  return {
    concurrency: settings.connections,
    send,
    probe: async () => {
      const link = await openLink(settings, settings.connectTimeoutMs);
      link.close();
    },
    stop: async () => {
      isStopped = true;
      for (const link of [...idle.splice(0), ...busy]) link.close();
    },
  };
}
