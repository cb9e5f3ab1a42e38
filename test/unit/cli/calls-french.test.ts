/** What the ledger says of a call is French where a referent reads it: every step that core/call notes, and no other. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { CALL_STEPS } from '../../../core/cli/commands/calls.ts';

const folder = path.resolve(import.meta.dirname, '../../../../core/call');
const sources = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'));
const WAITS = ['authenticate', 'choose', 'confirm', 'terms'];

describe('the steps of a call in French', () => {
  it('every step that is noted has its French', () => {
    const literal = sources.flatMap((text) => [...text.matchAll(/what: '([^']+)'/g)].map(([, what = '']) => what));
    const reasons = sources.flatMap((text) =>
      [...text.matchAll(/'((?:link|site|key|user)-(?:over|elsewhere|stopped))'/g)].map(([, what = '']) => what),
    );
    const answers = WAITS.flatMap((waits) => ['yes', 'no'].map((answer) => `${waits}: ${answer}`));
    const said = [...new Set([...literal, ...reasons, ...answers])];
    expect(said).to.include.members(['link-taken', 'link-over', 'user-stopped', 'not opened', 'choose: asked']);
    expect(said.filter((what) => !Object.hasOwn(CALL_STEPS, what))).to.deep.equal([]);
  });
});
