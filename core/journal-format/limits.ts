/** Bounds that every store keeps, with what each protects from. */

/** Payloads are stored in rows of this size: the unit that is sealed later (SAFETY D2), and what one read holds in memory. */
export const CHUNK_BYTES = 256 * 1024;

/** Rows of one page, whatever the caller asks for. */
export const PAGE_ITEMS = 1000;

/** Payload bytes of one page of the feed: 1,000 events may be large. */
export const PAGE_BYTES = 8 * 1024 * 1024;

/** Rows that one page may look at before it stops with what it has and a cursor: no filter holds the writer for long. */
export const SCAN_ROWS = 5000;

/** Deliveries of one `material` or `states` call, each up to an envelope of 512 KB. */
export const MATERIAL_ITEMS = 256;

/** Bytes of one blind index term or key: a hash, not a text. */
export const TERM_BYTES = 64;

/** Messages whose index terms wait to be moved into the index: bounds what a search reads row by row, and how long a move takes, for which whoever commits waits (1,024: 20 to 28 ms on PostgreSQL). */
export const FRESH_MESSAGES = 256;

/** Messages of one bucket of the index: bounds what is written at random (2 MB), and how many places a search looks at (122 in a million messages). Part of the file format. */
export const BUCKET_MESSAGES = 8192;

/** How long a retransmission is recognised (ARCHITECTURE section 3). */
export const RETRANSMISSION_MEMORY_MS = 30 * 24 * 3600 * 1000;

/** Items of one commit: bounds how long the first caller of a group waits for the last one. */
export const GROUP_ITEMS = 512;

/** Payload bytes of one commit: bounds the page cache and the write-ahead log that one transaction needs. */
export const GROUP_BYTES = 8 * 1024 * 1024;

/** How long a settlement waits for the message that is being decided, at most: they share a commit, which costs more than all that they write. */
export const PATIENCE_MS = 10;

/** Commands and payload bytes that may wait for the worker; past them a command is refused (memory of the ingress process). */
export const INBOX_COMMANDS = 20_000;
export const INBOX_BYTES = 256 * 1024 * 1024;
