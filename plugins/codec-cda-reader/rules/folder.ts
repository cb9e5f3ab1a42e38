/** The official rule files as they stand in a folder: found by name wherever they are, chosen by the model of the document. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { PasserelleError } from '../../../core/contract/index.ts';
import type { RecognisedModel } from '../../codec-cda/index.ts';

/** A folder given by mistake (a whole disk) must not be read whole; the official sets together have 1,500 files. */
const ENTRY_LIMIT = 20_000;
const SCHEMA = 'CDA_extended.xsd';
/** Of every document, its sections and entries by template; and of the header (specs FACTS V). */
const PROFILES = ['CI-SIS_ModelesDeContenusCDA.sch', 'CI-SIS_StructurationMinimale.sch'];

export interface RuleFiles {
  /** The entry of the schemas of CDA R2, and all that stand beside or below it. */
  readonly schema: string;
  readonly schemas: readonly string[];
  /** By name; of two of one name, the one of the newest set (`testcontenu-3.0` after `testcontenu-2.41`). */
  readonly schematrons: ReadonlyMap<string, string>;
}

/** Throws ERR_NOT_FOUND when the folder has no schemas of CDA R2. Schematrons may be absent. */
export async function findRules(folder: string): Promise<RuleFiles> {
  const files: string[] = [];
  await list(path.resolve(folder), files);
  files.sort();
  const schema = files.findLast((file) => path.basename(file) === SCHEMA);
  if (!schema) throw new PasserelleError('ERR_NOT_FOUND', { location: { file: path.join(folder, SCHEMA) }, expected: 'the schemas of CDA R2' });
  const beside = path.dirname(schema) + path.sep;
  return {
    schema,
    schemas: files.filter((file) => file.endsWith('.xsd') && file.startsWith(beside)),
    schematrons: new Map(files.filter((file) => file.endsWith('.sch')).map((file) => [path.basename(file), file])),
  };
}

async function list(folder: string, files: string[]): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) await list(file, files);
    else if (entry.isFile() && files.push(file) > ENTRY_LIMIT)
      throw new PasserelleError('ERR_NOT_FOUND', { location: { file: folder }, expected: 'a folder of official rules', found: 'too many files' });
  }
}

/**
 * Rules of the document's model and version, which say the most in the least time; the profiles for what has none (an N1), and for all when
 * `profiles` asks for them.
 */
export function chooseRules({ schematrons }: RuleFiles, model: RecognisedModel | undefined, profiles: boolean): readonly string[] {
  const own = model && schematrons.get(`CI-SIS_${model.name}_${model.version ?? ''}.sch`);
  const general = own && !profiles ? [] : PROFILES.flatMap((name) => schematrons.get(name) ?? []);
  return own ? [own, ...general] : general;
}
