/** The record that contextual calls open, as the running settings name it. */
import { CalledRecord } from '../call/index.ts';
import type { SiteSettings, TransportPlugin } from '../contract/index.ts';
import type { LanePorts } from '../lanes/index.ts';
import type { ConnectorEntry, Endpoint, SiteEntry } from '../settings/index.ts';

/** Undefined when calls do not go through this endpoint. Its connections are its own: a person does not wait behind a lane. */
export function calledRecord(
  site: SiteEntry,
  { id, version }: ConnectorEntry,
  endpoint: Endpoint,
  made: {
    readonly transport: TransportPlugin;
    /** Of the transport, secrets resolved. */
    readonly own: Record<string, unknown>;
    readonly format: string;
    readonly settings: SiteSettings;
    readonly ports: LanePorts;
  },
): CalledRecord | undefined {
  const { recordCall } = site;
  if (endpoint.direction !== 'out' || recordCall?.through !== endpoint.name) return undefined;
  const { transport, own, format, settings, ports } = made;
  const { opensAt, terms } = recordCall;
  const { connectors, codec, codecs, now } = ports;
  const origins = opensAt.length > 0 ? opensAt : [URL.parse(String(own['baseUrl']))?.origin ?? ''];
  return new CalledRecord({
    connector: id,
    connectorVersion: version,
    format,
    settings,
    sink: transport.sink(own),
    origins,
    terms,
    connectors,
    codec,
    codecs,
    now,
  });
}
