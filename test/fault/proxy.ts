/** A wire between an engine and its database that can be cut. */
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

export interface Proxy {
  /** The address given, through the wire. */
  readonly address: string;
  /** Cuts every connection, and takes none for so long. */
  readonly cut: (awayMs: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function startProxy(address: string): Promise<Proxy> {
  const target = new URL(address);
  const sockets = new Set<net.Socket>();
  let isAway = false;
  const server = net.createServer((near) => {
    if (isAway) return void near.destroy();
    const far = net.connect(Number(target.port || 5432), target.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one
        .on('error', () => other.destroy())
        .on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const through = new URL(address);
  through.hostname = '127.0.0.1';
  through.port = String((server.address() as net.AddressInfo).port);
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: through.href,
    cut: async (awayMs) => {
      isAway = awayMs > 0;
      drop();
      await wait(awayMs);
      isAway = false;
    },
    close: () => {
      drop();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
