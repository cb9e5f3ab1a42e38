/**
 * Routing is a pure function of the event and the settings.
 *
 * From an establishment: to every endpoint of the record whose `sends` names the event. From the record: to the establishments that
 * the event names, and to nobody else; a document of the record that names none that is connected waits for a person.
 */
import { isAnswerType } from '../model/index.ts';

export interface Destination {
  /** Endpoint name, which is the delivery lane. */
  readonly lane: string;
  readonly site: string;
  /** FINESS of the legal entity that the site stands for: a document that names it is meant for the site. */
  readonly legalEntity?: string;
  readonly role: 'establishment' | 'record';
  /** Event types, `*` at the end stands for the rest: `dcc.document.*`. */
  readonly sends: readonly string[];
  /** Of the answers among them, those that its product takes; absent = all. What it has no word for would be a delivery that nobody can make. */
  readonly answers?: readonly string[];
}

export interface RoutableEvent {
  /** As translated: a destination that takes it takes what it became as well (`updated`: `created`, `qualified`...). */
  readonly type: string;
  /** After it was judged; the same as `type` when absent. */
  readonly became?: string;
  readonly site: string;
  readonly role: 'establishment' | 'record';
  readonly destinations?: readonly string[];
  /** Index of the event of the same message that carries this one whole. */
  readonly within?: number;
}

export interface RouteResult {
  readonly lanes: readonly string[];
  /** Establishments named that are not connected here, or take no such event. */
  readonly missing: readonly string[];
}

/** Routes all events of one message, in their order. */
export function route(events: readonly RoutableEvent[], destinations: readonly Destination[]): readonly RouteResult[] {
  return events.map((event) => {
    const carrier = event.within === undefined ? undefined : events[event.within];
    const candidates = destinations.filter((d) => d.site !== event.site && takes(d, event) && !(carrier && takes(d, carrier)));
    if (event.role === 'establishment') return { lanes: candidates.filter((d) => d.role === 'record').map((d) => d.lane), missing: [] };
    const named = event.destinations ?? [];
    const isNamed = (finess: string, { site, legalEntity }: Destination): boolean => finess === site || finess === legalEntity;
    const chosen = candidates.filter((d) => d.role === 'establishment' && named.some((finess) => isNamed(finess, d)));
    return { lanes: chosen.map((d) => d.lane), missing: named.filter((finess) => !chosen.some((d) => isNamed(finess, d))) };
  });
}

export const takes = (
  { sends, answers }: Pick<Destination, 'sends' | 'answers'>,
  { type, became = type }: Pick<RoutableEvent, 'type' | 'became'>,
): boolean =>
  (answers === undefined || !isAnswerType(type) || answers.includes(type)) &&
  sends.some((pattern) => [type, became].some((name) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name)));
