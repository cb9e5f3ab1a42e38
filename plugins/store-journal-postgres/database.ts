/** Opens a journal in a database: a server that keeps what it says it keeps, a schema up to date, counters that fit the rows. */
import { randomInt } from 'node:crypto';
import { PasserelleError } from '../../core/contract/index.ts';
import type { Address } from './address.ts';
import { sqlState, unavailable, type Query } from './connection.ts';
import { MIGRATIONS } from './migrations.ts';
import { makePartitions, monthOf } from './partitions.ts';

/** Consonants only: no tag is a word. */
const TAG_LETTERS = 'bcdfghjklmnpqrstvwxz';
const newTag = (): string => Array.from({ length: 4 }, () => TAG_LETTERS[randomInt(TAG_LETTERS.length)]).join('');

/** Writers hold the lock for milliseconds, a dump of a stopped journal for as long as it takes. */
const OPEN_WAIT_MS = 5000;
const LOCK_NOT_AVAILABLE = '55P03';

/** Settings of a server without which an answered message could be lost (all are `on` unless somebody changed them). */
const DURABLE = ['fsync', 'full_page_writes', 'synchronous_commit'];

export interface Opened {
  readonly tag: string;
  /** Last month that has a partition. */
  readonly lastMonth: number;
}

/** Throws ERR_JOURNAL_UNSAFE, ERR_JOURNAL_MOVED, ERR_JOURNAL_VERSION, or what the server says. */
export async function prepareDatabase(query: Query, { schema, lock }: Address): Promise<Opened> {
  await refuseUnsafe(query);
  await query({ text: 'BEGIN' });
  try {
    await query({ text: `SET LOCAL lock_timeout = ${OPEN_WAIT_MS}` });
    await query({ text: 'SELECT pg_advisory_xact_lock($1)', values: [lock] });
    await refuseMoved(query, schema);
    const opened = await prepareSchema(query, schema);
    await query({ text: 'COMMIT' });
    return opened;
  } catch (error) {
    await query({ text: 'ROLLBACK' }).catch(() => undefined);
    throw error;
  }
}

async function refuseUnsafe(query: Query): Promise<void> {
  const rows = await query({ text: "SELECT name FROM pg_settings WHERE name = ANY($1) AND setting = 'off'", values: [DURABLE] });
  if (rows.length > 0)
    throw new PasserelleError('ERR_JOURNAL_UNSAFE', { expected: `${DURABLE.join(', ')} on`, found: `${String(rows[0]!['name'])} off` });
}

/** Schema of a journal that moved elsewhere; its comment says where to. */
export const movedSchema = (schema: string): string => `${schema}_moved`;

async function refuseMoved(query: Query, schema: string): Promise<void> {
  const [found] = await query({
    text: "SELECT to_regclass($1)::text AS meta, to_regnamespace($2)::text AS moved, obj_description(to_regnamespace($2), 'pg_namespace') AS to",
    values: [`${schema}.meta`, movedSchema(schema)],
  });
  const { meta, moved, to } = found as { meta: string | null; moved: string | null; to: string | null };
  if (meta === null && moved !== null)
    throw new PasserelleError('ERR_JOURNAL_MOVED', { location: { path: moved }, ...(to !== null && { expected: to }) });
}

export async function prepareSchema(query: Query, schema: string): Promise<Opened> {
  const [names] = await query({
    text: 'SELECT to_regnamespace($1)::text AS schema, to_regclass($2)::text AS meta',
    values: [schema, `${schema}.meta`],
  });
  if (!names!['schema']) await query({ text: `CREATE SCHEMA ${schema}` });
  const isNew = !names!['meta'];
  const [meta] = isNew ? [] : ((await query({ text: 'SELECT tag, version FROM meta' })) as { tag: string; version: number }[]);
  const version = meta?.version ?? 0;
  if (version > MIGRATIONS.length)
    throw new PasserelleError('ERR_JOURNAL_VERSION', { expected: `version ${MIGRATIONS.length} at most`, found: `version ${version}` });
  for (const text of MIGRATIONS.slice(version)) await query({ text });
  const tag = meta?.tag ?? newTag();
  if (isNew) await query({ text: 'INSERT INTO meta (tag, version) VALUES ($1, $2)', values: [tag, MIGRATIONS.length] });
  else if (version < MIGRATIONS.length) await query({ text: 'UPDATE meta SET version = $1', values: [MIGRATIONS.length] });
  await fitCounters(query);
  const [clock] = await query({ text: 'SELECT floor(extract(epoch from clock_timestamp()) * 1000)::int8 AS now' });
  return { tag, lastMonth: await makePartitions(query, monthOf(Number(clock!['now']))) };
}

/** Rows may have come by another way (restored, moved from SQLite): the next numbers are above all of them, and their terms stand in their tables. */
export async function fitCounters(query: Query): Promise<void> {
  const last = (table: string): string => `coalesce((SELECT max(id) FROM ${table}), 0)`;
  await query({
    text: `UPDATE head SET indexed = CASE WHEN part + event + delivery = 0 THEN ${last('message')} ELSE indexed END,
      part = greatest(part, ${last('part')}), event = greatest(event, ${last('event')}), delivery = greatest(delivery, ${last('delivery')}),
      act = greatest(act, ${last('act')}), name = greatest(name, ${last('name')})`,
  });
  const [ids] = await query({ text: `SELECT ${last('message')} AS last, last_value, is_called FROM message_id` });
  if (Number(ids!['last']) > Number(ids!['last_value'])) await query({ text: "SELECT setval('message_id', $1)", values: [ids!['last']] });
}

/** What a server refuses for good, in words; what is missing is where the address is: the environment or the settings of the engine. */
const REFUSED: Readonly<Record<string, string>> = {
  '28P01': 'a password that the server refuses (PGPASSWORD, PGPASSFILE)',
  '28000': 'a user that the server lets in nowhere (pg_hba.conf)',
  '3D000': 'no such database: create database NAME owner USER',
  '42501': 'a user who may not create a schema there: grant create on database NAME to USER',
};
const NO_PASSWORD = /client password must be a string/;

/** What opening says when the server refuses: who may not, or what is not there, is for the person who gave the address. */
export function openingError(error: unknown): PasserelleError {
  if (error instanceof PasserelleError) return error;
  const state = sqlState(error);
  if (state === LOCK_NOT_AVAILABLE) return new PasserelleError('ERR_JOURNAL_LOCKED');
  const isRefused = state !== undefined && /^(28|3D|42)/.test(state);
  const noPassword = error instanceof Error && NO_PASSWORD.test(error.message) ? 'no password (PGPASSWORD, PGPASSFILE)' : undefined;
  if (!isRefused && noPassword === undefined) return unavailable(error);
  const found = noPassword ?? REFUSED[state ?? ''] ?? `SQLSTATE ${state}`;
  return new PasserelleError('ERR_CONFIG_INVALID', { location: { path: '/journal' }, expected: 'a database that this user may use', found });
}
