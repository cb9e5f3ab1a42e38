/** JSON Schema of `connectors/<id>/manifest.json`: checked before any code of the connector runs (house rule 6). */
const text = { type: 'string', minLength: 1, maxLength: 500 } as const;
const texts = { type: 'array', items: text } as const;
const stability = { enum: ['development', 'alpha', 'beta', 'stable', 'deprecated', 'unmaintained'] } as const;
const object = (properties: Record<string, unknown>, required: readonly string[] = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

export const manifestSchema = object(
  {
    $schema: text,
    id: { type: 'string', pattern: '^[a-z][a-z0-9-]{1,40}$' },
    displayName: text,
    vendor: text,
    products: { type: 'array', items: object({ name: text, versions: text }) },
    version: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+$' },
    engine: text,
    since: text,
    owners: object({ active: texts, emeritus: texts }, ['active']),
    formats: { type: 'object', additionalProperties: text, minProperties: 1 },
    flows: {
      type: 'array',
      items: object({ id: text, direction: { enum: ['to-dcc', 'from-dcc'] }, events: texts, formats: texts, transports: texts, stability }),
    },
    identities: { type: 'array', items: { enum: ['IPP', 'IEP', 'INS', 'MOVEMENT'] } },
    call: object(
      {
        reads: { enum: ['kit', 'engine'] },
        format: text,
        charsetSetting: text,
        path: { type: 'string', pattern: '^/[a-z0-9/-]{1,100}$' },
        signature: object({ covers: { const: 'body' }, keyHeader: text, signatureHeader: text, prefix: text }, [
          'covers',
          'keyHeader',
          'signatureHeader',
        ]),
      },
      ['reads', 'format'],
    ),
    unsupported: { type: 'array', items: object({ what: text, reason: text }) },
    warnings: texts,
    breaking: { type: 'array', items: object({ version: text, what: text, deadline: text, migration: text }) },
  },
  ['id', 'displayName', 'vendor', 'products', 'version', 'engine', 'since', 'owners', 'formats', 'flows', 'identities'],
);
