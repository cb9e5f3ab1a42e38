import { expect } from 'chai';
import { repeatedHour, toInstant } from 'passerelle/model';

describe('local times of a site', () => {
  it('become instants with the offset of their own day', () => {
    expect(toInstant('2026-09-14T17:00:00', 'Europe/Paris')).to.equal('2026-09-14T15:00:00.000Z');
    expect(toInstant('2026-01-14T17:00:00', 'Europe/Paris')).to.equal('2026-01-14T16:00:00.000Z');
    expect(toInstant('2026-01-14', 'Indian/Reunion')).to.equal('2026-01-13T20:00:00.000Z');
  });
  it('keep an offset that the sender gives', () => {
    expect(toInstant('2026-09-14T17:00:00+02:00', 'Indian/Reunion')).to.equal('2026-09-14T15:00:00.000Z');
    expect(toInstant('2026-09-14T17:00:00Z', 'Europe/Paris')).to.equal('2026-09-14T17:00:00.000Z');
  });
  it('around the change of hour take the first of two, and the hour that does not exist moves on', () => {
    expect(toInstant('2026-10-25T02:30:00', 'Europe/Paris')).to.equal('2026-10-25T00:30:00.000Z');
    expect(toInstant('2026-10-25T03:30:00', 'Europe/Paris')).to.equal('2026-10-25T02:30:00.000Z');
    expect(toInstant('2026-03-29T03:30:00', 'Europe/Paris')).to.equal('2026-03-29T01:30:00.000Z');
  });
  it('say only the hour when autumn repeats it and they carry no offset', () => {
    for (const time of ['2026-10-25T02:00:00', '2026-10-25T02:59:59', '2026-10-25T02'])
      expect(repeatedHour(time, 'Europe/Paris'), time).to.equal('2026-10-25T00:00:00.000Z');
    for (const time of ['2026-10-25T01:59:59', '2026-10-25T03:00:00', '2026-10-25T02:30:00+02:00', '2026-03-29T02:30:00', '2026-10-24T02:30:00'])
      expect(repeatedHour(time, 'Europe/Paris'), time).to.equal(undefined);
    expect(repeatedHour('2026-10-25T02:30:00', 'Indian/Reunion')).to.equal(undefined);
    expect(repeatedHour('2026-11-01T01:30:00', 'America/Miquelon')).to.equal('2026-11-01T03:00:00.000Z');
  });
  it('are undefined when they are no date', () => {
    for (const bad of ['', '14/09/2026', '2026-13-01T00:00:00', '20260914']) expect(toInstant(bad, 'Europe/Paris'), bad).to.equal(undefined);
  });
});
