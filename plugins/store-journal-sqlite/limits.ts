/** Every bound of the store, with what it protects from. */

/** How long reads may take between two commits while writers wait, one read at least: reading never starves writing. */
export const READING_MS = 2;
/** The same when nobody waits: then it is seen whether somebody does. */
export const LONG_READING_MS = 20;

/** Bytes from which a payload is copied once and handed over; below, a second copy costs less than a transfer. */
export const TRANSFER_BYTES = 64 * 1024;

/** How long opening waits for another engine that is just ending. */
export const BUSY_MS = 1000;
/**
 * Of a new file; others keep theirs. Alternated with 4 KB, which SQLite would take: a document of 5 MB is a quarter of the calls to the disk and 10 % less CPU, one of
 * 200 KB 8 % less; messages of 1 KB pack denser (growth 5.4 instead of 5.8) and cost the same.
 */
export const PAGE_BYTES = 16 * 1024;
/** Write-ahead log between checkpoints: a hot page is copied into the file once per checkpoint, and who commits meanwhile waits for it. */
export const CHECKPOINT_BYTES = 8 * 1024 * 1024;
/** The log file is cut back to this after a burst. */
export const LOG_LIMIT_BYTES = 64 * 1024 * 1024;
/** Page cache: holds the leaves of the hashed indexes, which are written at random. */
export const CACHE_KIB = 8 * 1024;
/** Memory of the worker for what is garbage after each command; V8 would let three times as much gather before it looks. */
export const YOUNG_LIMIT_MB = 16;

/** Rows and payload bytes of one batch of a dump: what reading a whole journal holds in memory. */
export const BATCH_ROWS = 500;
export const BATCH_BYTES = 1024 * 1024;
/** Piece by which the file is copied. */
export const COPY_BYTES = 4 * 1024 * 1024;
/** Space that a copy of the file leaves to the journal itself. */
export const COPY_SPARE_BYTES = 256 * 1024 * 1024;
/** Payloads of reads that are answered together; past it the answer goes out. */
export const ANSWER_BYTES = 512 * 1024;
