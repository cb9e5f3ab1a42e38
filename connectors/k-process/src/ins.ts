/** The INS number: its authorities and its control key (specs FACTS F1). */

/** OID of each authority, with the environment it belongs to: NIR and NIA, test and demonstration. */
export const INS_AUTHORITIES: Readonly<Record<string, 'test' | 'production'>> = {
  '1.2.250.1.213.1.4.8': 'production',
  '1.2.250.1.213.1.4.9': 'production',
  '1.2.250.1.213.1.4.10': 'test',
  '1.2.250.1.213.1.4.11': 'test',
};

/** Key = 97 - (13 digits mod 97), where Corsica's 2A counts as 19 and 2B as 18. */
export function hasValidKey(ins: string): boolean {
  const digits = ins.slice(0, 13).replace('2A', '19').replace('2B', '18');
  return /^\d{13}$/.test(digits) && Number(ins.slice(13)) === 97 - Number(BigInt(digits) % 97n);
}
