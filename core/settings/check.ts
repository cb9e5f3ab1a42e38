/** Checks settings documents: schema, then what a schema cannot say; every issue at once. */
import type { SettingsIssue } from '../contract/index.ts';
import { checkRegion } from './check-region.ts';
import { checkSchema } from './check-schema.ts';
import { authorityWarnings, readSite } from './check-site.ts';
import { pointerTo, type SettingsDocument } from './documents.ts';
import { finessWarning } from './finess.ts';
import { makeIssue, same, say } from './issue.ts';
import type { Catalogue, EngineSettings, RegionSettings, SiteEntry } from './region.ts';
import { EngineDocument } from './schema-engine.ts';
import { suggest } from './suggest.ts';

/** An operator mends these in batches; protects answers and terminals from a folder that is no settings at all. */
const MAX_ISSUES = 500;
const KINDS = ['site', 'engine'];

export interface CheckResult {
  /** Empty = the settings may run. */
  readonly issues: readonly SettingsIssue[];
  /** Doubtful, not refused: a FINESS whose key does not match, a name that two authorities bear. */
  readonly warnings: readonly SettingsIssue[];
  /** Only when there is no issue. */
  readonly settings?: RegionSettings;
}

/** A site as read, with the document it came from: rules between sites name both places. */
export interface Placed<T> {
  readonly entry: T;
  readonly document: SettingsDocument;
}

/** Never throws and changes nothing: documents are copied before defaults are filled. */
export function checkDocuments(documents: readonly SettingsDocument[], catalogue: Catalogue): CheckResult {
  const issues: SettingsIssue[] = [];
  const sites: Placed<SiteEntry>[] = [];
  const engines: Placed<EngineSettings>[] = [];
  for (const document of documents) {
    issues.push(...document.faults);
    if (document.value === undefined) continue;
    const value: unknown = structuredClone(document.value);
    const kind = (value as { kind?: unknown } | null)?.kind;
    if (kind === 'site') {
      const read = readSite(value, document, catalogue);
      issues.push(...read.issues);
      if (read.site) sites.push({ entry: read.site, document });
    } else if (kind === 'engine') {
      issues.push(...checkSchema(EngineDocument, value, document, ''));
      engines.push({ entry: value as EngineSettings, document });
    } else issues.push(unknownKind(document, kind));
  }
  for (const { document } of engines.slice(1)) {
    issues.push(makeIssue('ERR_CONFIG_DUPLICATE', document.locate('/kind'), { expected: say('un seul document engine', 'one engine document') }));
  }
  const engine = engines[0]?.entry ?? defaultEngine();
  // Rules between documents read typed values: they wait until each document holds by itself.
  if (issues.length === 0) issues.push(...checkRegion(sites, { entry: engine, document: engines[0]?.document ?? documents[0] }));
  const warnings = sites.flatMap(({ entry, document }) => [
    ...authorityWarnings(entry, document),
    ...(['site', 'legalEntity'] as const).flatMap((field) => finessWarning(entry[field] ?? '', document.locate(pointerTo('', field)))),
  ]);
  if (issues.length > 0) return { issues: issues.slice(0, MAX_ISSUES), warnings };
  return { issues, warnings, settings: { engine, sites: sites.map(({ entry }) => entry) } };
}

/** Engine settings when no document says any. */
export function defaultEngine(): EngineSettings {
  const value: unknown = { kind: 'engine' };
  checkSchema(EngineDocument, value, { value, faults: [], locate: (path) => ({ path }) }, '');
  return value as EngineSettings;
}

function unknownKind(document: SettingsDocument, kind: unknown): SettingsIssue {
  const near = typeof kind === 'string' ? suggest(kind, KINDS) : undefined;
  const expected = near ? say(`« kind: ${near} » ?`, `did you mean "kind: ${near}"?`) : same('kind: site, kind: engine');
  const found = typeof kind === 'string' ? same(kind.slice(0, 60)) : say('aucun kind', 'no kind');
  return makeIssue('ERR_CONFIG_INVALID', document.locate('/kind'), { expected, found });
}
