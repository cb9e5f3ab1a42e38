/** Hold until capable (MISSION M16): a receiver that is not ready for the INS, then is; over real sockets. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { SettingsPlan, WithheldView } from 'passerelle/contract';
import { INS, hospitalOf, recordOf, type Told } from './hospital.ts';
import { describeJournals } from '../fault/journals.ts';
import { TestRegion, until } from './region.ts';

const CAPABLE = '        capabilities: { ins: false }\n        sends: [dcc.identity.*, dcc.visit.*, dcc.document.*]';

describeJournals('a receiver that is not ready for the INS', (journal) => {
  const region = new TestRegion(journal);
  const tell = hospitalOf(region);
  const record = recordOf(region, (yaml) => yaml.replace('        sends: [dcc.identity.*, dcc.visit.*, dcc.document.*]', CAPABLE));

  const withheld = (): Promise<WithheldView> => region.get('lanes/dcc-out/withheld');
  const told = (from: number): readonly Told[] => record.told.slice(from);
  const numbers = (messages: readonly Told[]): string[] => messages.map(({ patient }) => patient.identifiers[0]!.value);
  const insOf = ({ patient }: Told): string | undefined => patient.ins?.value;

  it('M16: is told in the form of before, while the rest is kept with the patient', async () => {
    await tell({ ipp: '50', minute: 1, ins: INS });
    await tell({ ipp: '51', minute: 1, ins: INS });
    await tell({ ipp: '50', minute: 2, ins: INS });
    await tell({ ipp: '52', minute: 1, ins: INS });
    await tell({ ipp: '53', minute: 1 });
    expect(record.told.map(insOf)).to.deep.equal(Array(5).fill(undefined));
    expect(record.told.map(({ patient }) => patient.identityStatus)).to.deep.equal(Array(5).fill('VALI'));
    expect(JSON.stringify(record.told)).to.not.include(INS);
    expect(await withheld()).to.include({ state: 'withholding', patients: 3, messages: 4, superseded: 1 });
  });

  it('M16: an INS that is lost before is told to nobody', async () => {
    await tell({ ipp: '52', minute: 9 });
    expect(await withheld()).to.include({ patients: 2, messages: 3 });
  });

  it('M16: settings do not call it capable while it was not told everything', async () => {
    const files = readdirSync(region.config).map((file) => ({ file, text: readFileSync(path.join(region.config, file), 'utf8') }));
    for (const capable of ['        capabilities: { ins: true }\n', '']) {
      const documents = files.map(({ file, text }) => ({ file, text: text.replace(/ *capabilities: \{ ins: false \}\n/, capable) }));
      const plan = await region.post<SettingsPlan>('settings/plan', { documents });
      expect(plan.issues.map(({ code }) => code)).to.deep.equal(['ERR_CONFIG_WITHHELD']);
      expect(plan.changes).to.deep.equal([]);
    }
  });

  it('M16: is released at a rate, the oldest first, and stopped; what is left goes on after a restart', async () => {
    const before = record.told.length;
    await region.post('lanes/dcc-out:ready', { why: 'tested', perMinute: 0.01 });
    await until('the first update arrived', 15_000, () => told(before).length === 1);
    expect(numbers(told(before))).to.deep.equal(['50']);
    expect(insOf(told(before)[0]!)).to.equal(INS);
    expect(await withheld()).to.include({ state: 'releasing', patients: 1, messages: 1, perMinute: 0.01 });
    await region.kill();
    await region.start();
    await until('the second one arrived', 60_000, () => told(before).length === 2);
    expect(numbers(told(before))).to.deep.equal(['50', '51']);
    expect(await withheld()).to.include({ patients: 0 });
  });

  it('M16: once ready it is told everything, and an update released takes the place of nothing newer', async () => {
    await tell({ ipp: '54', minute: 1, ins: INS });
    expect(insOf(record.told.at(-1)!)).to.equal(INS);
    expect(await withheld()).to.include({ patients: 0 });
  });

  it('M16: declared not ready after all, it is told in the form of before; ready again, with what is known by then', async () => {
    expect(await region.post('lanes/dcc-out:not-ready', { why: 'anomaly' })).to.include({ state: 'withholding' });
    await tell({ ipp: '55', minute: 1, ins: INS, name: 'AVANT' });
    expect(insOf(record.told.at(-1)!)).to.equal(undefined);
    const before = record.told.length;
    await region.post('lanes/dcc-out:ready', { why: 'mended' });
    await until('it is ready', 15_000, async () => (await withheld()).state === 'ready');
    await region.drained();
    expect(told(before).map((message) => [message.type, insOf(message), message.patient.traits['birthName']])).to.deep.equal([
      ['identity.updated', INS, 'AVANT'],
    ]);
  });
});
