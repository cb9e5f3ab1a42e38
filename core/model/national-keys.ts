/** Numbers of the national directories whose last digit is a Luhn key: professionals (RPPS) and establishments (FINESS). */

/** 11 digits with their key. A wrong key is a wrong number: it names nobody, or somebody else. An ADELI number has no key, and is no RPPS. */
export const hasValidRppsKey = (number: string): boolean => /^\d{11}$/.test(number) && hasLuhnKey(number);

/** Numbers with a letter (Corsica) have no such key. */
export const mayBeFiness = (finess: string): boolean => !/^\d{9}$/.test(finess) || hasLuhnKey(finess);

function hasLuhnKey(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const doubled = Number(digits.at(-1 - i)) * (1 + (i % 2));
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
