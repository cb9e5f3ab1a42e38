/** What changed since the kit that a site has: the sections of two changelogs above the versions of that kit. */

import type { KitGiven } from './keeper.ts';

/** Sections `## 1.2.3` of a changelog, newest first as written, above `since`. */
export function sectionsSince(changelog: string, since: string | undefined): string {
  const sections = changelog.split(/^(?=## )/m).filter((section) => section.startsWith('## '));
  const versionOf = (section: string): string => /^## v?(\d+\.\d+\.\d+)/.exec(section)?.[1] ?? '';
  return sections
    .filter((section) => since === undefined || isNewer(versionOf(section), since))
    .map((section) => section.trimEnd())
    .join('\n\n');
}

export function isNewer(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number));
  const at = [0, 1, 2].find((index) => a?.[index] !== b?.[index]);
  return at !== undefined && (a?.[at] ?? 0) > (b?.[at] ?? 0);
}

export function changesText(
  logs: readonly { readonly title: string; readonly text: string; readonly since?: string }[],
  before: { readonly kit: string; readonly connector: string; readonly given?: KitGiven | undefined } | undefined,
  given: KitGiven,
): string {
  const head = before
    ? `Depuis le kit ${before.kit} (connecteur ${before.connector}) de ce site. *Since the kit that this site has.*`
    : 'Premier kit de ce site : tout est nouveau. *First kit of this site.*';
  const parts = logs.map(({ title, text, since }) => `# ${title}\n\n${sectionsSince(text, since) || 'Rien de changé. *Nothing changed.*'}`);
  const settings = before ? `${givenText(before.given, given)}\n\n` : '';
  return `${head}\n\n${settings}${parts.join('\n\n')}\n`;
}

const GIVEN: Readonly<Record<keyof KitGiven, string>> = {
  url: 'Adresse du moteur',
  crypto: 'Chiffrement',
  environment: 'Environnement',
  engine: 'Version du moteur',
  settings: 'Réglages du site',
};

/** What a site has to take over into the files that it filled in. */
function givenText(before: KitGiven | undefined, now: KitGiven): string {
  const title = '# Ce que le kit dit du moteur et du site';
  if (!before)
    return `${title}\n\nCe que disait le kit précédent n'a pas été gardé : comparer \`passerelle.json\` et \`relais.json\` à ceux du site. *Not kept of the kit before: compare.*`;
  const lines = (Object.keys(GIVEN) as (keyof KitGiven)[])
    .filter((name) => before[name] !== now[name])
    .map((name) => `- ${GIVEN[name]} : ${name === 'settings' ? 'changés, à reprendre de ce kit. *Changed.*' : `${before[name]} → ${now[name]}`}`);
  return `${title}\n\n${lines.join('\n') || 'Rien de changé. *Nothing changed.*'}`;
}
