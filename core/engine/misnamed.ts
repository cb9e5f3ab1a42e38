/** Documents that were filed and whose own pages name another patient (SAFETY A8): a task, and an alert of their site until it is answered. */
import type { Condition } from '../alerts/index.ts';
import type { MisnamedDocument } from '../checks/index.ts';
import type { JournalStore } from '../contract/index.ts';
import { MISNAMED, TASK, filedId, misnamedNotes, taskKey } from '../identity/index.ts';
import { messageId } from '../journal/index.ts';
import type { Knowledge } from '../knowledge/index.ts';

/** More than that is one alert as well. */
const LOOKED_AT = 200;

export async function tellMisnamed(
  { message, part, event, marked, at }: MisnamedDocument,
  journal: Pick<JournalStore, 'tag' | 'message' | 'keep'>,
  knowledge: Knowledge,
): Promise<void> {
  const summary = (await journal.message(message))?.message;
  if (!summary) return;
  const { site, receivedAt } = summary;
  const id = messageId(journal.tag, message);
  const { patient, originApplication = '' } = event;
  const found = { message: id, part, site, sender: originApplication, receivedAt, at, patient, marked };
  await knowledge.change(
    [TASK, MISNAMED].map((kind) => ({ kind, key: taskKey(filedId(id, part)) })),
    (known) => ({ notes: misnamedNotes(found, known), result: undefined }),
    (notes) => journal.keep(notes, at),
  );
}

export async function misnamedDocuments(journal: Pick<JournalStore, 'notesOf'>): Promise<readonly Condition[]> {
  const { items } = await journal.notesOf(MISNAMED, { limit: LOOKED_AT });
  const open = items.map(({ value }) => JSON.parse(value) as { readonly site: string; readonly at: string });
  return [...Map.groupBy(open, ({ site }) => site)].map(([site, documents]) => ({
    code: 'ALERT_DOCUMENT_OTHER_PATIENT',
    since: Math.min(...documents.map(({ at }) => Date.parse(at))),
    count: documents.length,
    site,
  }));
}
