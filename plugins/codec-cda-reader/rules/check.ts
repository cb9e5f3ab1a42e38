/** All checks of one document, in the worker: schemas first, then schematrons. */
import { parseXmlDocument } from 'slimdom';
import { PasserelleError, type DocumentFinding } from '../../../core/contract/index.ts';
import { prepareXml, recogniseModel } from '../../codec-cda/index.ts';
import { modelIdsOf, wholeText, withDocument } from '../tree.ts';
import { chooseRules, findRules, type RuleFiles } from './folder.ts';
import { compileRules, runRules, type RuleSet } from './schematron/index.ts';
import { checkSchema, validatorOf } from './xsd.ts';

const FINDING_LIMIT = 200;
/** Bound of the markup that schematrons see (the largest official document has 0.3 MB): each rule walks all of it. */
const MARKUP_LIMIT = 2 * 1024 * 1024;

export interface Order {
  readonly content: Uint8Array;
  readonly folder: string;
  readonly profiles: boolean;
  readonly schemaOnly: boolean;
}

/** Folders and compiled rules live as long as the worker: compiling costs more than a check. */
const folders = new Map<string, Promise<RuleFiles>>();
const compiled = new Map<string, Promise<RuleSet>>();

function remembered<T>(memory: Map<string, Promise<T>>, key: string, make: (key: string) => Promise<T>): Promise<T> {
  let value = memory.get(key);
  if (!value) {
    value = make(key);
    value.catch(() => memory.delete(key));
    memory.set(key, value);
  }
  return value;
}

/** `schemaDone` is told what the schemas found as soon as it is known: a schematron that never ends must not hide it. */
export async function checkDocument(order: Order, schemaDone: (findings: readonly DocumentFinding[]) => void): Promise<readonly DocumentFinding[]> {
  const rules = await remembered(folders, order.folder, findRules);
  const validator = await validatorOf(rules.schema, rules.schemas);
  let seen;
  try {
    seen = withDocument(prepareXml(order.content), (document) => ({
      schema: checkSchema(document, validator),
      text: wholeText(document),
      model: recogniseModel({ templateIds: modelIdsOf(document) }),
    }));
  } catch (error) {
    const { code, detail } = PasserelleError.from(error);
    if (code !== 'ERR_DOCUMENT_UNREADABLE') throw error;
    return [{ severity: 'error', rules: 'XML', message: detail.found ?? 'it cannot be read' }];
  }
  schemaDone(seen.schema);
  if (order.schemaOnly) return seen.schema;
  const files = chooseRules(rules, seen.model, order.profiles);
  if (files.length === 0)
    return [...seen.schema, warning('schematron', 'no schematron of this model stands in the folder: only the schema was checked')];
  if (seen.text.length > MARKUP_LIMIT) return [...seen.schema, warning('schematron', 'more than 2 MB of markup: only the schema was checked')];
  const failures: DocumentFinding[] = [];
  const document = parseXmlDocument(seen.text);
  for (const file of files) {
    const set = await remembered(compiled, file, compileRules);
    const result = runRules(set, document, FINDING_LIMIT);
    // Value sets age and their owners differ: a failure is worth a look, never a refusal (SAFETY B9).
    failures.push(...result.failures.map(({ message, at }) => ({ severity: 'warning' as const, rules: set.name, message, at })));
    if (result.unevaluated > 0) failures.push(warning(set.name, `${result.unevaluated} tests could not be made`));
  }
  return [...seen.schema, ...failures];
}

const warning = (rules: string, message: string): DocumentFinding => ({ severity: 'warning', rules, message });
