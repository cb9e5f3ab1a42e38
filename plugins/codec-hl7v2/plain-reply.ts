/** The plainest ACK there is (HL7 2.5, chapter 2.9.2): sender and receiver exchanged, MSA, and ERR for a refusal. Made from MSH alone. */
import { CATALOGUE, type CatalogueEntry, type ErrorCode, type PlainAnswer } from '../../core/contract/index.ts';
import { findStart, readHeader, view } from './header.ts';

/** Fields are copied raw, one character a byte: delimiters, escapes and charset stay the sender's. */
export function plainReply(bytes: Uint8Array, { ack, now, id, error }: PlainAnswer): { readonly bytes: Uint8Array } | undefined {
  const buffer = view(bytes);
  const start = findStart(buffer);
  if (!start) return undefined;
  const { fields } = readHeader(buffer, start.at);
  const separator = fields[1] ?? '|';
  const component = fields[2]?.[0] ?? '^';
  const trigger = fields[9]?.split(component)[1] ?? '';
  const time = now.replaceAll(/\D/g, '').slice(0, 14);
  const type = ['ACK', ...(trigger ? [trigger, 'ACK'] : [])].join(component);
  const header = [
    'MSH',
    fields[2],
    fields[5],
    fields[6],
    fields[3],
    fields[4],
    `${time}+0000`,
    '',
    type,
    id,
    fields[11],
    fields[12],
    '',
    '',
    '',
    '',
    fields[17],
    fields[18],
  ];
  const segments = [header, ['MSA', ack, fields[10]]];
  if (error) segments.push(['ERR', '', '', [String(entryOf(error.code).hl7 ?? 207), '', 'HL70357'].join(component), 'E']);
  const text = segments.map((fieldsOf) => `${trimmed(fieldsOf).join(separator)}\r`).join('');
  return { bytes: Buffer.from(text, 'latin1') };
}

/** Without the empty fields at the end. */
function trimmed(fields: readonly (string | undefined)[]): readonly string[] {
  const last = fields.findLastIndex(Boolean);
  return fields.slice(0, last + 1).map((field) => field ?? '');
}
const entryOf = (code: ErrorCode): CatalogueEntry => CATALOGUE[code];
