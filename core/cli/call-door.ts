/** The application of the contextual call, open exactly while a site of the running settings calls: applying settings opens, moves or closes it. */
import { PasserelleError } from '../contract/index.ts';
import type { Engine } from '../engine/index.ts';
import type { EngineSettings } from '../settings/index.ts';

/** Transport whose listener browsers and kits reach. */
const TRANSPORT = 'https';

export class CallDoor {
  readonly #engine: Engine;
  readonly #settings: Pick<EngineSettings, 'public'>;
  #open: { readonly as: string; readonly addresses: readonly string[]; readonly stop: () => Promise<void> } | undefined;

  constructor(engine: Engine, settings: Pick<EngineSettings, 'public'>) {
    this.#engine = engine;
    this.#settings = settings;
  }

  /** Answers its addresses; none when no site calls. Throws ERR_PORT_TAKEN, ERR_CONFIG_*. */
  async follow(): Promise<readonly string[]> {
    const { region, face, plugins } = this.#engine;
    const { publicUrl } = region?.settings.engine.contextualCall ?? {};
    const isWanted = publicUrl !== undefined && region?.settings.sites.some(({ contextualCall }) => contextualCall);
    const as = isWanted ? JSON.stringify([publicUrl, face.calls.dialects()]) : '';
    if (this.#open && this.#open.as === as) return this.#open.addresses;
    await this.stop();
    if (!isWanted) return [];
    const app = plugins.apps.get('contextual-call');
    const listen = plugins.transports.get(TRANSPORT)?.listen;
    if (!app || !listen) throw new PasserelleError('ERR_CONFIG_INVALID', { expected: 'the application contextual-call and the transport https' });
    const made = app.create(face, { listen, ...this.#settings.public, publicUrl });
    try {
      this.#open = { as, addresses: await made.start(), stop: () => made.stop() };
    } catch (error) {
      await made.stop();
      throw error;
    }
    return this.#open.addresses;
  }

  async stop(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.stop();
  }
}
