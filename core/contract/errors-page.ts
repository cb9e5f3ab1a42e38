/** Prints ERRORS.md from the catalogue (`npm run docs`): the page cannot disagree with the code. */
import { CATALOGUE, type CatalogueEntry } from './error-catalogue.ts';

const rows = Object.entries(CATALOGUE).map(([code, entry]: [string, CatalogueEntry]) => {
  const reply = entry.ack ? `${entry.ack}, ERR-3 ${entry.hl7}${entry.err5 ? `, ERR-5 ${entry.err5}` : ''}` : '-';
  return `| \`${code}\` | ${entry.disposition} | ${reply} | ${entry.http} | ${entry.fr} / *${entry.en}* | ${entry.fix.fr} / *${entry.fix.en}* |`;
});

process.stdout.write(`# Codes d'erreur / Error codes

Generated from \`error-catalogue.ts\`: do not edit, run \`npm run docs\`. The disposition says what the engine does next (core/decisions/0003); the reply
is what the sender of a message gets, the HTTP status what a caller of the API gets. What was expected and found is English in data, logs and answers,
and French where a person reads it (\`french-phrases.ts\`).

| code | disposition | reply | HTTP | message | fix |
|---|---|---|---|---|---|
${rows.join('\n')}
`);
