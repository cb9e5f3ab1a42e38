/** The "to be typed" list (SAFETY B1): documents that wait because nobody said what their code means, and what a person decides about them. */
import {
  PasserelleError,
  type DocumentCode,
  type MessageSummary,
  type Page,
  type PageRequest,
  type TypeDecision,
  type UntypedDocument,
} from '../contract/index.ts';
import { messageId, parseId } from '../journal/index.ts';
import { DOCUMENT_TYPES } from '../model/index.ts';
import { act } from './act.ts';
import type { Engine } from './engine.ts';
import { messageView } from './views.ts';

const CODE = 'ERR_DOCUMENT_TYPE_UNKNOWN';
/** Messages that one decision may release in one call; those behind them wait for the same decision again. */
const MOST = 500;

const codeOf = ({ error }: MessageSummary): DocumentCode | undefined => (error?.code === CODE ? error.documentCode : undefined);

/** Newest first. A page may be short: it is taken from all that is quarantined. */
export async function untyped({ journal }: Engine, page: PageRequest): Promise<Page<UntypedDocument>> {
  const { items, ...rest } = await journal.messages({ states: ['quarantined'] }, page);
  const waiting = items.filter(({ error }) => error?.code === CODE);
  return { ...rest, items: waiting.map((one) => ({ message: messageView(journal.tag, one), ...codeOf(one) })) };
}

/** Answers the ids of the messages that are decided again: that one, and with `remember` all that wait for the same code of the site. */
export async function decideType(engine: Engine, { id, type, remember, who, why }: TypeDecision): Promise<readonly string[]> {
  const { journal, region } = engine;
  if (!(DOCUMENT_TYPES as readonly string[]).includes(type))
    throw new PasserelleError('ERR_REQUEST_INVALID', { location: { path: '/type' }, expected: DOCUMENT_TYPES.join(', ') });
  const parsed = parseId(journal.tag, id);
  const found = 'message' in parsed ? await journal.message(parsed.message) : undefined;
  if (!found || !region) throw new PasserelleError('ERR_NOT_FOUND', { found: id });
  const { message } = found;
  if (message.state !== 'quarantined')
    throw new PasserelleError('ERR_TRANSITION', { expected: 'a message that waits to be typed', found: message.state });
  const code = codeOf(message);
  if (!code) throw new PasserelleError('ERR_REQUEST_INVALID', { expected: 'a document of which a code, or a label, was sent' });
  const at = new Date().toISOString();
  const rule = { system: code.system, code: code.code, type };
  if (remember) await region.types.learn({ site: message.site, ...rule, who, at, ...(why && { why }) });
  else await region.types.once(id, rule, at);
  const ids = remember ? await waitingFor(engine, message.site, code) : [id];
  return act(engine, { verb: 'replay', ids, who, why: `${type}${why ? ` : ${why}` : ''}` });
}

/** Oldest first, as they came. */
async function waitingFor({ journal }: Engine, site: string, { system, code }: DocumentCode): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let after: string | undefined; ids.length < MOST;) {
    const page = await journal.messages({ states: ['quarantined'], site, oldestFirst: true }, { limit: MOST, ...(after !== undefined && { after }) });
    for (const one of page.items) {
      const own = codeOf(one);
      if (own?.system === system && own.code === code) ids.push(messageId(journal.tag, one.message));
    }
    after = page.next;
    if (after === undefined) break;
  }
  return ids.slice(0, MOST);
}
