/** The log of the engine: a redacting door over winston. Nothing per message above debug: counters and the journal tell that. */
import winston from 'winston';
import { oneLine, redact } from './fields.ts';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  /** Default `info`. */
  readonly level?: LogLevel;
  /** `text` for a terminal, `json` for a collector. Default `text`. */
  readonly format?: 'text' | 'json';
  /** Default standard error: standard output is for what was asked. */
  readonly stream?: NodeJS.WritableStream;
}

/** `what` is a fixed sentence of the code, never built from input; facts go in `fields`, and only those of `LOG_FIELDS` are written. */
export interface Logger {
  readonly log: (level: LogLevel, what: string, fields?: Readonly<Record<string, unknown>>) => void;
  readonly error: (what: string, fields?: Readonly<Record<string, unknown>>) => void;
  readonly warn: (what: string, fields?: Readonly<Record<string, unknown>>) => void;
  readonly info: (what: string, fields?: Readonly<Record<string, unknown>>) => void;
  readonly debug: (what: string, fields?: Readonly<Record<string, unknown>>) => void;
  readonly close: () => void;
}

/** The reader of the log is gone (a pipe, a collector that is started again): no reason for an engine to end. */
const unread = (): void => undefined;

export function createLogger(options: LoggerOptions = {}): Logger {
  if (!process.stderr.listeners('error').includes(unread)) process.stderr.on('error', unread);
  const logger = winston.createLogger({
    level: options.level ?? 'info',
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    format: winston.format.combine(winston.format.timestamp(), options.format === 'json' ? winston.format.json() : text),
    transports: [new winston.transports.Stream({ stream: options.stream ?? process.stderr })],
  });
  const log: Logger['log'] = (level, what, fields = {}) => {
    // `level`, `message` and `timestamp` belong to the line itself; a field named `message` (its id) goes under `id`.
    const { message: id, ...rest } = redact(fields);
    logger.log({ ...rest, ...(id !== undefined && { id }), level, message: oneLine(what) });
  };
  return {
    log,
    error: (what, fields) => log('error', what, fields),
    warn: (what, fields) => log('warn', what, fields),
    info: (what, fields) => log('info', what, fields),
    debug: (what, fields) => log('debug', what, fields),
    close: () => logger.close(),
  };
}

const text = winston.format.printf(({ timestamp, level, message, ...fields }) => {
  const facts = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
  return [String(timestamp), level.padEnd(5), String(message), ...facts].join(' ');
});
