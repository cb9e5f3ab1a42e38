/** SAFETY A1 and A6 over several domains and sites: a number is one of its domain, whoever says it, and a merge is one of its domain too. */
import { expect } from 'chai';
import { UNCONFIGURED, type ClearKey } from '../../../core/contract/index.ts';
import { identityJudge, PERSON, personOf, survivorOf, type Person } from '../../../core/identity/index.ts';
import { keptOf, Knowledge, type Case, type Judgement } from '../../../core/knowledge/index.ts';
import { kindOf } from '../../../core/model/index.ts';
import { index, NORTH, SOUTH } from '../documents/archive.ts';
import { TRAITS } from './hospital.ts';

describe('identity domains', () => {
  let notes: Map<string, string>;
  let knowledge: Knowledge;
  let count = 0;
  beforeEach(() => {
    notes = new Map();
    const read = async (kind: string, keys: readonly string[]): Promise<readonly (string | undefined)[]> =>
      keys.map((key) => notes.get(`${kind} ${key}`));
    knowledge = new Knowledge({ notes: read }, [identityJudge(() => [{ application: 'DPI', insAuthority: true }])]);
  });

  async function tell(type: string, site: string, keys: readonly ClearKey[], data: object): Promise<Judgement> {
    count += 1;
    const time = new Date(Date.UTC(2026, 9, 1, 8, count)).toISOString();
    const whole = { ...data, originApplication: 'DPI', recordedAt: time };
    const one = {
      event: { id: `e${count}`, type, site, time, data: whole },
      draft: { type, data: whole, keys },
      kind: kindOf(type),
      keys: keys.map((key) => index.patient(key)),
      role: 'establishment',
      settings: { ...UNCONFIGURED, site, senders: [{ application: 'DPI', insAuthority: true }] },
      parts: [],
      targets: [],
      message: { id: `TEST-${count}`, run: 1, receivedAt: time, controlId: `M${count}` },
      now: time,
    } as unknown as Case;
    const { judgements, release } = await knowledge.judge([[one]]);
    const judgement = judgements[0]![0]!;
    for (const { kind, key, value } of keptOf([judgement], judgement.quarantine ? 'quarantined' : 'decoded')) notes.set(`${kind} ${key}`, value);
    release(true);
    return judgement;
  }
  const identity = (site: string, domain: string, ipp: string, more: object = {}): Promise<Judgement> =>
    tell('dcc.identity.updated', site, [{ domain, value: ipp }], { patient: { ...TRAITS, ipp, domain, ...more } });
  const known = (kind: string, key: string): string | undefined => notes.get(`${kind} ${key}`);
  const person = (domain: string, value: string): Person | undefined => personOf(known, index.patient({ domain, value }));
  const people = (): number => [...notes.keys()].filter((name) => name.startsWith(`${PERSON} `)).length;

  it('A1: two sites of one domain tell of one identity; the same number of another domain is somebody else', async () => {
    await identity(NORTH, 'group', '1');
    await identity(SOUTH, 'group', '1', { usedName: 'NEUVE' });
    expect(people()).to.equal(1);
    expect(JSON.stringify(person('group', '1'))).to.include('NEUVE');
    await identity(NORTH, 'other', '1', { birthName: 'MARTIN' });
    expect(people()).to.equal(2);
    expect(JSON.stringify(person('group', '1'))).to.not.include('MARTIN');
  });

  it('A1: lanes know a patient by the pair of domain and number, neither by the site nor by the number alone', () => {
    const keys = [
      { domain: 'group', value: '1' },
      { domain: 'other', value: '1' },
      { domain: 'group', value: '2' },
      { domain: 'group1', value: '' },
    ].map((key) => index.patient(key));
    expect(new Set(keys).size).to.equal(keys.length);
    expect(index.patient({ domain: 'group', value: '1' })).to.equal(keys[0]);
  });

  it('A6: a merge relinks the numbers of its domain, and not those of another domain that are the same', async () => {
    for (const domain of ['group', 'other']) for (const ipp of ['1', '2']) await identity(NORTH, domain, ipp);
    const keys = ['1', '2'].map((value) => ({ domain: 'group', value }));
    const merged = await tell('dcc.identity.merged', NORTH, keys, { surviving: '1', absorbed: '2', domain: 'group', kind: 'merge' });
    expect(merged).to.not.have.property('quarantine');
    const survivor = (domain: string): string | undefined => survivorOf(index.patient({ domain, value: '2' }), known).person?.ipp;
    expect([survivor('group'), survivor('other')]).to.deep.equal(['1', '2']);
  });
});
