/** The flat settings file of `translate --settings` and `render --settings` (ARCHITECTURE section 6). */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PasserelleError, type ConnectorDefinition, type SettingsIssue, type SiteSettings } from '../contract/index.ts';
import { checkSchema } from './check-schema.ts';
import { checkConnectorSettings, checkPlace } from './check-site.ts';
import { parseDocuments } from './documents.ts';
import { makeIssue, say } from './issue.ts';
import { FlatSiteSettings } from './schema-site.ts';

/**
 * Reads one file. With `connector`, its own settings are checked as well; secrets in clear are taken, since such a file is written
 * for tests. Throws ERR_CONFIG_UNREADABLE when there is no such file.
 */
export async function loadSiteSettings(
  file: string,
  connector?: Pick<ConnectorDefinition, 'manifest' | 'settingsSchema'>,
): Promise<{ readonly issues: readonly SettingsIssue[]; readonly settings?: SiteSettings }> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new PasserelleError('ERR_CONFIG_UNREADABLE', { location: { file }, cause });
  });
  const [document, ...more] = parseDocuments([{ file: path.basename(file), text }]);
  if (!document || more.length > 0) {
    const expected = say('un seul document', 'one document');
    return { issues: [makeIssue('ERR_CONFIG_UNREADABLE', { file: path.basename(file) }, { expected })] };
  }
  if (document.value === undefined) return { issues: document.faults };
  const value = document.value as SiteSettings;
  const issues = [
    ...checkSchema(FlatSiteSettings, value, document, ''),
    ...checkPlace((value ?? {}) as unknown as Record<string, unknown>, document),
  ];
  const own: unknown = value?.connector;
  if (connector?.settingsSchema && typeof own === 'object' && own !== null) {
    issues.push(...checkConnectorSettings(connector, own as Record<string, unknown>, document, '/connector', { clearSecrets: true }));
  }
  return issues.length > 0 ? { issues } : { issues, settings: value };
}
