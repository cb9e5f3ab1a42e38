/** The other reads: the feed, the counts, orders of people, settings revisions. */
import type { JournalStore, LaneCounts, LaneOrder, RoutedEvent, SettingsRevision, StoredEvent } from '../../core/contract/index.ts';
import {
  bytesOf,
  codeOf,
  DELIVERY_CODES,
  isoOf,
  LAST_KEY,
  MESSAGE_CODES,
  NOTE_CURSOR,
  notePage,
  PAGE_BYTES,
  pageSize,
  present,
  readCursor,
  readKeyCursor,
  textOf,
  wordOf,
  writeCursor,
  type NoteRow,
} from '../../core/journal-format/index.ts';
import { byteas, texts } from './arrays.ts';
import { MESSAGES } from './batch.ts';
import type { Row } from './connection.ts';
import { gathered } from './gather.ts';
import { GATHERED_READS } from './limits.ts';
import type { Names } from './names.ts';
import { readTexts } from './payloads.ts';
import type { Reader } from './reader.ts';

const RECEIVED = codeOf(MESSAGE_CODES, 'received');
const QUEUED = codeOf(DELIVERY_CODES, 'queued');
const FEED = 'e';

type OtherReads = Pick<JournalStore, 'events' | 'notes' | 'notesOf' | 'lanes' | 'paused' | 'orders' | 'settings' | 'settingsHistory'>;

const COUNTS = `
  SELECT lane, side, state, n, CASE
    WHEN side = ${MESSAGES} AND state = ${RECEIVED}
      THEN (SELECT received_at FROM message m WHERE m.lane = t.lane AND m.state = ${RECEIVED} ORDER BY id LIMIT 1)
    WHEN side <> ${MESSAGES} AND state = ${QUEUED}
      THEN (SELECT queued_at FROM delivery d WHERE d.lane = t.lane AND d.state = ${QUEUED} ORDER BY id LIMIT 1) END AS oldest
  FROM tally t WHERE n > 0`;

/** One by one and not joined with them: a join that is planned before a first ANALYZE reads all notes of a kind for each. */
const NOTES = `
  SELECT (SELECT value FROM note n WHERE n.kind = (SELECT id FROM name WHERE name = v.kind) AND n.key = v.key) AS value
  FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS v(kind, key, i) ORDER BY i`;
const NOTES_OF = `
  SELECT key, value, changed_at FROM note
  WHERE kind = (SELECT id FROM name WHERE name = $1) AND value > '' AND (changed_at, key) < ($2::int8, $3::bytea)
  ORDER BY changed_at DESC, key DESC LIMIT $4`;

interface Count {
  readonly lane: number;
  readonly side: number;
  readonly state: number;
  readonly n: number;
  readonly oldest: number | null;
}

// Events are numbered under the lock of the journal, so none is ever seen before one of a lower number.
const EVENTS = `
  SELECT e.id, e.message, e.data, sum(length(p.bytes)) OVER (ORDER BY e.id ROWS UNBOUNDED PRECEDING) - length(p.bytes) AS before
  FROM (SELECT id, message, data FROM event WHERE id > $1 ORDER BY id LIMIT $2) e JOIN part p ON p.id = e.data ORDER BY e.id`;

