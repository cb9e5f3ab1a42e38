/** What changed since the kit that a site has: the sections of two changelogs above the versions of that kit. */

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
  before: { readonly kit: string; readonly connector: string } | undefined,
): string {
  const head = before
    ? `Depuis le kit ${before.kit} (connecteur ${before.connector}) de ce site. *Since the kit that this site has.*`
    : 'Premier kit de ce site : tout est nouveau. *First kit of this site.*';
  const parts = logs.map(({ title, text, since }) => `# ${title}\n\n${sectionsSince(text, since) || 'Rien de changé. *Nothing changed.*'}`);
  return `${head}\n\n${parts.join('\n\n')}\n`;
}
