/** Persons and organisations that take part in a document, in their wire form, which is the canonical one. */
import type { Warning } from 'passerelle/contract';
import { hasValidRppsKey, type DocumentData } from 'passerelle/model';
import { said } from './contract.ts';
import type { Reader } from './reader.ts';

export type Participants = NonNullable<DocumentData['participants']>;

const ROLES = ['sender', 'recipient', 'reply-to', 'author', 'requester', 'participant'] as const;

export function readParticipants(from: Reader, warnings: Warning[]): Participants {
  return from.objects('participants').map((item, index) => {
    const organization = item.object('organization');
    return said({
      role: item.choice('role', ROLES) ?? item.need('role'),
      rpps: rppsOf(item.text('rpps'), `participants/${index}`, warnings),
      family: item.text('family'),
      given: item.text('given'),
      organization: organization && said({ name: organization.text('name'), finess: organization.text('finess'), id: organization.text('id') }),
      isPatient: item.boolean('isPatient'),
      mail: item.text('mail'),
    }) as Participants[number];
  });
}

/** Kept as it was said; a wrong key is warned about. */
export function rppsOf(number: string | undefined, where: string, warnings: Warning[]): string | undefined {
  if (number !== undefined && !hasValidRppsKey(number)) warnings.push({ code: 'rpps-key', detail: where });
  return number;
}
