/** Vendor samples and their index: reading it, and comparing a translation with what it expects. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseHl7 } from 'passerelle/codec/hl7v2';
import type { Translation } from '../../core/lanes/translation.ts';
import { sharedFolder } from './translating.ts';

export const samplesFolder = path.join(sharedFolder, 'vendors', 'samples');

/** One entry of `index.json`, as its README describes it. */
export interface Sample {
  readonly vendor: string;
  readonly file: string;
  readonly decision: string;
  readonly decisions?: readonly string[];
  readonly reply: string;
  readonly eventTypes: readonly string[];
  readonly warningCodes: readonly string[];
  readonly canonical: Record<string, unknown>;
  readonly withoutSettings?: string;
  readonly messages?: number;
  readonly acks?: readonly (string | null)[];
  readonly settings?: string;
}

export const readIndex = (): readonly Sample[] => JSON.parse(readFileSync(path.join(samplesFolder, 'index.json'), 'utf8')) as readonly Sample[];
export const isMessage = ({ file, decision }: Sample): boolean => /\.(hl7|mllp)$/.test(file) && decision !== 'reference output';
export const settingsOf = (sample: Sample): string => path.join(samplesFolder, sample.vendor, sample.settings ?? 'settings.yaml');

/** What differs, in words; nothing when all of it agrees. */
export function compare(sample: Sample, found: readonly Translation[]): readonly string[] {
  const decisions = sample.decisions ?? found.map(() => sample.decision);
  const types = found.flatMap(({ events }) => events.map(({ type }) => type)).sort();
  return [
    ...differ('messages', sample.messages ?? 1, found.length),
    ...found.flatMap((one, i) =>
      String(decisions[i]).split('|').includes(one.decision)
        ? []
        : [`decision ${i + 1}: expected ${decisions[i]}, found ${one.decision} ${one.error?.code ?? ''}`],
    ),
    ...differ('events', [...sample.eventTypes].sort().join(' '), types.join(' ')),
    ...sample.warningCodes.flatMap((code) => (found.some((one) => hasWarning(one, code)) ? [] : [`warning ${code}: not found`])),
    ...found.flatMap((one, i) => ackDiffers(sample, one, i)),
    ...canonicalDiffers(sample.canonical, found),
  ];
}

const differ = (what: string, expected: unknown, found: unknown): readonly string[] =>
  expected === found ? [] : [`${what}: expected ${String(expected)}, found ${String(found)}`];

const hasWarning = ({ warnings }: Translation, wanted: string): boolean =>
  warnings.some(({ code, detail }) => code === wanted || `${code}:${detail ?? ''}` === wanted);

function ackDiffers(sample: Sample, found: Translation, i: number): readonly string[] {
  const [word = ''] = sample.reply.split(/[ ,;]/, 1);
  const expected = sample.acks ? sample.acks[i] : word;
  if (expected === null || expected === undefined) return [];
  const code = found.acknowledgement ? parseHl7(found.acknowledgement.text).get('MSA-1') : 'none';
  return differ(`acknowledgement ${i + 1}`, expected, code);
}

/** Of the engine or of a file as a whole: no event of a stateless translation carries them. */
const NOT_OF_EVENTS = new Set(['warnings', 'messages', 'batch', 'events', 'duplicates']);

/** Every stated field must be in one of the events; identity and stay are told by two of them. */
function canonicalDiffers(canonical: Record<string, unknown>, found: readonly Translation[]): readonly string[] {
  const data = found.flatMap(({ events }) => events.map((event) => event.data as Record<string, unknown>));
  return Object.entries(canonical)
    .filter(([key]) => !NOT_OF_EVENTS.has(key))
    .flatMap(([key, expected]) => {
      const best = data.map((one) => subsetDiffers(expected, one[key], key)).sort((a, b) => a.length - b.length)[0];
      return best ?? [`${key}: expected, found no event`];
    });
}

function subsetDiffers(expected: unknown, found: unknown, where: string): readonly string[] {
  if (Array.isArray(expected)) {
    if (!Array.isArray(found) || found.length !== expected.length)
      return [`${where}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`];
    return expected.flatMap((one, i) => subsetDiffers(one, found[i], `${where}[${i}]`));
  }
  if (expected !== null && typeof expected === 'object') {
    return Object.entries(expected).flatMap(([key, value]) =>
      subsetDiffers(value, (found as Record<string, unknown> | undefined)?.[key], `${where}.${key}`),
    );
  }
  return expected === found ? [] : [`${where}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`];
}
