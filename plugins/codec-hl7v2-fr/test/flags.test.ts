import { expect } from 'chai';
import { array, assert, constantFrom, property, shuffledSubarray, subarray } from 'fast-check';
import type { DecodeResult } from '../../../core/contract/index.ts';
import type { EventData } from '../../../core/model/index.ts';
import { encodeFr, NATIONAL_PROFILE } from '../index.ts';
import { PLATFORM_FLAGS, type FlagCode } from '../flags.ts';
import { cda, codesOf, decodeDocument, flagLines } from './documents.ts';
import { contextOf, SITE } from './messages.ts';

interface Seen {
  readonly [field: string]: boolean | string | null | undefined;
}
const visibilityOf = ({ events }: DecodeResult): Seen => (events[0]?.data as { visibility: Seen } | undefined)?.visibility ?? {};
const FIELDS: Readonly<Record<FlagCode, string>> = {
  MASQUE_PS: 'maskedToProfessionals',
  INVISIBLE_PATIENT: 'hiddenFromPatient',
  INVISIBLE_REP_LEGAUX: 'hiddenFromLegalRepresentatives',
  CONNEXION_SECRETE: 'secretConnection',
  MODIF_CONF_CODE: 'changesConfidentiality',
  DESTDMP: 'sendToDmp',
  DESTMSSANTEPS: 'sendToMssPro',
  DESTMSSANTEPAT: 'sendToMssPatient',
  ACK_RECEPTION: 'ackReception',
  ACK_LECTURE_MSS: 'ackReading',
};
const LEGS = ['sendToDmp', 'sendToMssPro', 'sendToMssPatient'] as const;

const line = (code: string, value: string): string => `OBX|9|CWE|${code}^x^MetaDMPMSS||${value}^^expandedYes-NoIndicator||||||F`;
const yesOrNo = constantFrom('Y', 'N');
const values = array(yesOrNo, { minLength: 10, maxLength: 10 });
const linesOf = (letters: readonly string[]): string[] => PLATFORM_FLAGS.map((code, i) => line(code, letters[i] ?? 'N'));

describe('FACTS A4, B7: flags of a message', () => {
  it('mean the same in any order; another order than that of the guide is said', () => {
    assert(
      property(values, shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { minLength: 10 }), (letters, order) => {
        const lines = linesOf(letters);
        const found = decodeDocument({ rest: order.map((i) => lines[i] ?? '') });
        expect(visibilityOf(found)).to.deep.equal(visibilityOf(decodeDocument({ rest: lines })));
        expect(codesOf(found).includes('flag-order')).to.equal(order.some((i, at) => i !== at));
      }),
      { numRuns: 60 },
    );
  });

  it('B7 a missing one is unknown, never N: it is said, and never makes a leg leave', () => {
    assert(
      property(values, subarray([...PLATFORM_FLAGS], { minLength: 1 }), (letters, missing) => {
        const kept = linesOf(letters).filter((_, i) => !missing.includes(PLATFORM_FLAGS[i] ?? 'DESTDMP'));
        const found = decodeDocument({ rest: kept });
        const seen = visibilityOf(found);
        const whole = visibilityOf(decodeDocument({ rest: linesOf(letters) }));
        for (const code of PLATFORM_FLAGS) {
          expect(codesOf(found).includes(`flag-missing:${code}`), code).to.equal(missing.includes(code));
          if (missing.includes(code)) expect(seen[FIELDS[code]], code).to.not.equal(true);
        }
        for (const leg of LEGS) if (seen[leg] === true) expect(whole[leg], leg).to.equal(true);
      }),
      { numRuns: 60 },
    );
  });

  it('B7 said twice: the same is the same, a contradiction is said and the more restrictive counts', () => {
    assert(
      property(values, array(constantFrom(...PLATFORM_FLAGS), { minLength: 1, maxLength: 6 }), yesOrNo, (letters, again, value) => {
        const found = decodeDocument({ rest: [...linesOf(letters), ...again.map((code) => line(code, value))] });
        const restrictive = PLATFORM_FLAGS.map((code, i) => {
          const contradicts = again.includes(code) && letters[i] !== value;
          expect(codesOf(found).includes(`flag-repeated:${code}`), code).to.equal(contradicts);
          return contradicts ? (code.startsWith('DEST') ? 'N' : 'Y') : (letters[i] ?? 'N');
        });
        expect(visibilityOf(found)).to.deep.equal(visibilityOf(decodeDocument({ rest: linesOf(restrictive) })));
      }),
      { numRuns: 60 },
    );
  });

  it('contradict themselves in the repetitions of one field too', () => {
    const rest = flagLines({ DESTDMP: 'Y', INVISIBLE_PATIENT: 'N~Y' });
    expect(visibilityOf(decodeDocument({ rest }))).to.include({ hiddenFromPatient: true, sendToDmp: false });
  });

  it('are not said where their line is withdrawn, or holds neither Y nor N', () => {
    for (const rest of [
      flagLines({ INVISIBLE_PATIENT: 'O' }),
      flagLines().map((one) => (one.includes('INVISIBLE_PATIENT') ? one.replace(/F$/, 'D') : one)),
    ]) {
      const found = decodeDocument({ rest });
      expect(visibilityOf(found)).to.include({ hiddenFromPatient: null });
      expect(codesOf(found)).to.include.members(['flag-value:INVISIBLE_PATIENT', 'flag-missing:INVISIBLE_PATIENT']);
    }
  });

  it('of no known code are said', () => {
    expect(codesOf(decodeDocument({ rest: [...flagLines(), line('DESTAUTRE', 'Y')] }))).to.include('flag-unknown:DESTAUTRE');
  });

  it('that change the visibility belong to a replacement', () => {
    const rest = flagLines({ MODIF_CONF_CODE: 'Y' });
    expect(codesOf(decodeDocument({ rest }))).to.include('visibility-change-not-announced');
    expect(codesOf(decodeDocument({ rest, event: 'T10', txa13: '1.2.3' }))).to.not.include('visibility-change-not-announced');
  });

  it('are written in the order of the guide, known ones alone, whatever came', () => {
    assert(
      property(values, subarray([...PLATFORM_FLAGS]), (letters, missing) => {
        const rest = linesOf(letters)
          .filter((_, i) => !missing.includes(PLATFORM_FLAGS[i] ?? 'DESTDMP'))
          .reverse();
        const found = decodeDocument({ rest });
        const data = found.events[0]?.data as { document: { content: { part: string; bytes: number; mime: string } }; visibility?: Seen };
        const settings = { ...SITE, identityAuthorities: [] };
        const event = { type: 'dcc.document.received', data } as never;
        const sent = encodeFr({ event, parts: [{ ...data.document.content, sha256: '' }] }, contextOf(settings), NATIONAL_PROFILE);
        const text = sent.outcome === 'message' ? sent.envelope.text : '';
        const written = [...text.matchAll(/OBX\|(\d+)\|CWE\|([A-Z_]+)\^[^|]*\|\|([YN])/g)];
        const known = PLATFORM_FLAGS.filter((code) => typeof data.visibility?.[FIELDS[code]] === 'boolean');
        expect(written.map(([, , code]) => code)).to.deep.equal(known);
        expect(written.map(([, number]) => number)).to.deep.equal(known.map((_, i) => String(i + 2)));
        for (const [, , code, value] of written) expect(data.visibility?.[FIELDS[code as FlagCode]], code).to.equal(value === 'Y');
      }),
      { numRuns: 60 },
    );
  });
});

