/** Connections to the server, and what its errors mean. */
import type { Duplex } from 'node:stream';
import { Client, DatabaseError, Query as DriverQuery, types as drivers, type ClientConfig, type QueryResult } from 'pg';
import { PasserelleError } from '../../core/contract/index.ts';
import type { Address } from './address.ts';
import { Pieces, type Bound } from './arrays.ts';
import { CONNECT_MS, END_MS, IDLE_IN_TRANSACTION_MS, STATEMENT_MS } from './limits.ts';

export interface Statement {
  /** Prepared once per connection under this name. */
  readonly name?: string;
  readonly text: string;
  readonly values?: unknown[];
}

export type Row = Record<string, unknown>;
export type Query = (statement: Statement) => Promise<Row[]>;

const INT8 = 20;

/** Numbers of a journal are safe integers, whatever their width. */
const types = { getTypeParser: (oid: number, format?: 'text') => (oid === INT8 ? Number : (drivers.getTypeParser(oid, format) as unknown)) };

/**
 * Every access is by an index, row by row: a plan made while a table was small, and kept, must not read it whole when it has grown (10,000 notes: 2.4 ms for
 * two of them instead of 0.07, until somebody analyzes the table).
 */
const BY_INDEX = '-c enable_seqscan=off -c enable_mergejoin=off -c enable_hashjoin=off -c enable_bitmapscan=off';
/** A writer has few statements, each for whatever it is given. */
const GENERIC = '-c plan_cache_mode=force_generic_plan';

/** The rows of one statement stand in memory before they are written, up to a group (GROUP_BYTES); past it the server puts them on its disk first. */
const ROWS = '-c work_mem=16MB';

export const settingsOf = ({ url, schema }: Address, role: 'read' | 'write'): ClientConfig =>
  ({
    connectionString: url,
    application_name: `passerelle ${role}`,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    types,
    options: [
      `-c search_path=${schema},pg_catalog -c jit=off -c client_min_messages=warning`,
      `-c statement_timeout=${STATEMENT_MS} -c idle_in_transaction_session_timeout=${IDLE_IN_TRANSACTION_MS}`,
      // A host that vanished leaves its lock within seconds.
      '-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3',
      BY_INDEX,
      ...(role === 'write' ? [GENERIC, ROWS] : []),
    ].join(' '),
  }) as ClientConfig;

/** A connected client that sends each statement at once, without waiting for the answer to the one before. */
export async function connectWriter(address: Address): Promise<Client> {
  const client = new Client({ ...settingsOf(address, 'write'), pipeline: true });
  // Whoever waits is told by its statement; without a listener an idle loss would end the process.
  client.on('error', () => undefined);
  await client.connect();
  bindInPieces(client.connection as unknown as DriverConnection);
  return client;
}

/** Ends it whatever it waits for: `end` of a client that pipelines waits for answers, which a server that fell silent never gives. */
export const giveUp = ({ connection: { stream } }: Client): void => void stream.destroy();

/** Says goodbye to the server, which need not answer. */
export async function endOf(client: Client): Promise<void> {
  const timer = setTimeout(() => giveUp(client), END_MS);
  await client.end().catch(() => undefined);
  clearTimeout(timer);
}

interface DriverConnection {
  readonly stream: Duplex;
  bind: (config: { readonly portal: string; readonly statement?: string; readonly values?: readonly unknown[] }) => void;
}

const int2s = (...values: number[]): Buffer => Buffer.from(Int16Array.from(values).buffer).swap16();
const int4 = (value: number): Buffer => Buffer.from(Int32Array.of(value).buffer).swap32();

/** Where a value is in pieces, `Bind` of the protocol is written here: the driver copies every value, and again each time its message has outgrown the memory it took. */
function bindInPieces(connection: DriverConnection): void {
  const bind = connection.bind.bind(connection);
  connection.bind = (config) => {
    const { portal, statement = '', values = [] } = config;
    if (!values.some((value) => value instanceof Pieces)) return bind(config);
    // Every value is binary, every result text.
    const body = [
      Buffer.from(`${portal}\0${statement}\0`),
      int2s(1, 1, values.length),
      ...(values as readonly Bound[]).flatMap((value) => [int4(value.length), ...(value instanceof Pieces ? value.list : [value])]),
      int2s(1, 0),
    ];
    const length = body.reduce((sum, piece) => sum + piece.length, 4);
    for (const piece of [Buffer.from('B'), int4(length), ...body]) connection.stream.write(piece);
  };
}

type Told = (error: Error | undefined, result: QueryResult) => void;

/** A query of the driver's own is taken as it is; a description of one would be copied property by property, which costs more than to send it. */
export const queryOn =
  (client: { query: (statement: never, told: never) => unknown }): Query =>
  ({ name, text, values }) =>
    new Promise((resolve, reject) => {
      const query = Object.assign(new DriverQuery(text, values), { name });
      const told: Told = (error, result) => (error ? reject(error) : resolve(result.rows as Row[]));
      client.query(query as never, told as never);
    });

/** SQLSTATE of an error that the server said, undefined for any other. */
export const sqlState = (error: unknown): string | undefined => (error instanceof DatabaseError ? error.code : undefined);

/** Data that a statement cannot take (class 22) or that is there already (class 23): a fault of one command, not of the server. */
export const isOfCommand = (error: unknown): boolean => /^2[23]/.test(sqlState(error) ?? '');

/** After it the connection lives, and what the statement wanted was surely not done. */
export const isOfStatement = (error: unknown): boolean => error instanceof DatabaseError && error.severity === 'ERROR';

/** Anything the server or the way to it did to us. Names the code only: a text of the server may quote a value. */
export function unavailable(error: unknown): PasserelleError {
  const code = (error as { code?: unknown } | undefined)?.code;
  const found = typeof code === 'string' ? `${sqlState(error) ? 'SQLSTATE ' : ''}${code}` : 'a lost connection';
  return new PasserelleError('ERR_JOURNAL_UNAVAILABLE', { found });
}

export const asRefusal = (error: unknown): PasserelleError => {
  if (error instanceof PasserelleError) return error;
  if (isOfCommand(error)) return new PasserelleError('ERR_INVARIANT', { found: `SQLSTATE ${sqlState(error)}` });
  return unavailable(error);
};
