/** A FINESS whose key is wrong is doubtful only. */
import type { Location, SettingsIssue } from '../contract/index.ts';
import { mayBeFiness } from '../model/index.ts';
import { makeIssue, say } from './issue.ts';

export function finessWarning(finess: string, location: Location): readonly SettingsIssue[] {
  if (mayBeFiness(finess)) return [];
  const fix = say('Vérifier le numéro sur finess.esante.gouv.fr.', 'Check the number on finess.esante.gouv.fr.');
  return [makeIssue('ERR_CONFIG_INVALID', location, { expected: say('un FINESS dont la clé est juste', 'a FINESS whose key is right'), fix })];
}
