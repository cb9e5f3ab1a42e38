/** The sandbox: runs the peers of connectors as working stand-ins that speak the real protocols and misbehave on demand. It knows no vendor. */
import type { AppPlugin } from '../../core/contract/index.ts';
import { Demonstration, type DemonstrationOptions } from './demonstration.ts';

export { cda } from './cda.ts';
export { remotePeer } from './control.ts';
export { playDay, type DayOutcome, type DayStep } from './day.ts';
export { setUpKit, type WantedKit } from './kit-setup.ts';
export { loadPeer } from './load.ts';
export type { Sent } from './outbox.ts';
export { pdf } from './pdf.ts';
export { person } from './people.ts';
export { startPsc, type Psc } from './psc.ts';
export { IPP_SYSTEM, startSmartDpi, type SmartDpi } from './smart-dpi.ts';
export type { Bend } from './oidc-stand-in.ts';
export { startPeer, type MisbehaveRequest, type PeerHandle, type PeerOptions, type RunningPeer } from './peer-host.ts';

/** The demonstration around an engine: its settings are `DemonstrationOptions`. */
export const plugin: AppPlugin = {
  kind: 'app',
  id: 'sandbox',
  create: (engine, settings) => new Demonstration(engine, settings as unknown as DemonstrationOptions),
};
