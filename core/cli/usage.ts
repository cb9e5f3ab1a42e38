/** Wrong usage in French: what commander 14 says (commander, lib/command.js). */
import { translator } from '../contract/index.ts';

const inFrench = translator({
  '(Did you mean one of {}?)': '(Vouliez-vous dire un de : {} ?)',
  '(Did you mean {}?)': '(Vouliez-vous dire {} ?)',
  "command-argument value '{}' is invalid for argument '{}'. Allowed choices are {}.": "'{}' ne convient pas à l'argument '{}' : un de {}",
  "command-argument value '{}' is invalid for argument '{}'. {}": "'{}' ne convient pas à l'argument '{}' : {}",
  "missing required argument '{}'": "il manque l'argument '{}'",
  "option '{}' argument '{}' is invalid. Allowed choices are {}.": "l'option '{}' ne peut valoir '{}' : un de {}",
  "option '{}' argument '{}' is invalid. {}": "l'option '{}' ne peut valoir '{}' : {}",
  "option '{}' argument missing": "l'option '{}' demande une valeur",
  "option '{}' cannot be used with option '{}'": "l'option '{}' ne va pas avec l'option '{}'",
  "option '{}' value '{}' from env '{}' is invalid. {}": "l'option '{}' ne peut valoir '{}', donné par la variable '{}' : {}",
  "required option '{}' not specified": "il manque l'option '{}'",
  "too many arguments for '{}'. Expected {} argument but got {}.": "trop d'arguments pour '{}' (attendu : {}, trouvé : {})",
  "too many arguments for '{}'. Expected {} arguments but got {}.": "trop d'arguments pour '{}' (attendu : {}, trouvé : {})",
  'too many arguments. Expected {} argument but got {}.': "trop d'arguments (attendu : {}, trouvé : {})",
  'too many arguments. Expected {} arguments but got {}.': "trop d'arguments (attendu : {}, trouvé : {})",
  "unknown command '{}'": "commande inconnue '{}'",
  "unknown option '{}'": "option inconnue '{}'",
});

/** What commander says, French first, with where the right usage is told. */
export function wrongUsage(text: string, commands: readonly string[]): string {
  const lines = text
    .trim()
    .replace(/^error: /, '')
    .split('\n');
  return `Usage incorrect : ${lines.map(inFrench).join(' ')}\n  Wrong usage: ${lines.join(' ')}\n  À faire / to do: ${['passerelle', ...commands].join(' ')} --help\n`;
}
