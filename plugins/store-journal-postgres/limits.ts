/** Every bound of the store, with what it protects from. */

/** One statement, the wait for the other nodes' transactions included: a stuck server is an outage, not a silence. */
export const STATEMENT_MS = 30_000;
/** A node that stops inside a transaction (frozen, cut off) holds the others back no longer than this. */
export const IDLE_IN_TRANSACTION_MS = 5_000;
/** One group, from BEGIN to the answer of COMMIT: past it the connection is given up and the outcome asked for on another one. */
export const GROUP_MS = STATEMENT_MS + 15_000;
export const CONNECT_MS = 10_000;
/** The connection that only listens is asked this often whether it is there, and given up when it does not answer until then. */
export const WATCH_MS = 10_000;
/** A goodbye that a server does not answer. */
export const END_MS = 5_000;
/** Pauses between attempts to connect again. */
export const RECONNECT_MIN_MS = 50;
export const RECONNECT_MAX_MS = 2_000;

/** Connections for reading, beside the one that writes, the one that reserves ids and the one that listens. */
export const READ_CONNECTIONS = 3;

/** Items of one statement: bounds what a wave holds in memory on both sides. */
export const WAVE_ITEMS = 128;

/** Reads of one statement, each of some items itself. */
export const GATHERED_READS = 64;

/** Rows of one batch of a dump; of payloads fewer, each may be a chunk. */
export const DUMP_ROWS = 500;
export const DUMP_PART_ROWS = 16;
