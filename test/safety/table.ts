/**
 * `npm run safety`: every clause of the safety rules A and B with its tests, every test that names a rule with the count of each, then, where the folder of
 * specifications is there, what was read of each official CDA, and how long reading and validating it takes.
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { CLAUSES, rulesIn } from './clauses.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): string =>
  execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024, env: { ...process.env, ...env } });
const MOCHA = ['--no-wasm-generic-wrapper', 'node_modules/mocha/bin/mocha.js', '--no-config'];
const SPECS = ['dist/test/**/*.test.js', 'dist/{plugins,connectors}/*/test/**/*.test.js'];
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Titles of all tests, none of them run. */
function titles(): readonly string[] {
  const listed = run([...MOCHA, '--dry-run', '--reporter', 'json', ...SPECS]);
  const { tests } = JSON.parse(listed.slice(listed.indexOf('{'))) as { tests: readonly { readonly fullTitle: string }[] };
  // These say that the others are there.
  return tests.map(({ fullTitle }) => fullTitle).filter((title) => !title.startsWith('the clauses of the safety rules'));
}

function printRules(): void {
  const all = titles().map((title) => ({ title, rules: rulesIn(title) }));
  say('# Règles de sûreté et leurs tests / safety rules and their tests\n');
  for (const [rule, clauses] of Object.entries(CLAUSES)) {
    const named = all.filter(({ rules }) => rules.includes(rule));
    say(`## ${rule} : ${named.length} tests\n`);
    for (const { says, tests, open } of clauses)
      say(`- ${says}${open ? ` (reste / open: ${open})` : ''}\n${tests.map((one) => `  - ${one}`).join('\n')}`);
    say(`\n${named.map(({ title }) => `  ${title}`).join('\n')}\n`);
  }
  say('| règle / rule | clauses | tests |\n|---|---|---|');
  for (const [rule, clauses] of Object.entries(CLAUSES))
    say(`| ${rule} | ${clauses.length} | ${all.filter(({ rules }) => rules.includes(rule)).length} |`);
}

function printDocuments(): void {
  say('\n# Exemples officiels : ce qui en est lu / official examples: what is read of them\n');
  const read = run([...MOCHA, '--reporter', 'min', '--timeout', '240000', 'dist/plugins/codec-cda-reader/test/official-coverage.test.js'], {
    PASSERELLE_PRINT: '1',
  });
  say(
    // The reporter clears the screen.
    stripVTControlCharacters(read)
      .split('\n')
      .filter((line) => / \| |: \d+ of \d+ /.test(line))
      .join('\n'),
  );
  say('\n# Durées par document / times per document\n');
  say(run(['dist/test/bench/cda.js']));
}

printRules();
if (process.argv.includes('--documents')) printDocuments();
