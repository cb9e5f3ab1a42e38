/** `passerelle move`: the journal of a stopped engine from one store to another, ids and all. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Option, type Command } from 'commander';
import { moveJournal } from '../../backup/index.ts';
import { PasserelleError } from '../../contract/index.ts';
import { journalAddress } from '../../journal/index.ts';
import { fail, jsonOption, printJson, type Context } from '../context.ts';

interface Options {
  readonly from: string;
  readonly to: string;
  readonly json?: boolean;
}

export function addMove(program: Command, context: Context): void {
  program
    .command('move')
    .description("déplace le journal d'un moteur arrêté / moves the journal of a stopped engine")
    .addOption(new Option('--from <journal>', 'dossier de données, ou postgres://... / data directory, or postgres://...').makeOptionMandatory())
    .addOption(
      new Option('--to <journal>', 'endroit vide : dossier, ou postgres://... / empty place: folder, or postgres://...').makeOptionMandatory(),
    )
    .addOption(jsonOption())
    .action(async ({ from, to, json }: Options) => {
      try {
        const { journalAt } = await context.services();
        const [source, target] = [journalAt(from), journalAt(to)];
        if (target.store.id === 'sqlite') needsKey(to);
        const dump = await source.store.dump(source.address);
        const tables = await moveJournal(dump, target, new Date().toISOString());
        const kept = await source.store.retire(source.address, shown(to));
        if (json) printJson(context.io, { tag: dump.tag, tables, kept });
        else context.io.out(summary(dump.tag, tables['message']?.rows ?? 0, kept, startOn(from, to)));
      } catch (error) {
        fail(context, error);
      }
    });
}

/** A journal without the key it was written with is a journal of strangers. */
function needsKey(folder: string): void {
  const file = path.join(folder, 'index.key');
  if (!existsSync(file))
    throw new PasserelleError('ERR_SECRET_MISSING', { location: { file }, expected: 'the index key of the engine that wrote the journal' });
}

const isDatabase = (journal: string): boolean => journalAddress(journal, '').store === 'postgres';

/** An address without its password, which the environment has. */
function shown(journal: string): string {
  const { address } = journalAddress(journal, '');
  if (!isDatabase(journal) || !URL.canParse(address)) return address;
  const url = new URL(address);
  url.password = '';
  return url.href;
}

/** Key and audit stay in the data directory. */
const startOn = (from: string, to: string): string =>
  isDatabase(to)
    ? `PASSERELLE_JOURNAL='${shown(to)}' passerelle start --config ... --data ${isDatabase(from) ? '...' : shown(from)}`
    : `passerelle start --config ... --data ${shown(to)}`;

const summary = (tag: string, messages: number, kept: string, start: string): string =>
  `${[
    `Journal ${tag} déplacé, ${messages} messages ; chaque table a été relue et comparée.`,
    `Journal ${tag} moved, ${messages} messages; each table was read back and compared.`,
    `  L'ancien est gardé sans pouvoir démarrer / the old one is kept, and cannot be started on: ${kept}`,
    `  Démarrer maintenant par / start now with: ${start}`,
  ].join('\n')}\n`;
