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
  const participants = root.elements.filter(({ name }) => name === 'participant');
  const actors = participants.map((tag) => headerActor(reading, tag));
  for (const tag of participants) reading.unread.element(tag);
  return actors;
}

function headerActor(reading: Reading, tag: Tag): CareActor {
  const type = tag.attribute('typeCode');
  const functionTag = tag.first('functionCode');
  const contact = codedOf(reading, functionTag?.first('translation'));
  const entity = tag.first('associatedEntity');
  const words = functionTag?.first('originalText');
  reading.unread.read(tag, 'typeCode');
  reading.unread.read(entity, 'classCode');
  reading.unread.whole(words);
  return {
    role: roleOf(type, functionTag?.attribute('code'), contact?.code),
    ...said({
      type,
      function: codedOf(reading, functionTag),
      contact,
      mention: reading.note(words?.text),
      ...timesOf(reading, tag.first('time')),
      kind: entity?.attribute('classCode') === 'PROV' ? undefined : entity?.attribute('classCode'),
    }),
    ...partyOf(reading, entity, entity?.first('associatedPerson'), entity?.first('scopingOrganization')),
  };
}

/** Written again as a beginning and an end. */
function timesOf(reading: Reading, tag: Tag | undefined): { start: string | undefined; end: string | undefined } {
  const [low, high] = [tag?.first('low'), tag?.first('high')];
  const of = (one: Tag | undefined): string | undefined => {
    const time = isoTime(one?.attribute('value'));
    if (time !== undefined) reading.unread.read(one, 'value');
    return time;
  };
  reading.unread.read(tag);
  reading.unread.typed(tag, ['IVL_TS']);
  return { start: isoTime(tag?.attribute('value')) ?? of(low), end: of(high) };
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

/** `performer`, with when, or `author` of an entry, whose time is that of the entry: `known`. */
export function entryActor(reading: Reading, tag: Tag | undefined, role: string, known?: string): CareActor | undefined {
  const entity = tag?.first('assignedEntity') ?? tag?.first('assignedAuthor');
  if (!entity) return undefined;
  reading.unread.read(tag);
  const party = partyOf(reading, entity, entity.first('assignedPerson'), entity.first('representedOrganization'));
  const time = tag?.first('time');
  const start = isoTime(time?.attribute('value'));
  if (start !== undefined && (tag?.name === 'performer' || start === known)) reading.unread.read(time, 'value');
  return party && { role, ...party, ...(tag?.name === 'performer' && start !== undefined && { start }) };
}

function partyOf(reading: Reading, entity: Tag | undefined, person: Tag | undefined, organization: Tag | undefined): Partial<CareActor> | undefined {
  const name = person?.first('name');
  const short = (tag: Tag | undefined): string | undefined => {
    reading.unread.whole(tag);
    return reading.short(tag?.text);
  };
  const ids = entity?.elements.filter((one) => one.name === 'id') ?? [];
  const id = idOf(reading, ids.find((one) => one.attribute('root') === NATIONAL) ?? ids[0]);
  const givens = name?.elements.filter((one) => one.name === 'given') ?? [];
  return said({
    specialty: codedOf(reading, entity?.first('code')),
    ...id,
    family: short(name?.first('family')),
    given: reading.short(givens.flatMap((one) => short(one) ?? []).join(' ')),
    prefix: short(name?.first('prefix')),
    suffix: short(name?.first('suffix')),
    organization:
      organization &&
      said({
        name: short(organization.first('name')),
        ...idOf(reading, organization.first('id')),
        telecoms: telecomsOf(reading, organization),
        address: addressOf(reading, organization.first('addr')),
        sector: codedOf(reading, organization.first('standardIndustryClassCode')),
      }),
    telecoms: telecomsOf(reading, entity),
    address: addressOf(reading, entity?.first('addr')),
  });
}

function telecomsOf(reading: Reading, tag: Tag | undefined): string[] | undefined {
  const telecoms = tag?.elements.filter(({ name }) => name === 'telecom') ?? [];
  for (const one of telecoms) reading.unread.read(one, 'value');
  return reading.list([...new Set(telecoms.flatMap((one) => reading.short(one.attribute('value')) ?? []))], 'telecoms');
}

/** Of a professional, by number of RPPS, ADELI or FINESS. */
const NATIONAL = '1.2.250.1.71.4.2.1';

function idOf(reading: Reading, tag: Tag | undefined): { id?: string; idSystem?: string } | undefined {
  const [id, idSystem] = [reading.short(tag?.attribute('extension')), reading.short(tag?.attribute('root'))];
  // Without a root it is written nowhere.
  if (idSystem !== undefined) reading.unread.read(tag, 'root', 'extension');
  return said({ id, idSystem });
}

/** Parts in the order of an envelope: a CDA may give them in any. */
const ADDRESS = ['additionalLocator', 'unitID', 'houseNumber', 'streetName', 'streetAddressLine', 'postBox', 'postalCode', 'city', 'country'];

export function addressOf(reading: Reading, tag: Tag | undefined): string | undefined {
  if (!tag) return undefined;
  const parts = ADDRESS.flatMap((part) => {
    const found = tag.elements.filter(({ name }) => name === part);
    for (const one of found) reading.unread.whole(one);
    return found.flatMap((one) => one.text ?? []);
  });
  if (parts.length === 0) reading.unread.whole(tag);
  return reading.short(parts.join(' ') || tag.text);
}

export function codedOf(reading: Reading, tag: Tag | undefined): Coded | undefined {
  const code = reading.short(tag?.attribute('code'));
  if (code === undefined) return undefined;
  reading.unread.read(tag, 'code', 'codeSystem', 'displayName');
  return said({ code, system: reading.short(tag?.attribute('codeSystem')), label: reading.short(tag?.attribute('displayName')) });
}
