/** The cases of `fixtures/` against openapi.yaml: what we send and what we accept is what the contract says. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { parse } from 'yaml';
import { expectedFile, findCases, inputFile, readWithDocuments, type Case } from '../../../test/cases/case-file.ts';

const file = path.resolve(import.meta.dirname, '../../../../connectors/k-process/openapi.yaml');
const { components } = parse(readFileSync(file, 'utf8')) as { components: { schemas: Record<string, object> } };
const ajv = new Ajv2020({ strict: false });
ajv.addSchema({ $id: 'api', components });

const SCHEMAS: Readonly<Record<string, string>> = {
  'identity.updated': 'IdentityUpdated',
  'identity.merged': 'IdentityMerged',
  'identity.linked': 'IdentityLinked',
  'identity.unlinked': 'IdentityLinked',
  'visit.reassigned': 'VisitReassigned',
  'document.published': 'DocumentPublished',
  'document.deleted': 'DocumentDeleted',
  'document.answer': 'DocumentAnswer',
  'context.search': 'ContextSearch',
  'context.ticket': 'ContextTicketRequest',
  'context.ended': 'ContextEnding',
};

function faults(schema: string, value: unknown): string {
  const validate = ajv.compile({ $ref: `api#/components/schemas/${schema}` });
  return validate(value) ? '' : ajv.errorsText(validate.errors);
}

/** JSON cases with a message: a refusal has none, or one that breaks the contract. */
const accepted = (operation: Case['operation']): readonly Case[] =>
  findCases(['k-process']).filter(
    (one) => one.operation === operation && inputFile(one).endsWith('.json') && expectedFile(one)?.endsWith('expected.json'),
  );
const readExpected = (one: Case): Record<string, unknown> => JSON.parse(readFileSync(expectedFile(one) ?? '', 'utf8')) as Record<string, unknown>;

describe('the contract with the record', () => {
  for (const one of accepted('decode')) {
    it(`holds for what is accepted: ${one.name}`, () => {
      const message = JSON.parse(readWithDocuments(one, inputFile(one))) as { readonly type: string };
      expect(faults(SCHEMAS[message.type] ?? 'VisitMessage', message)).to.equal('');
      const { acknowledgement } = readExpected(one) as { acknowledgement: { readonly body: unknown } };
      expect(faults('Receipt', acknowledgement.body)).to.equal('');
    });
  }

  for (const one of accepted('encode')) {
    it(`holds for what is sent: ${one.name}`, () => {
      const { body } = readExpected(one) as { body: { readonly type: string } };
      expect(faults(SCHEMAS[body.type] ?? 'VisitMessage', body)).to.equal('');
    });
  }
});
