import { expect } from 'chai';
import { route, type Destination } from '../../core/routing/index.ts';

const record: Destination = {
  lane: 'dcc',
  site: '990009999',
  role: 'record',
  sends: ['dcc.identity.*', 'dcc.visit.opened', 'dcc.document.received'],
};
const chx: Destination = { lane: 'chx', site: '990001018', role: 'establishment', sends: ['dcc.document.*'] };
const chy: Destination = { lane: 'chy', site: '990002024', role: 'establishment', sends: ['dcc.document.*'] };
const all = [record, chx, chy];

describe('B6: routing', () => {
  it('sends what an establishment says to the record, and to no other establishment', () => {
    const [result] = route([{ type: 'dcc.document.received', site: chx.site, role: 'establishment', destinations: [chy.site] }], all);
    expect(result).to.deep.equal({ lanes: ['dcc'], missing: [] });
  });

  it('sends a document of the record to the establishments it names, and says which are not connected', () => {
    const [result] = route([{ type: 'dcc.document.received', site: record.site, role: 'record', destinations: [chy.site, '990003030'] }], all);
    expect(result).to.deep.equal({ lanes: ['chy'], missing: ['990003030'] });
  });

  it('B6: a legal entity is the site that stands for it by the settings, and nobody without them', () => {
    const named = { type: 'dcc.document.received', site: record.site, role: 'record' as const, destinations: ['990002000', chy.site] };
    expect(route([named], [record, chx, { ...chy, legalEntity: '990002000' }])[0]).to.deep.equal({ lanes: ['chy'], missing: [] });
    expect(route([{ ...named, destinations: ['990002000'] }], all)[0]).to.deep.equal({ lanes: [], missing: ['990002000'] });
  });

  it('sends what an update of an identity became to who takes updates, and to who asks for just that', () => {
    const event = { type: 'dcc.identity.updated', became: 'dcc.identity.qualified', site: chx.site, role: 'establishment' as const };
    const takes = (pattern: string): number => route([event], [{ ...record, sends: [pattern] }])[0]!.lanes.length;
    const patterns = ['dcc.identity.updated', 'dcc.identity.qualified', 'dcc.identity.created', 'dcc.identity.*'];
    expect(patterns.map(takes)).to.deep.equal([1, 1, 0, 1]);
  });

  it('B6: a document of the record goes to those that it names and never to another that would take it', () => {
    const event = { type: 'dcc.document.received', site: record.site, role: 'record' as const, destinations: [chx.site] };
    expect(route([event], all)[0]).to.deep.equal({ lanes: ['chx'], missing: [] });
  });

  it('B6: the record makes no identity and no stay at an establishment, even at one that takes them', () => {
    const taker: Destination = { ...chx, sends: ['dcc.*'] };
    for (const type of ['dcc.identity.updated', 'dcc.identity.merged', 'dcc.visit.opened'])
      expect(route([{ type, site: record.site, role: 'record' }], [record, taker])[0]?.lanes, type).to.deep.equal([]);
  });

  it('B8: an answer goes only where its product has a word for it, and what is no answer where it is asked for', () => {
    const told = (type: string, answers?: readonly string[]): readonly string[] => {
      const event = { type, site: chx.site, role: 'establishment' as const };
      return route([event], [{ ...record, sends: ['dcc.document.*', 'dcc.delivery.*'], ...(answers && { answers }) }])[0]!.lanes;
    };
    for (const type of ['dcc.document.refused', 'dcc.delivery.mss.read']) {
      expect(told(type)).to.deep.equal(['dcc']);
      expect(told(type, [])).to.deep.equal([]);
      expect(told(type, [type])).to.deep.equal(['dcc']);
    }
    expect(told('dcc.document.received', [])).to.deep.equal(['dcc']);
  });

  it('sends a document of the record that names nobody to nobody', () => {
    expect(route([{ type: 'dcc.document.received', site: record.site, role: 'record' }], all)[0]?.lanes).to.deep.equal([]);
  });

  it('spares a destination the identity that a visit of the same message carries whole, unless it takes no such visit', () => {
    const admission = [
      { type: 'dcc.identity.updated', site: chx.site, role: 'establishment' as const, within: 1 },
      { type: 'dcc.visit.opened', site: chx.site, role: 'establishment' as const },
    ];
    expect(route(admission, all).map((r) => r.lanes)).to.deep.equal([[], ['dcc']]);
    expect(route(admission, [{ ...record, sends: ['dcc.identity.*'] }]).map((r) => r.lanes)).to.deep.equal([['dcc'], []]);
  });
});
