/**
 * Where attempts stand: most deliveries are delivered by their first attempt, begun and ended in one commit, and then the row of the delivery
 * tells it (`started_at`). Every other attempt has a row of its own.
 */
const ROWS = 'SELECT a.delivery, a.ordinal, a.started_at, a.ended_at, a.outcome, a.ack, a.error FROM';
const ONLY = 'SELECT d.id, 1, d.started_at, d.settled_at, d.state, d.ack, d.error FROM delivery d WHERE d.started_at IS NOT NULL';

/** Attempts of all deliveries, in order. */
export const ALL_ATTEMPTS = `${ROWS} attempt a UNION ALL ${ONLY} ORDER BY delivery, ordinal`;

/** Attempts of the deliveries of one message, in the order of their begin. */
export const ATTEMPTS_OF_MESSAGE = `
  ${ROWS} delivery d JOIN attempt a ON a.delivery = d.id WHERE d.message = ?1
  UNION ALL ${ONLY} AND d.message = ?1 ORDER BY started_at, delivery, ordinal`;
