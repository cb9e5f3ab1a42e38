/** The national number of a health professional (RPPS): 11 digits, the last one a Luhn key over the others. */
export function hasValidRppsKey(number: string): boolean {
  if (!/^\d{11}$/.test(number)) return false;
  const sum = number
    .split('')
    .toReversed()
    .reduce((total, digit, index) => {
      const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
}
