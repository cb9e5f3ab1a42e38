/** What applying documents would change, in lines for people; changes nothing. */
import type { SettingsPlan } from '../contract/index.ts';
import { pointerTo, type SettingsDocument } from './documents.ts';
import { isSecretReference, maskSecrets } from './secrets.ts';

export type SettingsChange = SettingsPlan['changes'][number];

/** One thing that can be added or removed whole: the engine, a site, a connector of it, an endpoint. */
interface Unit {
  /** `site 990001018 / dxcare / x-in`. */
  readonly name: string;
  readonly fields: ReadonlyMap<string, string>;
}

type Valued = Pick<SettingsDocument, 'value'>;

/** Longer values say nothing more in a line. */
const MAX_VALUE = 60;

/**
 * Compares documents as written (defaults not filled): the active revision's with those to apply. Give it documents that passed
 * `checkDocuments`: then a secret can only be a reference, which prints as a mask.
 */
export function planChange(active: readonly Valued[], next: readonly Valued[]): readonly SettingsChange[] {
  const before = unitsOf(active.map(({ value }) => value));
  const after = unitsOf(next.map(({ value }) => value));
  const changes: SettingsChange[] = [];
  for (const [name, unit] of after) {
    const old = before.get(name);
    if (old) changes.push(...compare(old, unit));
    else changes.push({ action: 'add', what: `${name}${summary(unit)}` });
  }
  for (const name of before.keys()) if (!after.has(name)) changes.push({ action: 'remove', what: name });
  return changes;
}

function* compare(old: Unit, unit: Unit): Generator<SettingsChange> {
  for (const [path, value] of unit.fields) {
    const was = old.fields.get(path);
    if (was === value) continue;
    const what = `${unit.name} : ${path.slice(1)} ${was === undefined ? `= ${value}` : `${was} → ${value}`}`;
    yield { action: was === undefined ? 'add' : 'change', what, path };
  }
  for (const [path, was] of old.fields) {
    if (!unit.fields.has(path)) yield { action: 'remove', what: `${unit.name} : ${path.slice(1)} (${was})`, path };
  }
}

/** The few fields that tell a new thing apart. */
function summary({ fields }: Unit): string {
  const shown = ['/name', '/version', '/direction', '/transport', '/host', '/port', '/path'].flatMap((path) => fields.get(path) ?? []);
  return shown.length > 0 ? ` (${shown.join(' ')})` : '';
}

function unitsOf(documents: readonly unknown[]): ReadonlyMap<string, Unit> {
  const units = new Map<string, Unit>();
  const put = (name: string, value: Readonly<Record<string, unknown>>): void => {
    const fields = new Map<string, string>();
    flatten(value, '', fields);
    units.set(name, { name, fields });
  };
  for (const document of documents) {
    const { kind, ...fields } = record(document);
    if (kind !== 'site') {
      put('engine', fields);
      continue;
    }
    const { connectors, ...site } = fields;
    const siteName = `site ${String(fields['site'])}`;
    put(siteName, site);
    for (const connector of list(connectors)) {
      const { endpoints, ...own } = connector;
      const connectorName = `${siteName} / ${String(connector['id'])}`;
      put(connectorName, own);
      for (const endpoint of list(endpoints)) put(`${connectorName} / ${String(endpoint['name'])}`, endpoint);
    }
  }
  return units;
}

function flatten(value: unknown, path: string, into: Map<string, string>): void {
  if (typeof value !== 'object' || value === null || isSecretReference(value)) {
    const masked = maskSecrets(value);
    into.set(path, (typeof masked === 'string' ? masked : JSON.stringify(masked)).slice(0, MAX_VALUE));
    return;
  }
  for (const [key, inner] of Object.entries(value)) flatten(inner, pointerTo(path, key), into);
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const list = (value: unknown): readonly Readonly<Record<string, unknown>>[] => (Array.isArray(value) ? value.map(record) : []);
