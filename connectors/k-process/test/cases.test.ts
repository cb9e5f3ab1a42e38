/** Walks fixtures/: a case is a folder, added without code. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { UNCONFIGURED, type ConnectorContext, type EncodeInput, type HttpMeta, type SiteSettings } from 'passerelle/contract';
import { checkEventData } from 'passerelle/model';
import { parse } from 'yaml';
import { plugin as cda } from '../../../plugins/codec-cda/index.ts';
import { plugin as json } from '../../../plugins/codec-json/index.ts';
import { plugin as pdf } from '../../../plugins/codec-pdf/index.ts';
import { connector } from '../src/index.ts';

interface Case {
  readonly title: string;
  readonly synthetic: true;
  readonly settings?: Partial<SiteSettings>;
  readonly now: string;
  readonly http?: HttpMeta;
}

const root = path.resolve(import.meta.dirname, '../../../../connectors/k-process');
const SITE: SiteSettings = {
  ...UNCONFIGURED,
  site: '990009995',
  environment: 'test',
  identityAuthorities: [
    { namespace: 'DXCARE', oid: '1.2.250.1.999.10.1', type: 'PI', domain: 'estuaire', use: 'IPP' },
    { namespace: 'HMTEST', oid: '1.2.250.1.999.30.1', type: 'PI', domain: 'hm', use: 'IPP' },
  ],
};

const read = (...names: string[]): unknown => JSON.parse(readFileSync(path.join(root, 'fixtures', ...names), 'utf8'));
const casesOf = (kind: string): readonly string[] => readdirSync(path.join(root, 'fixtures', kind)).sort();

function contextOf(given: Case): ConnectorContext {
  let ids = 0;
  return { settings: { ...SITE, ...given.settings }, now: given.now, newId: () => `ID${++ids}` };
}

const documents = [cda, pdf].flatMap((plugin) => (plugin.kind === 'codec' && plugin.document ? [plugin.document] : []));
const codec = json.kind === 'codec' ? json.message! : undefined;
const open = (bytes: Uint8Array, http?: HttpMeta) =>
  codec!.open(bytes, {
    charsetFallback: 'utf-8',
    ...(http && { http }),
    readDocument: (content, mime) => documents.find((each) => each.recognises(mime, content))?.read(content),
  });

/** Schemas of openapi.yaml, by name. */
const openapi = parse(readFileSync(path.join(root, 'openapi.yaml'), 'utf8')) as { components: { schemas: Record<string, object> } };
const ajv = new Ajv2020({ strict: false });
ajv.addSchema({ $id: 'api', components: openapi.components });
function schemaErrors(name: string, value: unknown): string {
  const validate = ajv.compile({ $ref: `api#/components/schemas/${name}` });
  return validate(value) ? '' : ajv.errorsText(validate.errors);
}
const SCHEMA_OF = (type: string): string =>
  ({
    'identity.updated': 'IdentityUpdated',
    'identity.merged': 'IdentityMerged',
    'document.published': 'DocumentPublished',
    'document.deleted': 'DocumentDeleted',
  })[type] ?? 'VisitMessage';

describe('k-process reads a message of the record', () => {
  for (const name of casesOf('decode')) {
    const given = read('decode', name, 'case.json') as Case;
    it(`${name}: ${given.title}`, () => {
      const bytes = readFileSync(path.join(root, 'fixtures/decode', name, 'input.json'));
      const { envelope } = open(bytes, given.http);
      const before = JSON.stringify(envelope);
      const result = connector.decode(envelope, contextOf(given));
      expect(JSON.parse(JSON.stringify(connector.decode(envelope, contextOf(given))))).to.deep.equal(
        JSON.parse(JSON.stringify(result)),
        'same input, same output',
      );
      expect(JSON.stringify(envelope)).to.equal(before, 'the envelope is not changed');
      for (const event of result.events) expect(checkEventData(event.type, event.data)).to.equal(undefined);
      const found = JSON.parse(JSON.stringify(result)) as object;
      if (existsSync(path.join(root, 'fixtures/decode', name, 'expected.json'))) {
        expect(found).to.deep.equal(read('decode', name, 'expected.json'));
        expect(schemaErrors(SCHEMA_OF(JSON.parse(envelope.text).type), JSON.parse(bytes.toString()))).to.equal('');
      } else {
        const { decision, error } = result;
        expect({ decision, code: error?.code, path: error?.location?.path }).to.deep.equal(read('decode', name, 'expected-error.json'));
        expect(result.events).to.deep.equal([]);
      }
    });
  }
});

describe('k-process writes a message to the record', () => {
  for (const name of casesOf('encode')) {
    const given = read('encode', name, 'case.json') as Case;
    it(`${name}: ${given.title}`, () => {
      const input = read('encode', name, 'input.json') as EncodeInput;
      const result = connector.encode(input, contextOf(given));
      if (result.outcome !== 'message') {
        expect({ outcome: result.outcome, code: result.error.code }).to.deep.equal(read('encode', name, 'expected-error.json'));
        return;
      }
      const { text, ...rest } = result.envelope;
      const message = JSON.parse(text) as { type: string };
      expect(JSON.parse(JSON.stringify({ ...rest, message }))).to.deep.equal(read('encode', name, 'expected.json'));
      expect(schemaErrors(SCHEMA_OF(message.type), message)).to.equal('');
      // What is built from it comes back as it was: parts included.
      const content = Buffer.from('%PDF-1.4 content of the part');
      const built = codec!.build(result.envelope, () => content);
      const { parts } = open(built).envelope;
      expect(parts.map(({ at }) => at)).to.deep.equal((result.envelope.parts ?? []).map(({ at }) => at));
      for (const part of parts) expect(part.sha256).to.equal(createHash('sha256').update(content).digest('hex'));
    });
  }
});
