/** The command `passerelle` (ARCHITECTURE section 7): French first, exit codes 0 1 2, `--json` where it lists. */
export { composeServices } from './compose.ts';
export { DEFAULT_DATA, prepareToken, publishUrl, readAccess, withdrawUrl, type Access } from './data-directory.ts';
export { EngineClient } from './engine-client.ts';
export { processIo, type Io } from './io.ts';
export { runCli, type CliParts } from './program.ts';
export { startNode } from './start-node.ts';
export type { CliServices, RunningEngine, Sender, StartOptions, TranslateOptions } from './services.ts';
export { readVersion } from './version.ts';
