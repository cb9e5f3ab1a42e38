/** The update by which a release tells a destination what it was not told of a person (MISSION M16). */
import type { RoutedEvent } from '../contract/index.ts';
import { joinedOf, standingOf, timeOf, type DomainSender, type Person, type Withheld } from '../identity/index.ts';
import { eventId } from '../lanes/index.ts';
import { dataSchemaUri, isInsOid, isReducedFor, type Capability, type Patient } from '../model/index.ts';

export interface Telling {
  readonly key: string;
  readonly lane: string;
  readonly capability: Capability;
  readonly at: string;
  readonly message: string;
  readonly senders: readonly DomainSender[];
}

/** A31 of the person as known now, never an old message; `undefined` when there is nothing to tell any more (the INS was lost). */
export function updateOf(person: Person, entry: Withheld, { key, lane, capability, at, message, senders }: Telling): RoutedEvent | undefined {
  const { patient: known, ins, sources } = joinedOf(person, senders);
  if (!isReducedFor([capability], known)) return undefined;
  const { domain, ipp } = person;
  const numbers: Patient = isInsOid(domain) ? { ipp: null } : { ipp, domain, ...(entry.ippAuthority && { ippAuthority: entry.ippAuthority }) };
  const said = Object.values(sources)
    .map((source) => timeOf(source.at))
    .sort()
    .at(-1);
  const type = 'dcc.identity.updated';
  const data = {
    patient: { ...numbers, ...known },
    trigger: 'A31',
    recordedAt: said || at,
    ...(ins && { originApplication: ins.sender, insStanding: standingOf(ins, { senders }) }),
  };
  const event = {
    specversion: '1.0',
    id: eventId(message, 0, 1),
    source: entry.source,
    type,
    subject: key,
    time: at,
    datacontenttype: 'application/json',
    dataschema: dataSchemaUri(type),
    site: entry.site,
    messageid: message,
    connectorversion: entry.connectorVersion,
    data,
  };
  return { event, keys: [key], kind: 'identity', destinations: [{ lane }] };
}
