/** What the engine says of itself: a log that cannot hold health data, and counters. */
export { LOG_FIELDS, type LogField } from './fields.ts';
export { LOG_LEVELS, createLogger, type LogLevel, type Logger, type LoggerOptions } from './logger.ts';
export { createMetrics, type Counter, type Gauge, type Labels, type MetricSnapshot, type Metrics } from './metrics.ts';
