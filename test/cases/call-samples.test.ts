/** Contextual calls of the vendors' samples: what `passerelle translate` gives of each, with the settings of its folder. Needs the shared folder. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { verifyOffline } from '../../core/call/index.ts';
import { composeServices } from '../../core/cli/compose.ts';
import type { CliServices } from '../../core/cli/services.ts';
import type { Translation } from '../../core/lanes/translation.ts';
import { compare, readIndex, samplesFolder, settingsOf, type Sample } from './samples.ts';
import { hasShared, readSettings } from './translating.ts';

/** Instant at which each sample that says its time is of now. */
const NOW: Readonly<Record<string, string>> = { klinck: '2026-09-22T08:15:30+02:00', kprocess: '2026-09-15T08:00:20Z' };
const calls = hasShared ? readIndex().filter(({ file }) => /contextual_call/.test(file)) : [];
const connectorOf = ({ vendor }: Sample): string => vendor.replace('kprocess', 'k-process');

describe(`contextual calls of the samples${hasShared ? '' : ' (skipped: the shared folder is absent)'}`, () => {
  let services: CliServices;
  before(async function () {
    if (!hasShared) this.skip();
    services = await composeServices();
  });

  const translated = (sample: Sample, now?: string): Translation => {
    const options = { connectorId: connectorOf(sample), settings: readSettings(settingsOf(sample)), now: now ?? new Date().toISOString() };
    const lines = services.translate(readFileSync(path.join(samplesFolder, sample.file)), { ...options, judgeTime: now !== undefined });
    const [one, ...more] = lines as readonly Translation[];
    if (!one || more.length > 0) throw new Error('one call, one line');
    return one;
  };

  for (const sample of calls)
    it(`${sample.file} gives the expected decision, event and warnings`, () => {
      const found = translated(sample, NOW[sample.vendor]);
      const expected = { ...sample, acks: [null], ...(sample.decision === 'reference output' && { decision: 'accept-with-warning' }) };
      expect(compare(expected, [found])).to.deep.equal([]);
    });

  for (const sample of calls.filter(({ decision }) => decision !== 'reference output'))
    it(`${sample.file} gives the same to the debugger`, async () => {
      const id = connectorOf(sample);
      const now = NOW[sample.vendor] ?? new Date().toISOString();
      const bytes = readFileSync(path.join(samplesFolder, sample.file));
      const verdict = await verifyOffline(
        { bytes, now },
        { ...(await services.callParts(id)), settings: readSettings(settingsOf(sample)), keys: [] },
      );
      const [event] = translated(sample, NOW[sample.vendor]).events;
      expect([verdict.decision, verdict.events[0]?.type]).to.deep.equal([sample.decision, 'dcc.context.open']);
      expect(verdict.warnings).to.include.members([...sample.warningCodes]);
      expect(verdict.events[0]?.data).to.deep.equal(event?.data);
      expect(verdict.checks.map(({ result }) => result)).not.to.include('failed');
    });

  it('are refused at a later time when they say when they were made, with the event of a refused call', () => {
    const timed = calls.filter(({ vendor }) => NOW[vendor]);
    const found = timed.map((sample) => translated(sample, '2026-09-23T00:00:00Z'));
    expect(found.map(({ decision, error, events }) => [decision, error?.code, events.map(({ type }) => type)])).to.deep.equal(
      timed.map(() => ['reject', 'ERR_CALL_REFUSED', ['dcc.context.refused']]),
    );
  });

  it('have the reference output that the address of Mediboard is written as, byte for byte', async () => {
    const sample = calls.find(({ file }) => file.startsWith('mediboard/02'))!;
    const [event] = translated(sample).events;
    const options = { connectorId: 'mediboard', settings: readSettings(settingsOf(sample)), now: '2026-09-23T00:00:00Z' };
    const written = await services.render(event, options, {});
    expect(Buffer.from(written).toString()).to.equal(readFileSync(path.join(samplesFolder, sample.file), 'utf8'));
  });
});
