/** Transport `mllp`: HL7 v2 messages in frames over TCP, in clear or under TLS, both ways. */
import type { TransportPlugin } from '../../core/contract/index.ts';
import { IN_SCHEMA, OUT_SCHEMA, readInSettings, readOutSettings } from './settings.ts';
import { openSink } from './sink.ts';
import { openSource } from './source.ts';

/** The transport as the registry loads it. */
export const plugin: TransportPlugin = {
  kind: 'transport',
  id: 'mllp',
  settingsSchema: { in: IN_SCHEMA, out: OUT_SCHEMA },
  source: (settings, face) => openSource(readInSettings(settings), face),
  sink: (settings) => openSink(readOutSettings(settings)),
};
