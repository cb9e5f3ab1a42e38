/** What the small benches work with, as `region/bench.yaml` says it: settings of a site, the codecs of documents, where events come from. */
import { UNCONFIGURED, type SiteSettings } from 'passerelle/contract';
import type { EventOrigin } from '../../core/lanes/events.ts';
import { plugin as cda } from '../../plugins/codec-cda-reader/index.ts';
import { plugin as pdf } from '../../plugins/codec-pdf/index.ts';

export const NOW = '2026-10-15T08:00:00.000Z';

export const settings: SiteSettings = {
  ...UNCONFIGURED,
  site: '990001018',
  environment: 'test',
  identityAuthorities: [
    { namespace: 'DPI-FICTIF', oid: '1.2.250.1.999.1.1', domain: 'bench', use: 'IPP' },
    { namespace: 'CH-FICTIF', domain: 'bench-stay', type: 'AN', use: 'IEP' },
    { namespace: 'CH-FICTIF', domain: 'bench-visit', type: 'VN', use: 'IEP' },
    { domain: 'bench-movement', use: 'MOVEMENT' },
  ],
  senders: [{ application: 'DPI-FICTIF', insAuthority: true }],
};

export const documents = [cda.document, pdf.document].filter((one) => one !== undefined);

export const origin: EventOrigin = {
  messageId: 'bench',
  run: 1,
  site: settings.site,
  timeZone: settings.timeZone,
  connector: 'ci-sis',
  connectorVersion: '0.1.0',
  receivedAt: NOW,
};
