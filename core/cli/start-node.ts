/** `passerelle start`: an engine node with its API, a node that only runs connectors, or the demonstration region. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { openAudit } from '../audit/index.ts';
import { PasserelleError } from '../contract/index.ts';
import { Engine, startConnectorNode } from '../engine/index.ts';
import { loadPlugins, packageRoot } from '../registry/index.ts';
import {
  defaultEngine,
  overrideFromEnvironment,
  parseDocuments,
  readSettingsFiles,
  type EngineSettings,
  type SettingsFile,
} from '../settings/index.ts';
import { createLogger, createMetrics } from '../telemetry/index.ts';
import { CallDoor } from './call-door.ts';
import { prepareToken, publishUrl, withdrawUrl } from './data-directory.ts';
import type { RunningEngine, StartOptions } from './services.ts';

/** V8 looks for garbage again when the heap has grown by this much. By itself it lets a small heap triple: 100 MB more under load, for 1 % of the CPU. */
const HEAP_GROWTH_PERCENT = 70;
const DEMO_CONFIG = path.join(packageRoot, 'config/demo');
const ROLES = ['engine', 'connectors'];

export async function startNode(version: string, options: StartOptions): Promise<RunningEngine> {
  const roles = options.roles ?? ROLES;
  const unknown = roles.find((r) => !ROLES.includes(r));
  if (unknown !== undefined)
    throw new PasserelleError('ERR_REQUEST_INVALID', { location: { path: '--roles' }, expected: ROLES.join(', '), found: unknown });
  const config = options.config ?? (options.demo ? DEMO_CONFIG : undefined);
  const documents = config ? await readSettingsFiles(config) : [];
  const settings = engineSettings(documents);
  if (!roles.includes('engine')) return startConnectors(settings);
  return startEngine(version, options, documents, settings, config, roles.includes('connectors'));
}

/** What the engine needs before it opens anything: the engine document of the files, with what the environment says. */
function engineSettings(documents: readonly SettingsFile[]): EngineSettings {
  const values = overrideFromEnvironment(
    parseDocuments(documents).map((d) => d.value),
    process.env,
  );
  const engine = values.find((v) => (v as { kind?: string } | null)?.kind === 'engine') as Partial<EngineSettings> | undefined;
  const defaults = defaultEngine();
  return {
    ...defaults,
    ...engine,
    admin: { ...defaults.admin, ...engine?.admin },
    public: { ...defaults.public, ...engine?.public },
    contextualCall: { ...defaults.contextualCall, ...engine?.contextualCall },
  };
}

async function startConnectors(settings: EngineSettings): Promise<RunningEngine> {
  if (!settings.transporter)
    throw new PasserelleError('ERR_REQUEST_INVALID', {
      location: { path: '--roles' },
      expected: 'a transporter (PASSERELLE_TRANSPORTER=nats://HOST:PORT)',
    });
  const node = await startConnectorNode({ nodeId: `connectors-${randomUUID().slice(0, 8)}`, transporter: settings.transporter });
  return { addresses: node.hosted.map((c) => `connector ${c} over ${settings.transporter}`), stop: node.stop };
}

async function startEngine(
  version: string,
  options: StartOptions,
  documents: readonly SettingsFile[],
  settings: EngineSettings,
  config: string | undefined,
  hostsConnectors: boolean,
): Promise<RunningEngine> {
  const { data } = options;
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const logger = createLogger({ level: options.logLevel, format: options.logFormat });
  const beside: { door?: CallDoor } = {};
  const engine = await Engine.open({
    version,
    data,
    documents,
    secretsFolder: config ?? data,
    hostsConnectors,
    logger,
    metrics: createMetrics(),
    changed: async () => {
      await beside.door
        ?.follow()
        .catch((thrown: unknown) => logger.error('the contextual call is not open', { code: PasserelleError.from(thrown).code }));
    },
    ...(settings.transporter && { transporter: settings.transporter }),
    ...(settings.journal && { journal: settings.journal }),
  });
  const stops: (() => Promise<void>)[] = [() => engine.stop()];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).toReversed()) await end();
  };
  try {
    const report = await engine.start();
    if (report.revision === 0) logger.warn('no settings are applied yet: "passerelle apply DIR", or start with --config DIR');
    if (report.drift.length > 0)
      logger.warn('the files differ from the active settings, which run; see "passerelle plan"', {
        revision: report.revision,
        count: report.drift.length,
      });
    const door = new CallDoor(engine, settings);
    stops.push(() => door.stop());
    const calls = await door.follow();
    beside.door = door;
    const admin = await startApi(engine, data, settings, stops);
    const demo = options.demo ? await startDemo(engine, data, stops) : [];
    return {
      addresses: [
        ...report.addresses.map((a) => `${a} (entrée / inbound)`),
        ...calls.map((a) => `${a} (appel contextuel / contextual call)`),
        `admin ${admin}`,
        ...demo.map((a) => `${a} (simulateur / simulator)`),
      ],
      stop,
      ended: engine.ended,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startApi(engine: Engine, data: string, settings: EngineSettings, stops: (() => Promise<void>)[]): Promise<string> {
  const api = engine.plugins.apps.get('api');
  if (!api) throw new PasserelleError('ERR_CONFIG_INVALID', { expected: 'the application api' });
  const audit = openAudit(data);
  const token = await prepareToken(data);
  const app = api.create(engine.face, {
    ...settings.admin,
    token,
    audit: async (reading: { who: string; message: string; reason: string; peer: string }) =>
      audit.write({ at: new Date().toISOString(), ...reading }),
  });
  stops.push(async () => {
    await withdrawUrl(data);
    await app.stop();
    audit.close();
  });
  const [address = ''] = await app.start();
  await publishUrl(data, address);
  return address;
}

/** The simulators of the demonstration, each in its own process, and the day they play. */
async function startDemo(engine: Engine, data: string, stops: (() => Promise<void>)[]): Promise<readonly string[]> {
  const sandbox = (await loadPlugins()).apps.get('sandbox');
  if (!sandbox) throw new PasserelleError('ERR_CONFIG_INVALID', { expected: 'the application sandbox' });
  const app = sandbox.create(engine.face, {
    day: path.join(packageRoot, 'config/demo-day.yaml'),
    state: path.join(data, 'peers'),
    print: (line: string) => process.stdout.write(`${line}\n`),
  });
  stops.push(() => app.stop());
  return app.start();
}
