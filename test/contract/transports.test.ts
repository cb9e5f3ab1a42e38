/** Every transport, through the one suite. */
import { plugin as https } from '../../plugins/transport-https/index.ts';
import { plugin as mllp } from '../../plugins/transport-mllp/index.ts';
import { portOf, transportSuite, type Wire } from './transport-suite.ts';

const VT = '\x0b';
const FS = '\x1c';

const mllpWire: Wire = {
  message: (body) => Buffer.from(`${VT}${body}${FS}\r`),
  replies: (received) =>
    received
      .toString()
      .split(`${FS}\r`)
      .slice(0, -1)
      .map((one) => one.slice(1)),
};

const httpWire: Wire = {
  message: (body) => Buffer.from(`POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
  replies: (received) => {
    const bodies: string[] = [];
    for (let text = received.toString(); ;) {
      const head = /^HTTP\/1\.1 200 [^]*?\r\ncontent-length: (\d+)\r\n[^]*?\r\n\r\n/i.exec(text);
      const end = (head?.[0].length ?? 0) + Number(head?.[1] ?? 0);
      if (!head || text.length < end) return bodies;
      bodies.push(text.slice(head[0].length, end));
      text = text.slice(end);
    }
  },
};

const PIPELINING = 'HTTP clients wait for each answer before the next request of a connection; the number of requests in work is bounded instead';

describe('the mllp transport', () =>
  transportSuite({
    plugin: mllp,
    wire: mllpWire,
    inSettings: (port) => ({ port }),
    outSettings: (address, connections) => ({ host: '127.0.0.1', port: portOf(address), connections }),
  }));

describe('the https transport', () =>
  transportSuite({
    plugin: https,
    wire: httpWire,
    inSettings: (port) => ({ port, path: '/a' }),
    waivers: {
      'answers the messages of one connection in their order, one at a time': PIPELINING,
      'reads no further from a connection whose message is in work': PIPELINING,
      'takes every whole message once and no cut one, under random cuts': PIPELINING,
      'connects again by itself when the counterparty came back': 'a kept-alive connection closed under a request is said ambiguous',
    },
    outSettings: (address, connections) => ({ baseUrl: `http://127.0.0.1:${portOf(address)}/a`, connections }),
  }));
