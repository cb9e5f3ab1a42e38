/** Transport `https`: messages as HTTP requests, in through the engine's shared public listener, out through one kept-alive client per endpoint. */
import type { TransportPlugin } from '../../core/contract/index.ts';
import { IN_SCHEMA, OUT_SCHEMA, readInSettings, readOutSettings } from './settings.ts';
import { listen } from './listener.ts';
import { openSink } from './sink.ts';
import { openSource } from './source.ts';

/** The transport as the registry loads it. */
export const plugin: TransportPlugin = {
  kind: 'transport',
  id: 'https',
  settingsSchema: { in: IN_SCHEMA, out: OUT_SCHEMA },
  source: (settings, face) => openSource(readInSettings(settings), face),
  listen,
  sink: (settings) => openSink(readOutSettings(settings)),
};
