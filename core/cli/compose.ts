/** Joins the command line to the rest of the engine: the only file of `core/cli` that may load plugins and connectors, through the registry. */
import { createHash } from 'node:crypto';
import {
  PasserelleError,
  UNCONFIGURED,
  joined,
  sniffMime,
  type CanonicalEventLike,
  type DocumentCodec,
  type DocumentFinding,
  type DocumentWriteOptions,
  type EncodablePart,
  type MessageCodec,
  type PrintOptions,
  type SiteSettings,
  type StorePlugin,
} from '../contract/index.ts';
import type { JournalPlace } from '../backup/index.ts';
import { checkEventData, sourceUri } from '../model/index.ts';
import { journalAddress, type JournalAddress } from '../journal/index.ts';
import { asCapture, looksLikeCall } from '../dialect/index.ts';
import { translate, type Translation, type Translator } from '../lanes/index.ts';
import { loadConnectors, loadPlugins, type ConnectorSet, type PluginSet } from '../registry/index.ts';
import { requestText } from './http-text.ts';
import { readFile } from './read-container.ts';
import type { CallParts, CliServices, Sender, TranslateOptions } from './services.ts';

/** Loads what is installed; called at most once, and only by the commands that need it. */
export async function composeServices(): Promise<CliServices> {
  const [connectors, plugins] = [await loadConnectors(), await loadPlugins()];
  return {
    catalogue: async () => ({ connectors: connectors.all.map((c) => c.definition), transports: [...plugins.transports.values()] }),
    translate: (bytes, options) => translateFile(bytes, options, connectors, plugins),
    callParts: async (id, version) => callParts(id, version, connectors, plugins),
    render: async (event, options, parts) => render(event, options, parts, connectors, plugins),
    readDocument: (bytes, patient) => readFile(bytes, plugins, patient),
    printDocument: async (event, options) => printDocument(event, options, plugins),
    writeDocument: async (event, options) => writeDocument(event, options, plugins),
    validateDocument: async (bytes, rules) => validateDocument(bytes, rules, plugins),
    sender: async (to) => senderFor(to, plugins),
    tryJournal: (journal) => tryJournal(journal, plugins),
    journalAt: (address) => journalAt(address, plugins),
  };
}

/** A captured request that is no call (what leaves for a product) is a message with its HTTP side. */
function translateFile(bytes: Uint8Array, options: TranslateOptions, connectors: ConnectorSet, plugins: PluginSet): readonly Translation[] {
  const translator = translatorFor(bytes, options, connectors, plugins);
  const captured = translator.call ? undefined : asCapture(bytes);
  const now = new Date(options.now).toISOString();
  return translate(captured?.body ?? bytes, translator, options.settings ?? UNCONFIGURED, now, captured?.http);
}

