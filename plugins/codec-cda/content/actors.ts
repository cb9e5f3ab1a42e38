/** People and places that take part, from the header and from entries. */
import type { CareActor, Coded } from '../../../core/model/index.ts';
import { isoTime } from '../hl7-time.ts';
import type { Tag } from '../tag.ts';
import { said, type Reading } from './section.ts';

const TEAM_MEMBER = '353';
const CORRESPONDENT = 'CORRE';
const TREATING_DOCTOR = 'PCP';
/** What a PPS says a contact is, by code of TA_ASIP (1.2.250.1.213.1.1.4.322). */
const CONTACTS: Readonly<Record<string, string>> = {
  'ORG-177': 'reference-hospital',
  'ORG-178': 'proximity',
  'ORG-179': 'city-hospital-link',
  'ORG-180': 'social-organisation',
  'ORG-181': 'support-organisation',
  'ORG-188': 'health-mediator',
  'ORG-190': 'coordination-centre',
  'ORG-191': 'regional-network',
};

/** Every `participant` of the header. */
export function headerActors(reading: Reading, root: Tag): CareActor[] {
  return root.elements.filter(({ name }) => name === 'participant').map((tag) => headerActor(reading, tag));
}

function headerActor(reading: Reading, tag: Tag): CareActor {
  const type = tag.attribute('typeCode');
  const functionTag = tag.first('functionCode');
  const contact = codedOf(reading, functionTag?.first('translation'));
  const entity = tag.first('associatedEntity');
  const time = tag.first('time');
  return {
    role: roleOf(type, functionTag?.attribute('code'), contact?.code),
    ...said({
      type,
      function: codedOf(reading, functionTag),
      contact,
      mention: reading.note(functionTag?.first('originalText')?.text),
      start: isoTime(time?.attribute('value') ?? time?.value('low')),
      end: isoTime(time?.value('high')),
      kind: entity?.attribute('classCode') === 'PROV' ? undefined : entity?.attribute('classCode'),
    }),
    ...partyOf(reading, entity, entity?.first('associatedPerson'), entity?.first('scopingOrganization')),
  };
}

function roleOf(type: string | undefined, function_: string | undefined, contact: string | undefined): string {
  if (contact !== undefined) return CONTACTS[contact] ?? 'contact';
  if (function_ === TREATING_DOCTOR) return 'treating-doctor';
  if (type === 'RESP') return 'coordinator';
  if (type === 'REFB' || type === 'REF') return 'requester';
  if (type === 'CON') return 'correspondent';
  if (type !== 'PRF') return 'participant';
  return function_ === TEAM_MEMBER ? 'quorum' : function_ === CORRESPONDENT ? 'outside-quorum' : 'presenter';
}

/** `performer`, with when, or `author` of an entry. */
export function entryActor(reading: Reading, tag: Tag | undefined, role: string): CareActor | undefined {
  const entity = tag?.first('assignedEntity') ?? tag?.first('assignedAuthor');
  if (!entity) return undefined;
  reading.unread.whole(tag);
  const party = partyOf(reading, entity, entity.first('assignedPerson'), entity.first('representedOrganization'));
  const start = isoTime(tag?.first('time')?.attribute('value'));
  return party && { role, ...party, ...(tag?.name === 'performer' && start !== undefined && { start }) };
}

function partyOf(reading: Reading, entity: Tag | undefined, person: Tag | undefined, organization: Tag | undefined): Partial<CareActor> | undefined {
  const name = person?.first('name');
  const short = (tag: Tag | undefined): string | undefined => reading.short(tag?.text);
  const id = organization?.first('id');
  const telecoms = [entity, organization].flatMap((one) => one?.elements.filter((each) => each.name === 'telecom') ?? []);
  return said({
    specialty: codedOf(reading, entity?.first('code')),
    id: reading.short(entity?.first('id')?.attribute('extension')),
    idSystem: reading.short(entity?.first('id')?.attribute('root')),
    family: short(name?.first('family')),
    given: short(name?.first('given')),
    prefix: short(name?.first('prefix')),
    suffix: short(name?.first('suffix')),
    organization:
      organization &&
      said({
        name: short(organization.first('name')),
        id: reading.short(id?.attribute('extension')),
        idSystem: reading.short(id?.attribute('root')),
      }),
    telecoms: reading.list([...new Set(telecoms.flatMap((one) => reading.short(one.attribute('value')) ?? []))], 'telecoms'),
    address: addressOf(reading, entity?.first('addr') ?? organization?.first('addr')),
  });
}

/** Parts in the order of an envelope: a CDA may give them in any. */
const ADDRESS = ['additionalLocator', 'unitID', 'houseNumber', 'streetName', 'streetAddressLine', 'postBox', 'postalCode', 'city', 'country'];

export function addressOf(reading: Reading, tag: Tag | undefined): string | undefined {
  if (!tag) return undefined;
  const parts = ADDRESS.flatMap((part) => tag.elements.filter(({ name }) => name === part).flatMap((one) => one.text ?? []));
  return reading.short(parts.join(' ') || tag.text);
}

export function codedOf(reading: Reading, tag: Tag | undefined): Coded | undefined {
  const code = reading.short(tag?.attribute('code'));
  if (code === undefined) return undefined;
  reading.unread.read(tag);
  return said({ code, system: reading.short(tag?.attribute('codeSystem')), label: reading.short(tag?.attribute('displayName')) });
}
