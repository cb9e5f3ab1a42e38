/** Identity and movement messages of about 1 KB (PAM France 2.11), each patient leading a valid life: A28, then A01, A02, A03 and again, A31 at any time. */
import { BIRTH_PLACE, INS_OID, IPP_OID, person } from './people.ts';
import { timeOf } from './numbering.ts';

export interface Made {
  readonly controlId: string;
  /** MLLP frame. */
  readonly frame: Buffer;
}

/** One sender of messages: what it makes is a patient's next event. */
export interface Source {
  readonly next: (number: number) => Made;
}

const DOCTOR = '10000000009^TESTARD^LEA^^^DR^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^RPPS';
const ROLE = `PD1||||||||||||N\rROL||UC|ODRP|${DOCTOR}|||||^^^^^MEDECIN TRAITANT|10 AVENUE DES EXEMPLES^^PAU^^64000^FRA^O|^WPN^PH^^^^^^^^^0500000101\r`;
const unit = (name: string, code: string): string => `${name}^^^^^CH-FICTIF&330000001&M^UF^^^${code}`;
const MEDICAL = unit('ONCOLOGIE MÉDICALE ET RADIOTHÉRAPIE', '3301');
const NURSING = unit('SOINS DE SUITE ET DE RÉADAPTATION', '3305');

interface Life {
  readonly pid: string;
  state: 'unknown' | 'known' | 'admitted';
  stays: number;
  admittedAt: string;
}

/** PID-1 to PID-12, the same in every message of a patient. */
export function identity(patient: number): string {
  const p = person(patient);
  return (
    `PID|1||${p.ipp}^^^DPI-FICTIF&${IPP_OID}&ISO^PI~${p.ins}^^^ASIP-SANTE-INS-NIR&${INS_OID}&ISO^INS||` +
    `${p.birthName}^${p.firstGivenName}^${p.givenNames}^^^^L~${p.usedName}^${p.firstGivenName}^^^^^D||${p.birthDate}|${p.sex}|||` +
    `${1 + (patient % 99)} RUE DES ÉPREUVES^^BORDEAUX^^33000^FRA^H~^^^^^^BDL^^${BIRTH_PLACE}|`
  );
}

export const head = (type: string, version: string, profile: string, controlId: string, at: string): string =>
  `MSH|^~\\&|DPI-FICTIF|CH-FICTIF|DCC|KPROCESS|${at}||${type}|${controlId}|T|${version}|||||FRA|UNICODE UTF-8|||${profile}\r`;

export const frameOf = (text: string): Buffer => Buffer.from(`\x0b${text}\x1c\r`);

/** @param patients numbers of the patients of this sender: nobody else sends of them, so that their order is its own. */
export function adtSource(patients: readonly number[], prefix: string, seed: number): Source {
  const lives = patients.map((n): Life => ({ pid: identity(n), state: 'unknown', stays: 0, admittedAt: '' }));
  const random = drawing(seed);
  const stay = (life: Life, n: number): string => `26${String(n).padStart(9, '0')}${String(life.stays).padStart(3, '0')}`;

  const write = (event: string, life: Life, patient: number, number: number): Made => {
    const [at, controlId] = [timeOf(number), `${prefix}${number}`];
    const still = event === 'A28' || event === 'A31';
    const structure = still ? 'A05' : event;
    const account = still ? '' : `${stay(life, patient)}^^^CH-FICTIF&330000001&M^AN`;
    const text =
      head(`ADT^${event}^ADT_${structure}`, '2.5^FRA^2.11', '2.11^IHE_FRANCE-2.11-PAM', controlId, at) +
      `EVN||${at}||||${at}\r` +
      `${life.pid}|^PRN^PH^^^^^^^^^05${String(number).padStart(8, '0')}|||||${account}||||||||||||||VALI|${at}\r${ROLE}` +
      (still
        ? `PV1|1|N\rZFA|ACTIF|${at}|||||||INO|${at}|IC|${at}\rZFD|||||INSI|${at}|CN\r`
        : `PV1|1|I|ONCO^201^2^CH-FICTIF&330000001&M^^BED|R|||${DOCTOR}||||||||||||${stay(life, patient)}^^^CH-FICTIF&330000001&M^VN` +
          `|||||||||||||||||||||||||${life.admittedAt}${event === 'A03' ? `|${at}` : ''}\r` +
          `ZBE|${prefix}${number}^DPI-FICTIF^${IPP_OID}^ISO|${at}||INSERT|N||${MEDICAL}|${NURSING}|${event === 'A02' ? 'MS' : 'HMS'}\r`);
    return { controlId, frame: frameOf(text) };
  };

  return {
    next: (number) => {
      const index = Math.floor(random() * lives.length);
      const life = lives[index]!;
      const event = nextEvent(life, random());
      if (event === 'A28' || event === 'A03') life.state = 'known';
      if (event === 'A01') Object.assign(life, { state: 'admitted', stays: life.stays + 1, admittedAt: timeOf(number) });
      return write(event, life, patients[index]!, number);
    },
  };
}

function nextEvent({ state }: Life, draw: number): 'A28' | 'A31' | 'A01' | 'A02' | 'A03' {
  if (state === 'unknown') return 'A28';
  if (state === 'known') return draw < 0.6 ? 'A01' : 'A31';
  return draw < 0.4 ? 'A02' : draw < 0.7 ? 'A31' : 'A03';
}

/** The same draws for the same seed (Park and Miller). */
export function drawing(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
