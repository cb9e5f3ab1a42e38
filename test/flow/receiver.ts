/** A receiver of HL7 that takes everything and keeps it. */
import net from 'node:net';
import { parseHl7, type Hl7Message } from '../../plugins/codec-hl7v2/index.ts';

export interface Receiver {
  readonly port: number;
  readonly received: readonly Hl7Message[];
  /** MSA-1; `unknown`: AE with the business error 902; `lost`: it has it, and hangs up. */
  answers: (message: Hl7Message) => 'AA' | 'AE' | 'unknown' | 'lost';
  readonly stop: () => Promise<unknown>;
}

/** @param port 0 = any. */
export async function startReceiver(port = 0): Promise<Receiver> {
  const received: Hl7Message[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf('\x1c\r'); end >= 0; end = text.indexOf('\x1c\r')) {
        const message = parseHl7(text.slice(text.indexOf('\x0b') + 1, end));
        text = text.slice(end + 2);
        received.push(message);
        const [id, answer] = [message.get('MSH-10'), receiver.answers(message)];
        const [ack, error] = answer === 'unknown' ? ['AE', 'ERR|||207^^HL70357|E|902\r'] : [answer, ''];
        if (answer === 'lost') socket.destroy();
        else socket.write(`\x0bMSH|^~\\&|X|X|P|D|20260101||ACK|A${received.length}|T|2.6\rMSA|${ack}|${id}\r${error}\x1c\r`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = (): Promise<unknown> => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  };
  const receiver: Receiver = { port: (server.address() as net.AddressInfo).port, received, answers: () => 'AA', stop };
  return receiver;
}
