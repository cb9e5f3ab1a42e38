/** What `translate` and `render` share: connector and version, site settings, the time of the decision. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { SettingsIssue, SiteSettings } from '../contract/index.ts';
import { checkDocuments, loadSiteSettings, parseDocuments, siteSettingsOf, type Catalogue } from '../settings/index.ts';
import { printIssues, type Context } from './context.ts';
import type { TranslateOptions } from './services.ts';

export interface TranslationFlags {
  readonly connector: { readonly id: string; readonly version?: string };
  readonly settings?: string;
  readonly now?: string;
}

export function withTranslation(command: Command): Command {
  return command
    .addOption(
      new Option('--connector <id[@version]>', 'connecteur / connector').makeOptionMandatory().argParser(parseConnector).env('PASSERELLE_CONNECTOR'),
    )
    .addOption(new Option('--settings <file>', 'paramètres du site ; sans eux rien n’est un IPP / site settings').env('PASSERELLE_SETTINGS'))
    .addOption(
      new Option('--now <time>', 'instant de la décision ; l’heure d’un appel n’est jugée que s’il est donné / time of the decision (ISO 8601)')
        .argParser(parseTime)
        .env('PASSERELLE_NOW'),
    );
}

/** `undefined` when the settings file is refused: its issues are printed and the exit code raised. */
export async function readTranslation(flags: TranslationFlags, context: Context): Promise<TranslateOptions | undefined> {
  const { id, version } = flags.connector;
  const common = { connectorId: id, ...(version && { version }), now: flags.now ?? new Date().toISOString(), ...(flags.now && { judgeTime: true }) };
  if (flags.settings === undefined) return common;
  const { issues, settings } = await readSettings(flags.settings, flags.connector, await (await context.services()).catalogue());
  if (settings) return { ...common, settings };
  context.exitCode = 2;
  printIssues(context.io, issues);
  return undefined;
}

interface Reading {
  readonly issues: readonly SettingsIssue[];
  readonly settings?: SiteSettings;
}

/** The file of a site as the engine runs it (`kind: site`), or the flat one of a fixture: what this connector sees of either. */
async function readSettings(file: string, { id, version }: TranslationFlags['connector'], catalogue: Catalogue): Promise<Reading> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const documents = parseDocuments([{ file: path.basename(file), text }]);
  // A site alone is no region: what the engine's own document would say is not asked of it.
  const engine = parseDocuments([{ file: 'moteur.yaml', text: 'kind: engine\ncontextualCall: { publicUrl: https://localhost }\n' }]);
  if ((documents[0]?.value as { kind?: unknown } | null | undefined)?.kind === undefined) {
    const connector = catalogue.connectors.find(({ manifest }) => manifest.id === id && (version === undefined || manifest.version === version));
    return loadSiteSettings(file, connector);
  }
  const { issues, settings } = checkDocuments([...documents, ...engine], catalogue);
  const site = settings?.sites[0];
  if (issues.length > 0 || !site) return { issues };
  return { issues, settings: siteSettingsOf(site, site.connectors.find((c) => c.id === id) ?? { settings: {} }) };
}

function parseConnector(text: string): TranslationFlags['connector'] {
  const [id = '', version] = text.split('@');
  if (id === '' || version === '') throw new InvalidArgumentError('ID[@VERSION]');
  return version === undefined ? { id } : { id, version };
}

function parseTime(text: string): string {
  if (Number.isNaN(Date.parse(text))) throw new InvalidArgumentError('2026-10-12T08:00:00+02:00');
  return text;
}
