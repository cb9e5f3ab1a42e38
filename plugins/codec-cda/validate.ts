/** XSD validation of a CDA against the official schemas, given by folder: a diagnosis for people, never a condition of delivery (SAFETY B9). */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { XmlBufferInputProvider, XmlDocument, XmlLibError, XsdValidator, xmlRegisterInputProvider } from 'libxml2-wasm';
import { PasserelleError, type DocumentFinding } from '../../core/contract/index.ts';
import { prepareXml } from './prepare.ts';
import { SAFE_OPTIONS, withDocument } from './tree.ts';

/** Most findings that are worth reading: a document of another model fails everywhere. */
const FINDING_LIMIT = 200;
/** A message longer than that quotes a value that nobody would read. */
const MESSAGE_LIMIT = 4000;
/** Bound of the schemas of a folder (the official set has 2.3 MB): a folder given by mistake must not be read whole. */
const SCHEMA_LIMIT_BYTES = 32 * 1024 * 1024;
const ENTRY = 'CDA_extended.xsd';

/**
 * `rulesFolder` holds `CDA_extended.xsd` and what it includes. Nothing is found = valid. Throws ERR_DOCUMENT_UNREADABLE for what is
 * no XML, ERR_NOT_FOUND when the folder has no such schema.
 */
export async function validate(content: Uint8Array, rulesFolder: string): Promise<readonly DocumentFinding[]> {
  const validator = await validatorOf(path.resolve(rulesFolder));
  return withDocument(prepareXml(content), (document) => {
    try {
      validator.validate(document);
      return [];
    } catch (error) {
      if (error instanceof XmlLibError) return error.details.slice(0, FINDING_LIMIT).map(findingOf);
      throw PasserelleError.from(error);
    }
  });
}

const findingOf = ({ message, line, level }: { message: string; line?: number; level?: number }): DocumentFinding => ({
  severity: level === 1 ? 'warning' : 'error',
  message: withoutValues(message.trim()),
  ...(line !== undefined && line > 0 && { line }),
});

/** The parser quotes the values it refuses: they may be the patient's. Names of the schema and lists of what is allowed stay. */
function withoutValues(message: string): string {
  if (message.length > MESSAGE_LIMIT) return 'a value is too long for its type';
  return message.replace(/(value|item|character content|Element content) '[^]*?'(?= (is|does|has|must|of)\b)/g, "$1 '...'");
}

/** Compiled schemas live as long as the process: compiling costs a hundred times a validation. */
const validators = new Map<string, Promise<XsdValidator>>();

function validatorOf(folder: string): Promise<XsdValidator> {
  let validator = validators.get(folder);
  if (!validator) {
    validator = compile(folder);
    validator.catch(() => validators.delete(folder));
    validators.set(folder, validator);
  }
  return validator;
}

/** Schemas are read here and handed over in memory: the parser never opens a file itself. */
async function compile(folder: string): Promise<XsdValidator> {
  const schemas: Record<string, Uint8Array> = {};
  let total = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile() || !entry.name.endsWith('.xsd')) continue;
    const file = path.join(entry.parentPath, entry.name);
    const bytes = await readFile(file);
    if ((total += bytes.length) > SCHEMA_LIMIT_BYTES) break;
    schemas[file] = bytes;
  }
  const url = path.join(folder, ENTRY);
  const entry = schemas[url];
  if (!entry) throw new PasserelleError('ERR_NOT_FOUND', { location: { file: url }, expected: 'the schemas of CDA R2' });
  xmlRegisterInputProvider(new XmlBufferInputProvider(schemas));
  const document = XmlDocument.fromBuffer(entry, { url, option: SAFE_OPTIONS });
  try {
    return XsdValidator.fromDoc(document);
  } finally {
    document.dispose();
  }
}
