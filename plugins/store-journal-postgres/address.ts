/** Address of a journal: `postgres://user@host:port/database?schema=passerelle`. The password comes from PGPASSWORD or PGPASSFILE. */
import { PasserelleError } from '../../core/contract/index.ts';
import { hash48 } from '../../core/journal-format/index.ts';

export interface Address {
  /** What the driver connects to; may hold a password. */
  readonly url: string;
  readonly schema: string;
  /** For people, without user and password. */
  readonly description: string;
  /** Key of the advisory lock that writers take, and name of the channel that tells of changes: both belong to the database. */
  readonly lock: number;
  readonly channel: string;
}

const DEFAULT_SCHEMA = 'passerelle';
/** Needs no quotes anywhere. */
const SCHEMA = /^[a-z_][a-z0-9_]{0,39}$/;

/** Throws ERR_CONFIG_INVALID. */
export function parseAddress(text: string): Address {
  if (!URL.canParse(text)) throw new PasserelleError('ERR_CONFIG_INVALID', { expected: 'postgres://USER@HOST:PORT/DATABASE' });
  const url = new URL(text);
  const schema = url.searchParams.get('schema') ?? DEFAULT_SCHEMA;
  if (!SCHEMA.test(schema)) throw new PasserelleError('ERR_CONFIG_INVALID', { expected: 'a schema in lower-case letters, digits and _' });
  url.searchParams.delete('schema');
  const host = url.searchParams.get('host') ?? url.host;
  return {
    url: url.href,
    schema,
    description: `PostgreSQL ${host}${url.pathname} ${schema}`,
    lock: hash48(`passerelle ${schema}`),
    channel: `passerelle_${schema}`,
  };
}
