/** The engine of the demonstration with its public door, in this process, on ports of its own. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CallDoor } from '../../core/cli/call-door.ts';
import { Engine } from '../../core/engine/index.ts';
import { packageRoot } from '../../core/registry/index.ts';
import type { SettingsFile } from '../../core/settings/index.ts';
import { createLogger, createMetrics } from '../../core/telemetry/index.ts';

export interface DemoEngine {
  readonly engine: Engine;
  /** Its data and secrets; gone when it stops. */
  readonly folder: string;
  /** Addresses of its public listener. */
  readonly offered: readonly string[];
  readonly stop: () => Promise<void>;
}

/** Settings of the demonstration, each text of `places` put in the place of its key. */
export function demoDocuments(places: Readonly<Record<string, string>>, wanted: (name: string) => boolean = () => true): SettingsFile[] {
  const folder = path.join(packageRoot, 'config/demo');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml') && wanted(path.basename(file, '.yaml')))
    .map((file) => {
      const text = readFileSync(path.join(folder, file), 'utf8');
      return { file, text: Object.entries(places).reduce((yaml, [from, to]) => yaml.replaceAll(from, to), text) };
    });
}

/** @param port of its public listener; endpoints that share it take it from the environment. */
export async function startDemoEngine(documents: readonly SettingsFile[], port: number): Promise<DemoEngine> {
  const folder = mkdtempSync(path.join(tmpdir(), 'passerelle-'));
  const engine = await Engine.open({
    version: '0.1.0',
    data: path.join(folder, 'data'),
    documents,
    secretsFolder: folder,
    changed: async () => void (await door.follow()),
    logger: createLogger({ level: 'error' }),
    metrics: createMetrics(),
  });
  process.env['PASSERELLE_PUBLIC_PORT'] = String(port);
  await engine.start();
  const door = new CallDoor(engine, { public: { host: '127.0.0.1', port } });
  const offered = await door.follow();
  const stop = async (): Promise<void> => {
    delete process.env['PASSERELLE_PUBLIC_PORT'];
    await door.stop();
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { engine, folder, offered, stop };
}
