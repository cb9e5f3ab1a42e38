/** MSH and EVN of what we send. */
import type { ConnectorContext } from '../../core/contract/index.ts';
import type { Hl7Value } from '../codec-hl7v2/index.ts';
import type { DialectProfile } from './profile.ts';
import { toHl7Time, toLocalHl7Time } from './values.ts';

export type SegmentOut = readonly [name: string, fields: Readonly<Record<number, Hl7Value>>];

/** What a writer is given: destination, dialect, and the id of the message it makes. */
export interface Writing {
  readonly context: ConnectorContext;
  readonly profile: DialectProfile;
  /** MSH-10. */
  readonly controlId: string;
}

export interface Kind {
  /** MSH-9: `['ADT', 'A31', 'ADT_A05']`. */
  readonly type: readonly [string, string, string];
  /** MSH-12. */
  readonly version: readonly string[];
  /** MSH-21. */
  readonly conformance?: readonly string[];
}

/** A setting of the site's connector, when it is a text. */
export const textSetting = ({ context }: Writing, name: string): string | undefined => {
  const value = context.settings.connector[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

export function writeMsh(writing: Writing, kind: Kind): SegmentOut {
  const { context, profile, controlId } = writing;
  return [
    'MSH',
    {
      3: textSetting(writing, 'sendingApplication') ?? profile.writing.sendingApplication,
      4: textSetting(writing, 'sendingFacility'),
      5: textSetting(writing, 'receivingApplication') ?? profile.writing.receivingApplication,
      6: textSetting(writing, 'receivingFacility') ?? context.settings.site,
      7: localNow(context),
      9: kind.type,
      10: controlId,
      // Without an environment the safe word is test.
      11: context.settings.environment === 'production' ? 'P' : 'T',
      12: kind.version,
      17: 'FRA',
      18: profile.writing.charset.declared,
      21: kind.conformance,
    },
  ];
}

/** The time of the decision, on the clock of the site. */
export const localNow = ({ now, settings }: ConnectorContext): string => toLocalHl7Time(now, settings.timeZone);

/** EVN-2 recorded, EVN-6 when it happened. */
export const writeEvn = ({ context }: Writing, recordedAt: string | undefined, happenedAt?: string): SegmentOut => [
  'EVN',
  { 2: recordedAt ? toHl7Time(recordedAt) : localNow(context), 6: toHl7Time(happenedAt) },
];
