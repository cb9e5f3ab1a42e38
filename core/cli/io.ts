/** Where a command writes and what it may assume of the terminal. */

export interface Io {
  readonly out: (text: string | Uint8Array) => void;
  readonly err: (text: string) => void;
  /** Colours: only on a terminal, and not under NO_COLOR. */
  readonly color: boolean;
  readonly width: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Of a pipe, whose reader has no width. */
const WIDTH = 100;
/** Tables are made to be read from 80 columns on; a narrower terminal folds their lines. */
const MIN_WIDTH = 80;

export function processIo(): Io {
  const { stdout, stderr, env } = process;
  // `passerelle messages | head`: the reader is gone, which is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    color: stdout.isTTY && !env['NO_COLOR'],
    width: stdout.isTTY ? Math.max(stdout.columns || WIDTH, MIN_WIDTH) : WIDTH,
    env,
  };
}
