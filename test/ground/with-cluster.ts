/**
 * Runs a command with a temporary PostgreSQL server, whose address it finds in PASSERELLE_TEST_JOURNAL; without an installed server it runs all the
 * same, and what needs one is skipped: `node dist/test/ground/with-cluster.js npm run test:slow`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { postgresFolder, startCluster } from './index.ts';

const [command = 'true', ...args] = process.argv.slice(2);
const isRequired = (process.env['PASSERELLE_REQUIRE'] ?? '').split(',').includes('postgres');
const cluster = postgresFolder() || isRequired ? await startCluster() : undefined;
const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...(cluster && { PASSERELLE_TEST_JOURNAL: cluster.url }) } });
const [code] = (await once(child, 'exit')) as [number | null];
await cluster?.stop();
process.exitCode = code ?? 1;
