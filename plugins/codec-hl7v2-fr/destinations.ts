/** Where a document may leave for: what its flags ask, against one table of the combinations that are allowed (specs FACTS A5, SAFETY B7). */
import { PasserelleError } from '../../core/contract/index.ts';
import type { Flags } from './flags.ts';

/** `strict` = the list of the guide, anything else refused. `practical` = also the ordinary cases it leaves out, anything else held. */
export type MatrixMode = 'strict' | 'practical';
/** `held`: wanted, or perhaps wanted, while something it depends on is unknown or contradictory. */
export type LegState = boolean | 'held';
export type LegCode = 'DESTDMP' | 'DESTMSSANTEPS' | 'DESTMSSANTEPAT';

export interface Restrictions {
  /** ZFA-9 = IO. */
  readonly opposed: boolean;
  /** CDA confidentialityCode, restricted by TXA-18. */
  readonly confidentiality?: string;
}

type Cell = 'Y' | 'N' | '-';
type Mail = 'recipients' | 'patient';
interface Row {
  readonly of: 'guide' | 'practice';
  /** In the order of COLUMNS; `-` = either. */
  readonly cells: readonly Cell[];
  readonly sends: readonly Mail[];
}

const COLUMNS = [
  'MASQUE_PS',
  'INVISIBLE_PATIENT',
  'INVISIBLE_REP_LEGAUX',
  'CONNEXION_SECRETE',
  'DESTDMP',
  'DESTMSSANTEPS',
  'DESTMSSANTEPAT',
] as const;

/** When a mail leaves, and to whom. A message that asks for no mail is outside the table. First match wins. */
export const MAIL_MATRIX: readonly Row[] = [
  //                          PS   PAT  REP  CONN DMP  →PS  →PAT
  { of: 'guide', cells: ['N', 'N', 'N', '-', '-', 'Y', 'Y'], sends: ['recipients', 'patient'] },
  { of: 'guide', cells: ['N', 'Y', 'N', '-', '-', 'Y', 'N'], sends: ['recipients'] },
  { of: 'guide', cells: ['-', 'N', '-', 'N', 'N', 'N', 'Y'], sends: ['patient'] },
  // The ordinary letter, visible to the patient, and the official T02, T04 and care-software examples: no representative reads these boxes.
  { of: 'practice', cells: ['N', '-', '-', '-', '-', 'Y', 'N'], sends: ['recipients'] },
  // Representatives may read the patient's box: the professionals get theirs, a person decides about the patient's.
  { of: 'practice', cells: ['N', 'N', 'Y', '-', '-', 'Y', 'Y'], sends: ['recipients'] },
];

/** What forbids a leg in every mode: a patient must not learn of a cancer from an application. Flags at Y, ZFA-9, confidentiality. */
export const FORBIDDEN_LEGS: Readonly<Record<string, readonly LegCode[]>> = {
  MASQUE_PS: ['DESTMSSANTEPS'],
  INVISIBLE_PATIENT: ['DESTDMP', 'DESTMSSANTEPAT'],
  IO: ['DESTDMP', 'DESTMSSANTEPAT'],
  R: ['DESTDMP', 'DESTMSSANTEPAT'],
  V: ['DESTDMP', 'DESTMSSANTEPAT'],
};

/** Who may see it: while one of these is unknown, it goes neither to the DMP, which files it with its masks, nor to the patient. */
const MASKS = ['MASQUE_PS', 'INVISIBLE_PATIENT', 'INVISIBLE_REP_LEGAUX', 'CONNEXION_SECRETE'] as const;

export interface Destinations {
  readonly legs: Readonly<Record<LegCode, LegState>>;
  /** The flags stand in no row, whatever the unknown ones are. */
  readonly outside: boolean;
}

/** Throws ERR_DOCUMENT_DESTINATIONS in strict mode when no row has these flags. */
export function destinationsFor(flags: Flags, restrictions: Restrictions, mode: MatrixMode): Destinations {
  const found = completions(flags).map((complete) => mailsOf(complete, restrictions, mode));
  const outside = found.every((one) => one.outside);
  if (outside && mode === 'strict')
    throw new PasserelleError('ERR_DOCUMENT_DESTINATIONS', {
      location: { hl7: 'OBX-5' },
      expected: 'a combination of the table of the guide',
      found: COLUMNS.map((code) => `${code}=${flags[code] === undefined ? '?' : flags[code] ? 'Y' : 'N'}`).join(' '),
    });
  // An unknown flag counts both ways: a leg is decided only where it makes no difference.
  const agreed = (mail: Mail): LegState => {
    const [first = 'held', ...others] = found.map((one) => one[mail]);
    return others.every((one) => one === first) ? first : 'held';
  };
  const isDoubtful = MASKS.some((code) => flags[code] === undefined);
  const held = (leg: LegState): LegState => (leg === true && isDoubtful ? 'held' : leg);
  const dmp = forbiddenLegs(flags, restrictions).has('DESTDMP') ? false : (flags.DESTDMP ?? 'held');
  return { legs: { DESTDMP: held(dmp), DESTMSSANTEPS: agreed('recipients'), DESTMSSANTEPAT: held(agreed('patient')) }, outside };
}

/** Legs on which the document must not leave, whoever asks. */
export function forbiddenLegs(flags: Flags, { opposed, confidentiality = '' }: Restrictions): ReadonlySet<LegCode> {
  const reasons = [...COLUMNS.filter((code) => flags[code]), ...(opposed ? ['IO'] : []), confidentiality];
  return new Set(reasons.flatMap((reason) => FORBIDDEN_LEGS[reason] ?? []));
}

/** Every way in which the unknown flags may turn out: at most 2^7. */
const completions = (flags: Flags): readonly Flags[] =>
  COLUMNS.reduce<readonly Flags[]>(
    (made, code) => (flags[code] === undefined ? made.flatMap((one) => [true, false].map((value) => ({ ...one, [code]: value }))) : made),
    [flags],
  );

/** The guide is read on what was asked; practice on what remains of it once the forbidden legs are struck out. */
function mailsOf(flags: Flags, restrictions: Restrictions, mode: MatrixMode): Record<Mail, LegState> & { readonly outside: boolean } {
  const struck = forbiddenLegs(flags, restrictions);
  const wanted: Flags = mode === 'strict' ? flags : { ...flags, ...Object.fromEntries([...struck].map((leg) => [leg, false])) };
  const isAsked = wanted.DESTMSSANTEPS === true || wanted.DESTMSSANTEPAT === true;
  const row = MAIL_MATRIX.find(
    ({ of, cells }) => (of === 'guide' || mode === 'practical') && cells.every((cell, i) => cell === '-' || (cell === 'Y') === wanted[columnAt(i)]),
  );
  const leg = (code: LegCode, mail: Mail): LegState => {
    if (!wanted[code] || struck.has(code)) return false;
    return row?.sends.includes(mail) ? true : 'held';
  };
  return { recipients: leg('DESTMSSANTEPS', 'recipients'), patient: leg('DESTMSSANTEPAT', 'patient'), outside: isAsked && !row };
}

const columnAt = (i: number): (typeof COLUMNS)[number] => COLUMNS[i] ?? 'MASQUE_PS';
