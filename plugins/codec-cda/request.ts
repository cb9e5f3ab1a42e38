/** What a header is written from, for an event: what is agreed with the receiver fills only what the document does not say. */
import type { DocumentData, EventData } from '../../core/model/index.ts';
import type { N1Party } from './n1-parties.ts';
import type { TypeCode } from './models.ts';
import type { HeaderRequest } from './write-n1.ts';

/** Settings of a receiver (`connector.cda`), checked by their schema. */
export interface AgreedCda {
  readonly confidentiality?: string;
  readonly ippOid?: string;
  readonly custodian?: { readonly name?: string; readonly finess?: string };
  readonly legalAuthenticator?: N1Party;
  readonly facilityType?: TypeCode;
  readonly practiceSetting?: TypeCode;
}

/** `document`: the event's, with the ids that it is to have. `now` and `timeZone` as in `N1Request`. */
export function requestOf(
  { patient, visit, authorRpps }: EventData<'dcc.document.received'>,
  document: DocumentData,
  { confidentiality, ippOid, custodian, legalAuthenticator, facilityType, practiceSetting }: AgreedCda,
  when: { readonly now: string; readonly timeZone: string },
): HeaderRequest {
  const hasAuthor = document.participants?.some(({ role }) => role === 'author');
  return {
    patient,
    document,
    ...when,
    ...(visit && { visit }),
    ...(!hasAuthor && authorRpps !== undefined && { author: { rpps: authorRpps } }),
    ...(confidentiality !== undefined && { confidentiality }),
    ...(ippOid !== undefined && { ippOid }),
    ...(!document.custodian && custodian && { custodian }),
    ...(legalAuthenticator && { legalAuthenticator }),
    ...(facilityType && { facilityType }),
    ...(practiceSetting && { practiceSetting }),
  };
}
