/** A way to a server that can be cut: at once, or around a COMMIT, before the server hears of it or before its answer comes back. */
import net, { type AddressInfo, type Socket } from 'node:net';

export type Cut = 'before' | 'after';

export class Proxy {
  readonly #server: net.Server;
  readonly #pairs = new Set<Socket>();
  /** What to do with the next COMMIT of a transaction that writes. */
  cutCommit: Cut | undefined;
  /** While true nobody is let through. */
  isDown = false;

  private constructor(port: number) {
    this.#server = net.createServer((client) => {
      if (this.isDown) return void client.destroy();
      const server = net.connect(port, '127.0.0.1');
      let isCommitting = false;
      for (const socket of [client, server]) {
        this.#pairs.add(socket);
        socket
          .on('error', () => undefined)
          .once('close', () => {
            client.destroy();
            server.destroy();
            this.#pairs.delete(socket);
          });
      }
      client.on('data', (chunk: Buffer) => {
        if (this.cutCommit && chunk.includes('COMMIT\0')) {
          const cut = this.cutCommit;
          this.cutCommit = undefined;
          this.isDown = true;
          if (cut === 'before') return void client.destroy();
          isCommitting = true;
        }
        server.write(chunk);
      });
      server.on('data', (chunk: Buffer) => {
        if (isCommitting) client.destroy();
        else client.write(chunk);
      });
    });
  }

  static async to(port: number): Promise<Proxy> {
    const proxy = new Proxy(port);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Of those that are connected now nothing comes through any more, and neither side hears of it. */
  silenceAll(): void {
    for (const socket of this.#pairs)
      socket
        .removeAllListeners('data')
        .removeAllListeners('close')
        .on('data', () => undefined);
  }

  cutAll(): void {
    for (const socket of this.#pairs) socket.destroy();
  }

  async close(): Promise<void> {
    this.cutAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
