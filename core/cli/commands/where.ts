/** `passerelle where`: where a document or a patient's messages are, every leg. */
import { Option, type Command } from 'commander';
import {
  PasserelleError,
  type DeliveryView,
  type DocumentAct,
  type DocumentProof,
  type DocumentState,
  type DocumentWhere,
  type MessageTimeline,
} from '../../contract/index.ts';
import { clientOf, fail, jsonOption, printJson, withEngine, type Context, type EngineOptions } from '../context.ts';
import type { EngineClient } from '../engine-client.ts';
import type { Io } from '../io.ts';
import { behindWords, shownWords } from '../next-steps.ts';
import { printable, style, table, type Column } from '../table.ts';
import { STATE_WORDS, localTime, shortTime } from '../words.ts';

interface Options extends EngineOptions {
  readonly document?: string;
  readonly ipp?: string;
  readonly ins?: string;
  readonly json?: boolean;
}

/** One screen of messages; a patient with more is narrowed by `messages`. */
const MAX_MESSAGES = 20;
/** NIR, NIA, test, demonstration: a number given without its authority is looked for under each. */
const INS_OIDS = ['1.2.250.1.213.1.4.8', '1.2.250.1.213.1.4.9', '1.2.250.1.213.1.4.10', '1.2.250.1.213.1.4.11'];

export function addWhere(program: Command, context: Context): void {
  withEngine(program.command('where'))
    .description('dit où est un document, ou les messages d’un patient / where is this document?')
    .addOption(new Option('--document <id>', 'identifiant ou setId du document / document id').conflicts(['ipp', 'ins']))
    .addOption(new Option('--ipp <domain:value>', "IPP dans son domaine d'identité / patient id").conflicts('ins'))
    .addOption(new Option('--ins <number>', 'matricule INS, ou OID:matricule / INS number'))
    .addOption(jsonOption())
    .action((options: Options) => where(options, context));
}

async function where(options: Options, context: Context): Promise<void> {
  try {
    const client = await clientOf(options);
    if (options.document !== undefined) return printDocument(context, await client.document(options.document), options);
    const stories = await search(client, options);
    if (options.json) return printJson(context.io, { items: stories });
    if (stories.length > 0) return stories.forEach((story) => printLegs(context.io, story));
    context.exitCode = 1;
    context.io.out('Rien trouvé : ni reçu, ni envoyé / nothing found.\n');
  } catch (error) {
    fail(context, error);
  }
}

async function search(client: EngineClient, { ipp, ins }: Options): Promise<readonly MessageTimeline[]> {
  if (ipp !== undefined && !/^[^:]+:.+$/.test(ipp))
    throw new PasserelleError('ERR_REQUEST_INVALID', { location: { path: '--ipp' }, expected: 'DOMAIN:VALUE' });
  const terms = ipp ? [{ ipp }] : insTerms(ins);
  const ids = new Set<string>();
  for (const term of terms) for (const { id } of (await client.messages({ ...term, limit: MAX_MESSAGES })).items) ids.add(id);
  const stories: MessageTimeline[] = [];
  for (const id of ids) stories.push(await client.timeline(id));
  return stories;
}

function insTerms(ins: string | undefined): readonly { readonly ins: string }[] {
  if (ins === undefined) throw new PasserelleError('ERR_REQUEST_INVALID', { expected: '--document, --ipp or --ins' });
  return ins.includes(':') ? [{ ins }] : INS_OIDS.map((oid) => ({ ins: `${oid}:${ins}` }));
}

const LEGS: readonly Column<DeliveryView>[] = [
  { title: '  REMISE', value: (d) => `  ${d.id}` },
  { title: 'VERS', value: (d) => d.lane },
  { title: 'ÉVÉNEMENT', value: (d) => d.eventType },
  { title: 'ÉTAT', value: (d) => d.state },
  { title: 'DEPUIS', value: (d) => shortTime(d.settledAt ?? d.queuedAt) },
  {
    title: 'EN CLAIR',
    rest: true,
    value: (d) =>
      [shownWords(d), d.error ? `${d.error.code} ${d.error.fr ?? ''}` : behindWords(d) || STATE_WORDS[d.state]].filter(Boolean).join(' ; '),
  },
];

const STATES: Readonly<Record<DocumentState['state'], string>> = {
  announced: 'annoncé, jamais reçu / spoken of, never received',
  'in-force': 'en vigueur / in force',
  superseded: 'remplacé / superseded',
  deleted: 'supprimé / deleted',
};

/** What is known of it, then each message with its legs, then what the answers prove. */
function printDocument({ io }: Context, { documents, legs, messages }: DocumentWhere, { json }: Options): void {
  if (json) return printJson(io, { items: messages, documents, legs });
  const say = (what: string, { message, at, site }: DocumentAct, more = ''): void =>
    io.out(`  ${what} : ${message} le ${localTime(at)}, site ${printable(site)}${printable(more)}\n`);
  for (const one of documents) {
    const { id, state, version, first, superseded, deleted, copies, conflicts, knownAs, pairedWith } = one;
    io.out(`${style(io, 'bold', printable(id))}${version === undefined ? '' : ` version ${version}`} : ${STATES[state]}\n`);
    if (first) say('reçu / received', first);
    if (superseded) say('remplacé par / superseded by', superseded, `, ${superseded.id}`);
    if (deleted) say('supprimé par / deleted by', deleted);
    for (const { lane, id: other } of knownAs) io.out(`  connu par ${printable(lane)} sous / known there as : ${printable(other)}\n`);
    for (const other of pairedWith) io.out(`  même contenu sous une autre forme / same content in another form : ${printable(other)}\n`);
    for (const copy of copies) say('copie / copy', copy);
    for (const conflict of conflicts) say('en conflit / in conflict', conflict);
  }
  for (const story of messages) printLegs(io, story);
  for (const { proofs } of legs)
    for (const { delivery, proof, who = '', channel = '', code = '', at, message } of proofs)
      io.out(`  ${delivery} ${PROOF_WORDS[proof]} ${printable([channel, who, code].filter(Boolean).join(' '))} le ${localTime(at)} (${message})\n`);
}

const PROOF_WORDS: Readonly<Record<DocumentProof['proof'], string>> = {
  relayed: 'relayé / relayed',
  delivered: 'remis / delivered',
  delayed: 'retardé / delayed',
  failed: 'non remis / not delivered',
  filed: 'classé / filed',
  'filing-refused': 'classement refusé / filing refused',
  read: 'lu / read',
  refused: 'refusé / refused',
};

function printLegs(io: Io, { message, deliveries }: MessageTimeline): void {
  const { id, type = '?', lane, receivedAt, state } = message;
  io.out(`${style(io, 'bold', printable(`${id}  ${type}`))}  reçu le ${localTime(receivedAt)} par ${printable(lane)} : ${STATE_WORDS[state]}\n`);
  if (deliveries.length > 0) io.out(table(io, LEGS, deliveries));
  else io.out(`  aucune remise / no delivery ; passerelle message ${id}\n`);
}
