/** `passerelle check DIR`: checks settings documents without an engine. */
import type { Command } from 'commander';
import type { SettingsIssue } from '../../contract/index.ts';
import { checkDocuments, findMissingSecrets, parseDocuments } from '../../settings/index.ts';
import { fail, jsonOption, printIssues, printJson, type Context } from '../context.ts';
import { readFolder } from '../settings-folder.ts';

export function addCheck(program: Command, context: Context): void {
  program
    .command('check')
    .argument('<dir>', 'dossier de paramétrage / settings folder')
    .description('vérifie le paramétrage, toutes les erreurs à la fois / checks settings')
    .addOption(jsonOption())
    .action((folder: string, options: { json?: boolean }) => check(folder, options, context));
}

async function check(folder: string, options: { readonly json?: boolean }, context: Context): Promise<void> {
  try {
    const documents = parseDocuments(await readFolder(folder));
    const { issues, warnings, settings } = checkDocuments(documents, await (await context.services()).catalogue());
    const all: readonly SettingsIssue[] = [...issues, ...findMissingSecrets(documents, folder, context.io.env)];
    if (all.length > 0) context.exitCode = 2;
    if (options.json) {
      printJson(context.io, { issues: all, warnings });
      return;
    }
    printIssues(context.io, [...all, ...warnings]);
    const endpoints = settings?.sites.flatMap((site) => site.connectors.flatMap((connector) => connector.endpoints)) ?? [];
    if (all.length === 0)
      context.io.out(`Paramétrage valide / valid : ${settings?.sites.length ?? 0} site(s), ${endpoints.length} point(s) d'accès.\n`);
    else context.io.err(`${all.length} erreur(s) / error(s).\n`);
  } catch (error) {
    fail(context, error);
  }
}
