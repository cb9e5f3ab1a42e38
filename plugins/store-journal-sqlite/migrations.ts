/**
 * The schema, as an append-only list: migration n takes a journal from version n-1 to n (`PRAGMA user_version`).
 *
 * Laid out so that sealing (SAFETY D2 to D4) changes values and never rows: content stands in `part` only (raw bytes, event
 * data, encoded envelopes) and in the columns typed BLOB (`head`, `outcome`, `error`, `who`, `why`, `documents`); every other column
 * is an integer, a reference, or a hash. Columns that searches use are hashes of what they search by.
 *
 * Times are ms since 1970. States, acks and kinds are the positions of codes.ts. Page size and auto_vacuum are set before migration 1
 * (database.ts), since no migration can change them.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (tag TEXT NOT NULL) STRICT;

  -- Names that settings give: lanes, sites, connectors, versions, formats, event types. Never anything a message says.
  CREATE TABLE name (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

  -- Payloads, in chunks with consecutive ids. part: 0 = raw message; 4e+1 = data of event e; 4d+2 = encoded envelope of delivery d.
  -- (message, part, chunk) names a row for sealing. Owners point at their first chunk, so no index is needed.
  CREATE TABLE part (
    id INTEGER PRIMARY KEY, message INTEGER NOT NULL, part INTEGER NOT NULL, chunk INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;

  CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    lane INTEGER NOT NULL, site INTEGER NOT NULL, connector INTEGER NOT NULL, version INTEGER NOT NULL, format INTEGER NOT NULL,
    received_at INTEGER NOT NULL, state INTEGER NOT NULL, run INTEGER NOT NULL, ack INTEGER, retransmissions INTEGER NOT NULL,
    bytes INTEGER NOT NULL, raw INTEGER NOT NULL, link INTEGER,
    type INTEGER, control INTEGER,    -- 48-bit hashes of what 'head' says
    print BLOB,                       -- 128-bit hash of control id and fingerprint; NULL = never taken for a first sending
    decided_at INTEGER,
    terms BLOB,                       -- its index terms, so that they are found from the message too
    head BLOB NOT NULL,               -- {peer, type?, controlId?, http?}
    outcome BLOB                      -- {decision, error?, warnings?, parts?}
  ) STRICT;
  CREATE INDEX message_control ON message (control, lane, print) WHERE control IS NOT NULL;
  CREATE INDEX message_state ON message (lane, state);
  CREATE INDEX message_time ON message (received_at);

  -- What a replay took the place of.
  CREATE TABLE earlier (
    message INTEGER NOT NULL, run INTEGER NOT NULL, state INTEGER NOT NULL, decided_at INTEGER, outcome BLOB,
    PRIMARY KEY (message, run)) STRICT, WITHOUT ROWID;

  CREATE TABLE event (
    id INTEGER PRIMARY KEY, message INTEGER NOT NULL, run INTEGER NOT NULL, uid TEXT NOT NULL, type INTEGER NOT NULL, kind INTEGER NOT NULL,
    keys BLOB, series BLOB, data INTEGER NOT NULL) STRICT;
  CREATE INDEX event_message ON event (message);

  -- Blind index, and what is not yet in it (terms.ts).
  CREATE TABLE term (
    bucket INTEGER NOT NULL, term BLOB NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (bucket, term, message)) STRICT, WITHOUT ROWID;
  CREATE TABLE fresh (id INTEGER PRIMARY KEY, message INTEGER NOT NULL, terms BLOB NOT NULL) STRICT;

  CREATE TABLE delivery (
    id INTEGER PRIMARY KEY, message INTEGER NOT NULL, event INTEGER NOT NULL, lane INTEGER NOT NULL, run INTEGER NOT NULL,
    state INTEGER NOT NULL, attempts INTEGER NOT NULL, queued_at INTEGER NOT NULL, not_before INTEGER, settled_at INTEGER,
    encoded INTEGER, control TEXT, ack TEXT, error BLOB) STRICT;
  CREATE INDEX delivery_state ON delivery (lane, state);
  CREATE INDEX delivery_message ON delivery (message);

  CREATE TABLE attempt (
    delivery INTEGER NOT NULL, ordinal INTEGER NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER, outcome INTEGER,
    ack TEXT, error BLOB, PRIMARY KEY (delivery, ordinal)) STRICT, WITHOUT ROWID;

  CREATE TABLE act (
    id INTEGER PRIMARY KEY, verb TEXT NOT NULL, message INTEGER NOT NULL, delivery INTEGER, at INTEGER NOT NULL, who BLOB NOT NULL, why BLOB) STRICT;
  CREATE INDEX act_message ON act (message);

  -- Messages (side 0) and deliveries (side 1) of each lane in each state, kept by the same commits: counting reads no rows.
  CREATE TABLE tally (
    lane INTEGER NOT NULL, side INTEGER NOT NULL, state INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (lane, side, state)) STRICT, WITHOUT ROWID;

  CREATE TABLE revision (
    revision INTEGER PRIMARY KEY, at INTEGER NOT NULL, who BLOB NOT NULL, why BLOB, documents BLOB NOT NULL) STRICT;
  `,
  `
  CREATE TABLE pause (lane TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  -- What else a person ordered of a lane: a downtime, a rate. 'terms' is the whole order as JSON.
  CREATE TABLE lane_order (lane TEXT NOT NULL, kind TEXT NOT NULL, terms BLOB NOT NULL, PRIMARY KEY (lane, kind)) STRICT, WITHOUT ROWID;
  `,
  `
  -- What all restarts must agree on, such as the fingerprint of the index key.
  CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  -- Keeps control ids that follow one another together in their index (nearness); 0 = written before, or restored.
  ALTER TABLE message ADD COLUMN near INTEGER NOT NULL DEFAULT 0;
  DROP INDEX message_control;
  CREATE INDEX message_control ON message (near, control, lane, print) WHERE control IS NOT NULL;

  -- Set on a delivery that its first attempt delivered, whole: it is that attempt too, without a row in 'attempt' (attempts.ts).
  ALTER TABLE delivery ADD COLUMN started_at INTEGER;
  `,
  `
  -- What decisions leave behind for later ones: one value for each kind and key.
  CREATE TABLE note (
    kind INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, changed_at INTEGER NOT NULL, PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID;
  CREATE INDEX note_changed ON note (kind, changed_at) WHERE value > x'';
  `,
  `
  -- With row ids: in a tree without them a note of a KB or two takes a page of its own beside its row.
  ALTER TABLE note RENAME TO old_note;
  CREATE TABLE note (
    kind INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, changed_at INTEGER NOT NULL, PRIMARY KEY (kind, key)) STRICT;
  INSERT INTO note SELECT kind, key, value, changed_at FROM old_note;
  DROP TABLE old_note;
  CREATE INDEX note_changed ON note (kind, changed_at, key) WHERE value > x'';
  `,
];
