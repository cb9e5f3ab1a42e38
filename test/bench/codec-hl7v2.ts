/**
 * Rate of the HL7 v2 codec on one core, beside hl7-standard on the same message in the same run (`node dist/test/bench/codec-hl7v2.js`).
 * Trust the ratio, not the absolute figures. What is read: five fields of identity and visit.
 */
import HL7 from 'hl7-standard';
import { codec, parseHl7, writeHl7 } from '../../plugins/codec-hl7v2/index.ts';

const SMALL = Buffer.from(
  [
    'MSH|^~\\&|DXCARE|CHX|DCC|DCC|20260915101530||ADT^A01^ADT_A01|DX0000871204|T|2.5^FRA^2.11|||||FRA|8859/1|FR||2.11^IHE_FRANCE-2.11-PAM',
    'EVN||20260915101530|||agent^ESSAI^AGENT^^^^^^DXCARE&1.2.250.1.999.154&ISO|20260915101500',
    'PID|1||0004512387^^^DXCARE&1.2.250.1.999.10.1&ISO^PI~258033399990170^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS||QUINTARD^MARIE-ANNE^^^MME^^D~BR\u00c9ZOLLET^MARIE-ANNE^MARIE-ANNE JEANNE^^MME^^L||19580314|F|||9 QUAI NEUF^^BORDEAUX^^33000^FRA^H~^^^^^^BDL^^99326||^PRN^CP^^^^^^^^^0600000000|||||2609150001^^^DXCARE&1.2.250.1.999.10.2&ISO^AN|||||||||||||VALI|20260915101400',
    'PV1|1|I|310^^^CHX||||99700100012^ESSAI^MEDECIN^^^DR^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^RPPS||||||||||||2609150001^^^DXCARE&1.2.250.1.999.10.2&ISO^VN|||||||||||||||||||||||||20260915100000',
    'PV2||||||||20260915100000|20260919',
    'ZBE|77100^DXCARE^1.2.250.1.999.12.1^ISO|20260915100000||INSERT|N||^^^^^^UF^^^3100||HMS',
    'ZFD|||N||VALI|20260915',
    '',
  ].join('\r'),
  'latin1',
);
const LARGE = Buffer.from(
  writeHl7([
    ['MSH', { 9: ['MDM', 'T02', 'MDM_T02'], 10: 'B1', 18: 'UNICODE UTF-8' }],
    ['PID', { 3: 'X' }],
    ['OBX', { 1: 1, 2: 'ED', 5: ['', 'text', 'XML', 'Base64', Buffer.alloc(150_000, 'Passerelle').toString('base64')] }],
  ]),
);
const PATHS = ['PID-3.1', 'PID-5.1', 'PID-7', 'PV1-19.1', 'MSH-10'];
const options = { charsetFallback: 'windows-1252', readDocument: () => undefined };

function rate(name: string, bytes: number, run: () => void): number {
  const until = (ms: number): number => {
    const start = performance.now();
    let done = 0;
    while (performance.now() - start < ms) for (let i = 0; i < 50; i++, done++) run();
    return (done * 1000) / (performance.now() - start);
  };
  until(500);
  const each = until(2000);
  console.log(`${name.padEnd(44)}${Math.round(each).toLocaleString('en').padStart(10)} /s ${((each * bytes) / 1e6).toFixed(0).padStart(6)} MB/s`);
  return each;
}

const text = SMALL.toString('latin1');
console.log(`small ADT ${SMALL.length} bytes, MDM ${LARGE.length} bytes`);
const own = rate('open, small ADT', SMALL.length, () => codec.open(SMALL, options));
rate('peek, small ADT', SMALL.length, () => codec.peek(SMALL));
rate('split, small ADT', SMALL.length, () => codec.split(SMALL));
rate('open and read 5 fields, small ADT', SMALL.length, () => {
  const message = parseHl7(codec.open(SMALL, options).envelope.text);
  for (const path of PATHS) message.get(path);
});
rate('open, MDM with a 150 KB document', LARGE.length, () => codec.open(LARGE, options));
rate('peek, MDM with a 150 KB document', LARGE.length, () => codec.peek(LARGE));
const library = rate('hl7-standard: transform and read 5 fields', SMALL.length, () => {
  const message = new HL7(text);
  message.transform();
  for (const path of PATHS) message.get(path.replace('-', '.'));
});
console.log(`open is ${(own / library).toFixed(0)} times as fast as hl7-standard`);
