/**
 * What a hospital sends in these tests: identities, admissions, letters, merges, now and then something to quarantine or refuse. Each message
 * carries its number in the used name of its patient, so that a receiver knows it again whatever the engine made of the rest.
 */
import type { Chance } from './random.ts';

export type Kind = 'identity' | 'change' | 'admission' | 'letter' | 'merge' | 'unmapped' | 'production';

export interface Sent {
  readonly n: number;
  readonly kind: Kind;
  readonly controlId: string;
  /** IPP of every patient that it names. */
  readonly patients: readonly string[];
  readonly bytes: Buffer;
  /** The final answer of the engine; absent while there is none. */
  verdict?: 'AA' | 'AE' | 'AR';
}

const AT = '20261001090000';
const IPP = 'DXCARE&1.2.250.1.999.10.1&ISO';
const STAY = 'DXCARE&1.2.250.1.999.10.2&ISO';
const PAM = ['2.5^FRA^2.11', '2.11^IHE_FRANCE-2.11-PAM'] as const;
const EVN = `EVN||${AT}||||${AT}`;
const AUTHOR = '99700700018^TESTMED^CAMILLE^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^L^^^RPPS';

/** Fields by number, the segment's name being number 0. */
const segment = (name: string, fields: Readonly<Record<number, string>>): string =>
  Array.from({ length: Math.max(...Object.keys(fields).map(Number)) + 1 }, (_, i) => (i === 0 ? name : (fields[i] ?? ''))).join('|');

/** A number as letters: names have no digits. */
const spell = (n: number): string => `QQ${Array.from(String(n).padStart(6, '0'), (d) => 'ABCDEFGHIJ'[Number(d)]).join('')}QQ`;
const SPELLED = /QQ([A-J]{6})QQ/;

/** The number that a message of these tests carries, whatever its format. */
export function numberIn(text: string): number | undefined {
  const [, letters] = SPELLED.exec(text) ?? [];
  return letters === undefined ? undefined : Number(Array.from(letters, (l) => 'ABCDEFGHIJ'.indexOf(l)).join(''));
}

const pid = (ipp: string, n: number, stay?: string): string =>
  segment('PID', {
    1: '1',
    3: `${ipp}^^^${IPP}^PI`,
    5: `${spell(n)}^ANNE^^^^^D~VALMOREE^ANNE^ANNE^^^^L`,
    7: '19500101',
    8: 'F',
    18: stay ? `${stay}^^^${STAY}^AN` : '',
    32: 'VALI',
    33: AT,
  });
const pv1 = (stay: string): string => segment('PV1', { 1: '1', 2: 'I', 3: '4412^^^CHE&990001018&M', 19: `${stay}^^^${STAY}^VN` });

function admission(ipp: string, n: number): string[] {
  const unit = 'ONCOLOGIE^^^^^CHE&990001018&N^UF^^^4412';
  const zbe = segment('ZBE', { 1: `${n}^DXCARE^1.2.250.1.999.10.2^ISO`, 2: AT, 4: 'INSERT', 5: 'N', 7: unit, 8: unit, 9: 'HMS' });
  return [EVN, pid(ipp, n, `S${ipp}`), pv1(`S${ipp}`), zbe];
}

function letter(ipp: string, n: number, code: string): string[] {
  const coded = `${code}^Lettre^DXC-TYPDOC`;
  const order = `D-${n}^DXCARE`;
  const pdf = Buffer.from(`%PDF-1.4\n% ${spell(n)}\n%%EOF\n`).toString('base64');
  return [
    pid(ipp, n, `S${ipp}`),
    pv1(`S${ipp}`),
    segment('ORC', { 1: 'NW', 2: order }),
    segment('OBR', { 1: '1', 2: order, 4: coded, 7: AT, 16: AUTHOR, 22: AT, 24: 'ONC', 25: 'F' }),
    segment('OBX', { 1: '1', 2: 'ED', 3: coded, 4: '1', 5: `^application^pdf^Base64^${pdf}`, 11: 'F' }),
  ];
}

/** Type, version and profile, segments. */
function content(kind: Kind, [ipp = '', absorbed = '']: readonly string[], n: number): readonly [string, readonly string[], readonly string[]] {
  switch (kind) {
    case 'identity':
    case 'production':
      return ['ADT^A28^ADT_A05', PAM, [EVN, pid(ipp, n), 'PV1|1|N']];
    case 'change':
      return ['ADT^A31^ADT_A05', PAM, [EVN, pid(ipp, n), 'PV1|1|N']];
    case 'admission':
      return ['ADT^A01^ADT_A01', PAM, admission(ipp, n)];
    case 'merge':
      return ['ADT^A40^ADT_A39', PAM, [EVN, pid(ipp, n), `MRG|${absorbed}^^^${IPP}^PI`]];
    case 'letter':
      return ['ORU^R01^ORU_R01', ['2.5', ''], letter(ipp, n, 'LDLSORTIE')];
    case 'unmapped':
      return ['ORU^R01^ORU_R01', ['2.5', ''], letter(ipp, n, 'FORMINT7')];
  }
}

export function message(kind: Kind, patients: readonly string[], n: number): Sent {
  const [type, [version = '', profile = ''], segments] = content(kind, patients, n);
  const controlId = `M${n}`;
  // A message of production on an endpoint of tests: refused for good.
  const processing = kind === 'production' ? 'P' : 'T';
  const names = { 2: 'DXCARE', 3: 'CHE', 4: 'PASSERELLE', 5: 'DCC', 6: AT, 8: type, 9: controlId, 10: processing, 11: version };
  const msh = segment('MSH', { 1: '^~\\&', ...names, 16: 'FRA', 17: '8859/1', 20: profile });
  return { n, kind, controlId, patients, bytes: Buffer.from(`${[msh, ...segments].join('\r')}\r`, 'latin1') };
}

/** One hospital application: its own patients, one message after the other, forever. */
export function* dayOf(name: string, random: Chance, number: () => number): Generator<Sent, never> {
  const patients: string[] = [];
  let born = 0;
  const admit = (): string => `${name}${String((born += 1)).padStart(5, '0')}`;
  for (;;) {
    const draw = random.next();
    const patient = patients.length > 0 ? random.pick(patients.slice(-8)) : undefined;
    if (patient === undefined || draw < 0.15) {
      patients.push(admit());
      yield message('identity', [patients.at(-1)!], number());
    } else if (draw < 0.45) yield message('change', [patient], number());
    else if (draw < 0.6) yield message('admission', [patient], number());
    else if (draw < 0.8) yield message('letter', [patient], number());
    else if (draw < 0.95) {
      const twin = admit();
      yield message('identity', [twin], number());
      yield message('change', [twin], number());
      yield message('merge', [patient, twin], number());
    } else yield message(draw < 0.975 ? 'unmapped' : 'production', [patient], number());
  }
}
