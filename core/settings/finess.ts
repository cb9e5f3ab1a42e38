/** FINESS: nine characters, the last one a Luhn key. A wrong key is doubtful only: numbers with a letter (Corsica) have no such key. */
import type { Location, SettingsIssue } from '../contract/index.ts';
import { makeIssue, say } from './issue.ts';

export function finessWarning(finess: string, location: Location): readonly SettingsIssue[] {
  if (!/^\d{9}$/.test(finess) || luhn(finess)) return [];
  const fix = say('Vérifier le numéro sur finess.esante.gouv.fr.', 'Check the number on finess.esante.gouv.fr.');
  return [makeIssue('ERR_CONFIG_INVALID', location, { expected: say('un FINESS dont la clé est juste', 'a FINESS whose key is right'), fix })];
}

function luhn(digits: string): boolean {
  let sum = 0;
  for (const [index, character] of digits.split('').reverse().entries()) {
    const doubled = Number(character) * (1 + (index % 2));
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
