import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { firstBrokenLine, openAudit } from '../../core/audit/index.ts';

describe('the audit trail (SAFETY D5, D6)', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'audit-'));
  after(() => rmSync(folder, { recursive: true }));
  const entry = (message: string) => ({ at: '2026-01-01T00:00:00.000Z', who: 'admin', message, reason: 'ticket 12', peer: '127.0.0.1' });

  it('goes on from its last line after a restart, and shows a changed or removed line', () => {
    for (const message of ['A-1', 'A-2']) {
      const trail = openAudit(folder);
      trail.write(entry(message));
      trail.write(entry(`${message}0`));
      trail.close();
    }
    const text = readFileSync(path.join(folder, 'audit.jsonl'), 'utf8');
    const lines = text.trim().split('\n');
    expect(lines).to.have.length(4);
    expect(firstBrokenLine(text)).to.equal(undefined);
    expect(firstBrokenLine(text.replace('A-2"', 'A-3"'))).to.equal(3);
    expect(firstBrokenLine(lines.filter((_, i) => i !== 1).join('\n'))).to.equal(2);
  });
});
