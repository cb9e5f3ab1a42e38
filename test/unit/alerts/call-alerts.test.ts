import { expect } from 'chai';
import { Board } from '../../../core/alerts/board.ts';
import { suspectCalls } from '../../../core/engine/call-alerts.ts';

const NOW = Date.parse('2026-09-15T08:00:00Z');
const note = (kind: string) => (site: string, at: string) => ({
  kind,
  key: 'aa',
  value: JSON.stringify({ reference: 'AC-1', site, at }),
  changedAt: at,
});

const reuse = note('call-reuse');
const other = note('call-other-user');

describe('alerts of links that were used twice, and of users who are somebody else', () => {
  const seen = (now: number) =>
    suspectCalls(
      {
        notesOf: async (kind) => ({
          items: [
            other('990001018', '2026-09-15T07:45:00Z'),
            reuse('990001018', '2026-09-15T07:00:00Z'),
            reuse('990001018', '2026-09-15T06:00:00Z'),
            reuse('990002024', '2026-09-14T09:00:00Z'),
            reuse('', '2026-09-15T07:30:00Z'),
          ].filter((one) => one.kind === kind),
        }),
      },
      now,
    );

  it('C3 are one for each site, since its first, with their number', async () => {
    expect(await seen(NOW)).to.deep.equal([
      { code: 'ALERT_CALL_LINK_REUSED', site: '990001018', since: Date.parse('2026-09-15T06:00:00Z'), count: 2 },
      { code: 'ALERT_CALL_LINK_REUSED', site: '990002024', since: Date.parse('2026-09-14T09:00:00Z'), count: 1 },
      { code: 'ALERT_CALL_LINK_REUSED', since: Date.parse('2026-09-15T07:30:00Z'), count: 1 },
      { code: 'ALERT_CALL_OTHER_USER', site: '990001018', since: Date.parse('2026-09-15T07:45:00Z'), count: 1 },
    ]);
  });

  it('end by themselves, a day after the last one of the site', async () => {
    const board = new Board();
    board.observe(await seen(NOW), NOW, () => 'watched');
    const later = NOW + 3 * 3600_000;
    const changes = board.observe(await seen(later), later, () => 'watched');
    expect(changes.map(({ what, condition }) => [what, condition.site])).to.deep.equal([['cleared', '990002024']]);
    expect(board.raised).to.have.length(3);
  });
});
