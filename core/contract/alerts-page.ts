/** Prints ALERTS.md from the catalogue (`npm run docs`): the page cannot disagree with the code. */
import { ALERTS } from './alerts.ts';

const rows = Object.entries(ALERTS).map(
  ([code, { severity, fr, en, fix }]) => `| \`${code}\` | ${severity} | ${fr} / *${en}* | ${fix.fr} / *${fix.en}* |`,
);

process.stdout.write(`# Alertes / Alerts

Generated from \`alerts.ts\`: do not edit, run \`npm run docs\`. \`passerelle alerts\`, \`GET /api/v1/alerts\` and the metric
\`passerelle_alert{code,severity,lane,site}\` tell which are on.

| code | severity | alert | what to do |
|---|---|---|---|
${rows.join('\n')}
`);
