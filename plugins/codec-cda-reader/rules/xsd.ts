/** XSD validation of a CDA against the official schemas. */
import { readFile } from 'node:fs/promises';
import { XmlBufferInputProvider, XmlDocument, XmlLibError, XsdValidator, xmlRegisterInputProvider } from 'libxml2-wasm';
import { PasserelleError, type DocumentFinding } from '../../../core/contract/index.ts';
import { SAFE_OPTIONS } from '../tree.ts';

/** Most findings that are worth reading: a document of another model fails everywhere. */
const FINDING_LIMIT = 200;
/** A message longer than that quotes a value that nobody would read. */
const MESSAGE_LIMIT = 4000;
/** Bound of the schemas of a folder (the official set has 2.3 MB): a folder given by mistake must not be read whole. */
const SCHEMA_LIMIT_BYTES = 32 * 1024 * 1024;

/** Nothing is found = valid. */
export function checkSchema(document: XmlDocument, validator: XsdValidator): readonly DocumentFinding[] {
  try {
    validator.validate(document);
    return [];
  } catch (error) {
    if (error instanceof XmlLibError) return error.details.slice(0, FINDING_LIMIT).map(findingOf);
    throw PasserelleError.from(error);
  }
}

const findingOf = ({ message, line, level }: { message: string; line?: number; level?: number }): DocumentFinding => ({
  severity: level === 1 ? 'warning' : 'error',
  rules: 'XSD',
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

/** `entry`: path of `CDA_extended.xsd`; `files`: every schema it may include. */
export function validatorOf(entry: string, files: readonly string[]): Promise<XsdValidator> {
  let validator = validators.get(entry);
  if (!validator) {
    validator = compile(entry, files);
    validator.catch(() => validators.delete(entry));
    validators.set(entry, validator);
  }
  return validator;
}

/** Schemas are read here and handed over in memory: the parser never opens a file itself. */
async function compile(url: string, files: readonly string[]): Promise<XsdValidator> {
  const schemas: Record<string, Uint8Array> = {};
  let total = 0;
  for (const file of files) {
    const bytes = await readFile(file);
    if ((total += bytes.length) > SCHEMA_LIMIT_BYTES) break;
    schemas[file] = bytes;
  }
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