describe('B7 what is written of an event', () => {
  const written = (visibility: object, more: object = {}): string => {
    const found = decodeDocument();
    const data = found.events[0]?.data as { document: { content: { part: string; bytes: number; mime: string } } };
    const event = { type: 'dcc.document.received', data: { ...data, visibility, ...more } } as never;
    const parts = [{ ...data.document.content, sha256: '' }];
    const sent = encodeFr({ event, parts }, contextOf({ ...SITE, identityAuthorities: [] }), NATIONAL_PROFILE);
    const text = sent.outcome === 'message' ? sent.envelope.text : '';
    return [...text.matchAll(/\|CWE\|(DEST[A-Z]+)\^[^|]*\|\|([YN])/g)].map(([, code, value]) => `${code}=${value}`).join(' ');
  };
  const all = { sendToDmp: true, sendToMssPro: true, sendToMssPatient: true };

  it('never asks for a leg that masks, opposition or confidentiality forbid, whoever made the event', () => {
    expect(written(all)).to.equal('DESTDMP=Y DESTMSSANTEPS=Y DESTMSSANTEPAT=Y');
    expect(written({ ...all, hiddenFromPatient: true })).to.equal('DESTDMP=N DESTMSSANTEPS=Y DESTMSSANTEPAT=N');
    expect(written({ ...all, maskedToProfessionals: true })).to.equal('DESTDMP=Y DESTMSSANTEPS=N DESTMSSANTEPAT=Y');
    expect(written(all, { consent: { dmpFeedOpposition: 'IO' } })).to.equal('DESTDMP=N DESTMSSANTEPS=Y DESTMSSANTEPAT=N');
    for (const documents of ['R', 'V']) {
      const data = decodeDocument({ documents: [cda({ confidentiality: documents })] }).events[0]?.data as object;
      expect(written(all, data && { document: (data as { document: object }).document }), documents).to.contain('DESTDMP=N');
    }
  });

  it('says nothing of a leg that is held or not said', () => {
    expect(written({ ...all, sendToDmp: 'held', sendToMssPatient: null })).to.equal('DESTMSSANTEPS=Y');
  });
});

describe('B7 copies of one document in a message', () => {
  it('that differ in confidentiality: the more restrictive counts, with a warning', () => {
    const documents = [cda({ level: 'N1', confidentiality: 'R', id: '1.2.3' }), cda({ level: 'N3' })];
    const found = decodeDocument({ event: 'R01', documents, rest: flagLines({ DESTDMP: 'Y', DESTMSSANTEPS: 'Y', DESTMSSANTEPAT: 'Y' }) });
    const said = found.events.map(({ data }) => data as EventData<'dcc.document.received'>);
    expect(said.map(({ document: { level, confidentiality } }) => [level, confidentiality])).to.deep.equal([
      ['N1', 'R'],
      ['N3', 'R'],
    ]);
    expect(said[1]!.visibility).to.deep.equal(said[0]!.visibility);
    expect(codesOf(found)).to.include.members(['confidentiality-mismatch', 'leg-refused:DESTDMP', 'leg-refused:DESTMSSANTEPAT']);
    expect(visibilityOf(found)).to.include({ sendToDmp: false, sendToMssPatient: false, sendToMssPro: true });
  });

  it('opposition of the patient (ZFA-9 = IO) overrides the wishes of the sender', () => {
    const rest = flagLines({ DESTDMP: 'Y', DESTMSSANTEPS: 'Y', DESTMSSANTEPAT: 'Y' });
    const found = decodeDocument({ rest: [...rest, 'ZFA|ACTIF||||||||IO|20260901|IC|20260901'] });
    expect(visibilityOf(found)).to.include({ sendToDmp: false, sendToMssPatient: false, sendToMssPro: true });
    expect(codesOf(found)).to.include.members(['leg-refused:DESTDMP', 'leg-refused:DESTMSSANTEPAT']);
  });
});
