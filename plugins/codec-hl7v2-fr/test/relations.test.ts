import { expect } from 'chai';
import type { DecodeResult } from '../../../core/contract/index.ts';
import { kindOf } from '../../../core/model/index.ts';
import { decode, header, pid, SITE } from './messages.ts';

const GROUP = { oid: '1.2.250.1.999.91.1', type: 'PI', domain: 'group', use: 'IPP' as const };
const settings = { ...SITE, identityAuthorities: [...SITE.identityAuthorities, GROUP] };
const number = (value: string, type = 'PI'): string => `${value}^^^GAM&1.2.250.1.999.90.1&ISO^${type}`;
const inGroup = (value: string): string => `${value}^^^&1.2.250.1.999.91.1&ISO^PI`;
const message = (type: string, ...rest: string[]): DecodeResult => decode([header(type), 'EVN||20261001081500', ...rest], settings);
const keysOf = ({ events }: DecodeResult): string[][] => events.map(({ keys }) => keys.map(({ domain, value }) => `${domain}:${value}`));

describe('A6: two patients in one message', () => {
  const mrg = `MRG|${number('9')}||STAY1^^^GAM^AN`;
  const second = pid({ 1: '2', 3: number('9') });

  it('gives each relation a type of its own, of the kind that holds both patients', () => {
    const types = {
      'ADT^A40^ADT_A39': [pid(), mrg],
      'ADT^A47^ADT_A30': [pid(), mrg],
      'ADT^A24^ADT_A24': [pid(), second],
      'ADT^A37^ADT_A37': [pid(), second],
      'ADT^A44^ADT_A43': [pid(), mrg],
    };
    const found = Object.entries(types).map(([type, segments]) => message(type, ...segments).events.map((event) => event.type));
    expect(found).to.deep.equal([
      ['dcc.identity.merged'],
      ['dcc.identity.merged'],
      ['dcc.identity.linked'],
      ['dcc.identity.unlinked'],
      ['dcc.visit.reassigned'],
    ]);
    expect([...new Set(found.flat().map(kindOf))]).to.deep.equal(['identity']);
    expect(kindOf('dcc.visit.moved')).to.equal('visit');
  });

  it('names every number of both patients, in every domain', () => {
    const all = ['gam:1', 'group:G1', 'gam:9', 'group:G9'];
    const one = pid({ 3: `${number('1')}~${inGroup('G1')}` });
    const other = `${number('9')}~${inGroup('G9')}`;
    for (const type of ['ADT^A24^ADT_A24', 'ADT^A37^ADT_A37']) expect(keysOf(message(type, one, pid({ 3: other })))).to.deep.equal([all]);
    expect(keysOf(message('ADT^A44^ADT_A43', one, `MRG|${other}||STAY1`))).to.deep.equal([all]);
    expect(keysOf(message('ADT^A40^ADT_A39', one, `MRG|${other}`))).to.deep.equal([all, all]);
  });

  it('merges in the domain where the numbers differ, whatever stands first', () => {
    const result = message('ADT^A40^ADT_A39', pid({ 3: `${inGroup('G1')}~${number('1')}` }), `MRG|${inGroup('G1')}~${number('9')}`);
    expect(result.events).to.have.length(1);
    expect(result.events[0]?.data).to.include({ surviving: '1', absorbed: '9', domain: 'gam' });
  });

  it('does not choose between two absorbed numbers of one domain', () => {
    const result = message('ADT^A40^ADT_A39', pid(), `MRG|${number('8')}~${number('9')}`);
    expect(result).to.deep.include({ decision: 'quarantine' });
    expect(result.error?.code).to.equal('ERR_PATIENT_AMBIGUOUS');
  });

  it('takes nothing that is said of the first patient for the second', () => {
    const doctor = 'ROL||UC|ODRP|99700700018^MARTIN^LUC^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^L^^^RPPS';
    const { events } = message('ADT^A24^ADT_A24', pid(), doctor, second);
    const data = events[0]?.data as { patients: readonly object[] } | undefined;
    expect(data?.patients.map((one) => 'treatingDoctor' in one)).to.deep.equal([true, false]);
  });

  it('takes the stay that moved from its own PID, or from MRG', () => {
    const moved = (...segments: string[]): unknown =>
      message('ADT^A44^ADT_A43', ...segments).events.map(({ data }) => data as Record<string, unknown>)[0];
    expect(moved(pid({ 18: 'NEW^^^GAM^AN' }), mrg)).to.deep.include({ visit: { id: 'NEW', authority: 'GAM' }, formerVisitId: 'STAY1' });
    expect(moved(pid(), mrg))
      .to.deep.include({ visit: { id: 'STAY1', authority: 'GAM' } })
      .and.not.have.property('formerVisitId');
  });
});
