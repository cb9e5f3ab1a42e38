/** Translates files as `passerelle translate` does: the lane's own steps, with this repository's codecs and connectors. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { UNCONFIGURED, type SiteSettings } from 'passerelle/contract';
import { plugin as cda } from '../../plugins/codec-cda-reader/index.ts';
import { plugin as commandLine } from '../../plugins/codec-command-line/index.ts';
import { plugin as hl7v2 } from '../../plugins/codec-hl7v2/index.ts';
import { plugin as form } from '../../plugins/codec-http-form/index.ts';
import { plugin as json } from '../../plugins/codec-json/index.ts';
import { plugin as pdf } from '../../plugins/codec-pdf/index.ts';
import { translate, type Translation, type Translator } from '../../core/lanes/translation.ts';
import { loadConnectors, packageRoot, type InstalledConnector } from '../../core/registry/connectors.ts';

/** Official and vendor samples; not part of this repository. */
export const sharedFolder = process.env['PASSERELLE_SHARED'] ?? path.resolve(packageRoot, '../shared');
export const hasShared = existsSync(sharedFolder);

/** A clock that stands still, so that fixtures compare byte for byte. */
export const FIXED_NOW = '2026-10-15T08:00:00.000Z';

const connectors = await loadConnectors();
export const connectorIds = connectors.all.map(({ manifest }) => manifest.id);

export function connectorOf(id: string): InstalledConnector {
  return connectors.get(id);
}

/** What a translation in one format needs. Throws for a format that no codec of the repository reads. */
export function translatorOf(id: string, format = 'hl7v2'): Translator {
  const { manifest, definition } = connectors.get(id);
  const codec = [hl7v2.message, json.message, form.message, commandLine.message].find((one) => one?.id === format);
  if (!codec) throw new Error(`no codec reads the format ${format}`);
  const documents = [cda.document, pdf.document].filter((one) => one !== undefined);
  return { id, version: manifest.version, connector: definition, codec, documents };
}

/** `settings.yaml` of a sample or a fixture. */
export function readSettings(file: string): SiteSettings {
  return { ...UNCONFIGURED, ...(parse(readFileSync(file, 'utf8')) as Partial<SiteSettings>) };
}

export function translateFile(file: string, connector: string, settings: SiteSettings = UNCONFIGURED): readonly Translation[] {
  return translate(readFileSync(file), translatorOf(connector), settings, FIXED_NOW);
}
