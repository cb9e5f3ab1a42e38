/** Small synthetic messages, opened as the engine opens them. */
import { UNCONFIGURED, type ConnectorContext, type DecodeResult, type Envelope, type SiteSettings } from '../../../core/contract/index.ts';
import { plugin as cda } from '../../codec-cda-reader/index.ts';
import { codec } from '../../codec-hl7v2/index.ts';
import { decodeFr, NATIONAL_PROFILE, type DialectProfile } from '../index.ts';

export const INS = '175069999012356';
export const INS_OID = '1.2.250.1.213.1.4.10';

export const SITE: SiteSettings = {
  ...UNCONFIGURED,
  site: '990055014',
  environment: 'test',
  identityAuthorities: [
    { namespace: 'GAM', oid: '1.2.250.1.999.90.1', type: 'PI', domain: 'gam', use: 'IPP' },
    { namespace: 'GAM', type: 'AN', domain: 'gam-stay', use: 'IEP' },
    { namespace: 'GAM', domain: 'gam-movement', use: 'MOVEMENT' },
  ],
};

export function contextOf(settings: SiteSettings = SITE): ConnectorContext {
  let count = 0;
  return { settings, now: '2026-10-15T08:00:00.000Z', newId: () => `ID${(count += 1)}` };
}

export function open(text: string | Uint8Array): Envelope {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return codec.open(bytes, {
    charsetFallback: 'windows-1252',
    readDocument: (content, mime) => (cda.document?.recognises(mime, content) ? cda.document.read(content) : undefined),
  }).envelope;
}

export const decode = (segments: readonly string[], settings: SiteSettings = SITE, profile: DialectProfile = NATIONAL_PROFILE): DecodeResult =>
  decodeFr(open(`${segments.join('\r')}\r`), contextOf(settings), profile);

/** What tests look at in the data of an event. */
export interface Data {
  readonly patient: Readonly<Record<string, unknown>>;
  readonly visit: { readonly id?: string; readonly movement?: Readonly<Record<string, unknown>> };
  readonly document: Readonly<Record<string, unknown>>;
}

/** Data of the event of a type. */
export function dataOf({ events }: DecodeResult, type: string): Data {
  const event = events.find((one) => one.type === type);
  if (!event) throw new Error(`no ${type}`);
  return event.data as Data;
}

export const header = (type: string, version = '2.5'): string =>
  `MSH|^~\\&|GAM|CH|DCC|DCC|20261001081500||${type}|M1|T|${version}|||||FRA|UNICODE UTF-8`;

/** PID with an IPP, and what a test changes of it by field number. */
export function pid(changes: Readonly<Record<number, string>> = {}): string {
  const fields = Array<string>(34).fill('');
  const ordinary = { 0: 'PID', 3: '00012345^^^GAM&1.2.250.1.999.90.1&ISO^PI', 5: "D'ÉTREZAC^ANNE-LISE^ANNE-LISE MARIE^^^^L", 7: '19750612', 8: 'F' };
  for (const [field, value] of Object.entries({ ...ordinary, ...changes })) fields[Number(field)] = value;
  return fields.join('|').replace(/\|+$/, '');
}

export const identity = (changes: Readonly<Record<number, string>> = {}): string[] => [
  header('ADT^A31^ADT_A05'),
  'EVN||20261001081500',
  pid(changes),
  'PV1|1|N',
];