export function otherReads(reader: Reader, names: Names, tag: string): OtherReads {
  const notes = gathered(GATHERED_READS, (all: readonly NotesAsked[]) => readNotes(reader, all));
  return {
    events: (page) =>
      reader.snapshot(async (query) => {
        const [after = 0] = readCursor(tag, FEED, page.after) ?? [];
        const limit = pageSize(page.limit);
        const rows = (await query({ name: 'feed', text: EVENTS, values: [after, limit + 1] })) as unknown as FeedRow[];
        const shown = rows.slice(0, limit).filter(({ before }) => before <= PAGE_BYTES);
        const read = await readTexts(
          query,
          shown.map(({ data }) => data),
        );
        const items = shown.map(({ id, message, data }): StoredEvent => ({
          cursor: writeCursor(tag, FEED, id),
          message,
          event: JSON.parse(read.get(data)!) as RoutedEvent['event'],
        }));
        return rows.length > shown.length ? { items, next: items.at(-1)!.cursor } : { items };
      }),
    lanes: async () => {
      const rows = (await reader.query({ name: 'counts', text: COUNTS })) as unknown as Count[];
      await names.cover(
        reader.query,
        rows.map(({ lane }) => lane),
      );
      return [...Map.groupBy(rows, ({ lane }) => lane)].map(([lane, counts]) => laneCounts(names.name(lane), counts));
    },
    notes: async (kind, keys) => notes({ kind, keys }),
    notesOf: async (kind, page) => {
      const { at, key } = readKeyCursor(tag, NOTE_CURSOR, page.after) ?? { at: Number.MAX_SAFE_INTEGER, key: LAST_KEY };
      const limit = pageSize(page.limit);
      const rows = await reader.query({ name: 'notes-of', text: NOTES_OF, values: [kind, at, bytesOf(key), limit + 1] });
      return notePage(tag, kind, rows as unknown as NoteRow[], limit);
    },
    orders: async () =>
      (await reader.query({ name: 'orders', text: 'SELECT terms FROM lane_order ORDER BY lane COLLATE "C", kind COLLATE "C"' })).map(
        ({ terms }) => JSON.parse(String(terms)) as LaneOrder,
      ),
    paused: async () => (await reader.query({ name: 'paused', text: 'SELECT lane FROM pause ORDER BY lane' })).map(({ lane }) => String(lane)),
    settings: async (revision) => {
      const text = 'SELECT * FROM revision WHERE revision = coalesce($1, (SELECT max(revision) FROM revision))';
      const [row] = await reader.query({ name: 'settings', text, values: [revision ?? null] });
      return row && { ...revisionOf(row), documents: JSON.parse(textOf(row['documents'] as Buffer) ?? '[]') as unknown[] };
    },
    settingsHistory: async () =>
      (await reader.query({ name: 'settings-history', text: 'SELECT revision, at, who, why FROM revision ORDER BY revision' })).map(revisionOf),
  };
}

interface NotesAsked {
  readonly kind: string;
  readonly keys: readonly string[];
}

async function readNotes(reader: Reader, all: readonly NotesAsked[]): Promise<readonly (string | undefined)[][]> {
  const kinds = all.flatMap(({ kind, keys }) => keys.map(() => kind));
  const keys = all.flatMap((asked) => asked.keys.map(bytesOf));
  const rows = await reader.query({ name: 'notes', text: NOTES, values: [texts(kinds), byteas(keys)] });
  let next = 0;
  return all.map((asked) => asked.keys.map(() => textOf(rows[next++]!['value'] as Buffer | null) || undefined));
}

interface FeedRow {
  readonly id: number;
  readonly message: number;
  readonly data: number;
  /** Payload bytes of the rows before it. */
  readonly before: number;
}

function laneCounts(lane: string, rows: readonly Count[]): LaneCounts {
  const counts: Record<string, number> = {};
  for (const { side, state, n } of rows) {
    const word = side === MESSAGES ? wordOf(MESSAGE_CODES, state) : wordOf(DELIVERY_CODES, state);
    counts[word] = (counts[word] ?? 0) + n;
  }
  const oldest = rows.flatMap((row) => (row.oldest === null ? [] : [row.oldest]));
  return present<LaneCounts>({ lane, counts, oldest: oldest.length > 0 ? isoOf(Math.min(...oldest)) : undefined });
}

const revisionOf = (row: Row): Omit<SettingsRevision, 'documents'> =>
  present<Omit<SettingsRevision, 'documents'>>({
    revision: Number(row['revision']),
    at: isoOf(Number(row['at'])),
    who: textOf(row['who'] as Buffer) ?? '',
    why: textOf(row['why'] as Buffer | null),
  });