/** A product that speaks several formats is read in the one that the bytes are in: JSON begins with a brace, HL7 with its header. */
function translatorFor(bytes: Uint8Array, options: TranslateOptions, connectors: ConnectorSet, plugins: PluginSet): Translator {
  const { manifest, definition } = connectors.get(options.connectorId, options.version);
  const call = looksLikeCall(bytes, manifest) ? manifest.call : undefined;
  const formats = call ? [call.format] : Object.values(manifest.formats);
  const head = Buffer.from(bytes.subarray(0, 64)).toString('latin1');
  const seen = /^\s*\{/.test(head) ? 'json' : /^[\v\s\xef\xbb\xbf]*(?:MSH|FHS|BHS)/.test(head) ? 'hl7v2' : undefined;
  const format = formats.find((f) => f === seen) ?? formats.find((f) => f !== 'json') ?? formats[0] ?? 'hl7v2';
  const codec = plugins.codecs.get(format);
  if (!codec) throw new PasserelleError('ERR_CONFIG_INVALID', { expected: `a codec among ${[...plugins.codecs.keys()].join(', ')}`, found: format });
  const { id, version } = manifest;
  return { id, version, connector: definition, codec, documents: plugins.documents, ...(call && { call, judgeTime: options.judgeTime ?? false }) };
}

function callParts(id: string, version: string | undefined, connectors: ConnectorSet, plugins: PluginSet): CallParts {
  const { manifest, definition } = connectors.get(id, version);
  const codec = (format: string): MessageCodec => {
    const found = plugins.codecs.get(format);
    if (found) return found;
    throw new PasserelleError('ERR_CONFIG_INVALID', { expected: `a codec among ${[...plugins.codecs.keys()].join(', ')}`, found: format });
  };
  return { manifest, connector: definition, codec };
}

/** Writes an event as the product's bytes: `{ type, data }` is enough, what the engine adds to an event is made up. */
function render(
  given: unknown,
  options: TranslateOptions,
  parts: Readonly<Record<string, Uint8Array>>,
  connectors: ConnectorSet,
  plugins: PluginSet,
): Uint8Array {
  const { manifest, definition } = connectors.get(options.connectorId, options.version);
  const settings: SiteSettings = options.settings ?? UNCONFIGURED;
  const now = new Date(options.now).toISOString();
  const event: CanonicalEventLike = { ...madeUp(settings.site, manifest.id, now), ...(given as Pick<CanonicalEventLike, 'type' | 'data'>) };
  const problem = checkEventData(event.type, event.data);
  if (problem) throw new PasserelleError('ERR_REQUEST_INVALID', { location: { path: `/data${problem.path}` }, expected: problem.rule });
  const known = Object.entries(parts).map(([part, bytes]) => describePart(part, bytes));
  let count = 0;
  const result = definition.encode({ event, parts: known }, { settings, now, newId: () => `RENDER${(count += 1)}` });
  if (result.outcome !== 'message') throw PasserelleError.fromData(result.error);
  const codec = plugins.codecs.get(result.envelope.format);
  if (!codec) throw new PasserelleError('ERR_CONFIG_INVALID', { expected: 'an installed codec', found: result.envelope.format });
  const { http } = result.envelope;
  // All of it is in the address.
  if (http?.method === 'GET') return Buffer.from(requestText(http));
  return joined(codec.build(result.envelope, (part) => parts[part] ?? new Uint8Array()));
}

const madeUp = (site: string, connector: string, time: string): Omit<CanonicalEventLike, 'type' | 'data'> => ({
  id: 'render',
  source: sourceUri(site, connector),
  time,
  site,
});

const describePart = (part: string, bytes: Uint8Array): EncodablePart => ({
  part,
  mime: sniffMime(bytes),
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

function documentCodec(bytes: Uint8Array, plugins: PluginSet): DocumentCodec {
  const codec = plugins.documents.find((d) => d.recognises(sniffMime(bytes), bytes));
  if (!codec) throw new PasserelleError('ERR_DOCUMENT_UNREADABLE', { expected: 'a CDA or a PDF' });
  return codec;
}

function receivedData(given: unknown): unknown {
  const { type, data } = given as Pick<CanonicalEventLike, 'type' | 'data'>;
  if (type !== 'dcc.document.received')
    throw new PasserelleError('ERR_REQUEST_INVALID', { location: { path: '/type' }, expected: 'dcc.document.received' });
  const problem = checkEventData(type, data);
  if (problem) throw new PasserelleError('ERR_REQUEST_INVALID', { location: { path: `/data${problem.path}` }, expected: problem.rule });
  return data;
}

function writeDocument(given: unknown, options: DocumentWriteOptions, plugins: PluginSet): Uint8Array {
  const data = receivedData(given);
  const writer = plugins.documents.find((codec) => codec.write);
  if (!writer?.write) throw new PasserelleError('ERR_CONFIG_INVALID', { expected: 'an installed writer of documents' });
  return writer.write(data, options);
}

function printDocument(given: unknown, options: PrintOptions, plugins: PluginSet): Promise<Uint8Array> {
  const data = receivedData(given);
  const [printer] = plugins.printers;
  if (!printer) throw new PasserelleError('ERR_CONFIG_INVALID', { expected: 'an installed printer of documents' });
  return printer.print(data, options);
}

async function validateDocument(bytes: Uint8Array, rules: string, plugins: PluginSet): Promise<readonly DocumentFinding[]> {
  const { id, validate } = documentCodec(bytes, plugins);
  if (!validate) throw new PasserelleError('ERR_DOCUMENT_UNREADABLE', { expected: 'a CDA: nothing is checked in other documents yet', found: id });
  return validate(bytes, rules);
}

function senderFor(to: URL, plugins: PluginSet): Sender {
  const id = to.protocol.replace(':', '');
  const transport = plugins.transports.get(id);
  const codec = plugins.codecs.get('hl7v2');
  if (!transport || id !== 'mllp' || !codec) throw new PasserelleError('ERR_REQUEST_INVALID', { expected: 'mllp://HOST:PORT', found: to.protocol });
  return { sink: transport.sink({ host: to.hostname, port: Number(to.port || 2575), connections: 1 }), split: codec.split };
}

async function tryJournal({ store, address }: JournalAddress, plugins: PluginSet): Promise<string> {
  const journal = await storeNamed(store, plugins).open(address);
  const { fr } = await journal.durability().finally(() => journal.close());
  return `${journal.description}, ${fr}`;
}

function journalAt(place: string, plugins: PluginSet): JournalPlace {
  const { store, address } = journalAddress(place, '');
  return { store: storeNamed(store, plugins), address };
}

function storeNamed(id: string, plugins: PluginSet): StorePlugin {
  const store = plugins.stores.get(id);
  if (!store)
    throw new PasserelleError('ERR_CONFIG_INVALID', { expected: `a journal store among ${[...plugins.stores.keys()].join(', ')}`, found: id });
  return store;
}
