import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { PasserelleError, type Envelope, type DraftEvent } from '../../../core/contract/index.ts';
import { checkEventData } from '../../../core/model/index.ts';
import { acknowledgeFr, decodeFr, interpretFr, NATIONAL_PROFILE } from '../index.ts';
import { contextOf, INS, open } from './messages.ts';

const fixtures = path.resolve(import.meta.dirname, '../../../../connectors/ci-sis/fixtures/decode');
const texts = readdirSync(fixtures).map((name) => readFileSync(path.join(fixtures, name, 'input.hl7'), 'utf8').trim());

/** Cuts, repeats, swaps and overwrites pieces of a real message. */
const mutated = fc
  .record({
    text: fc.constantFrom(...texts),
    edits: fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        cut: fc.nat(30),
        put: fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('|', '^', '~', '&', '\n', '||||', '""', 'OBX|', 'PID|1||', '\\X')),
      }),
      { maxLength: 6 },
    ),
  })
  .map(({ text, edits }) =>
    edits.reduce((now, { at, cut, put }) => {
      const place = 10 + Math.floor(at * (now.length - 10));
      return now.slice(0, place) + put + now.slice(place + cut);
    }, text),
  );

function opened(text: string): Envelope | undefined {
  try {
    return open(text.replaceAll('\n', '\r'));
  } catch (error) {
    if (error instanceof PasserelleError && error.entry.disposition !== 'defect') return undefined;
    throw error;
  }
}

describe('whatever a message holds', () => {
  it('a translation ends with a decision, events of their schema, and an answer', () => {
    fc.assert(
      fc.property(mutated, (text) => {
        const envelope = opened(text);
        if (!envelope) return;
        const result = decodeFr(envelope, contextOf(), NATIONAL_PROFILE);
        for (const event of result.events) expect(checkEventData(event.type, event.data), event.type).to.equal(undefined);
        // What waits says the opposition of its patient at most.
        const isWish = ({ data }: DraftEvent): boolean => (data as { consent?: { dmpFeedOpposition?: string } }).consent?.dmpFeedOpposition === 'IO';
        const said = result.decision === 'quarantine' ? result.events.filter((event) => !isWish(event)) : result.events;
        expect(said.length > 0 && (result.decision === 'reject' || result.decision === 'quarantine')).to.equal(false);
        expect(result.error === undefined).to.equal(result.decision !== 'reject' && result.decision !== 'quarantine');
        const reception = { decision: result.decision, ack: 'AE' as const, warnings: [], ...(result.error && { error: result.error }) };
        acknowledgeFr(reception, envelope, contextOf(), NATIONAL_PROFILE);
        interpretFr(envelope, { controlId: 'X', type: '' }, NATIONAL_PROFILE);
      }),
      { numRuns: 1500 },
    );
  });

  it('no error or warning repeats a value of the patient', () => {
    fc.assert(
      fc.property(mutated, (text) => {
        const envelope = opened(text);
        if (!envelope) return;
        const { error, warnings } = decodeFr(envelope, contextOf(), NATIONAL_PROFILE);
        const said = JSON.stringify([error, warnings]);
        for (const value of ['TREZAC', 'VALBRUNE', INS, '00012345', '19750612', '1975-06-12']) expect(said).to.not.contain(value);
      }),
      { numRuns: 500 },
    );
  });
});
