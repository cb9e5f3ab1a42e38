/** Reads the header of a French CDA R2 (specs FACTS G0; CI-SIS, volet Structuration minimale). */
import type { CdaHeader, CdaId, CdaParticipant, CdaPerson } from '../../core/contract/index.ts';
import { readBody } from './body.ts';
import { RCP_IDS } from './content/index.ts';
import { unreadable, type Run } from './prepare.ts';
import type { Tag } from './tag.ts';

/** Throws ERR_DOCUMENT_UNREADABLE when it has no body, then it is not a document, or names several patients. */
export function readHeader(root: Tag, runs: readonly Run[]): CdaHeader {
  const component = root.first('component');
  const nonXml = component?.first('nonXMLBody');
  if (!nonXml && !component?.first('structuredBody')) throw unreadable('it has no body');
  // Which of several patients it is about is not ours to choose (SAFETY A8).
  if (root.all('recordTarget').length > 1) throw unreadable('it names several patients');
  const custodian = root.first('custodian', 'assignedCustodian', 'representedCustodianOrganization');
  return defined<CdaHeader>({
    templateIds: idsOf(root, 'templateId'),
    level: nonXml ? 'N1' : 'N3',
    id: idsOf(root, 'id')[0],
    setId: idsOf(root, 'setId')[0],
    version: versionOf(root.value('versionNumber')),
    code: codeOf(root.first('code')),
    title: root.first('title')?.text,
    effectiveTime: root.value('effectiveTime'),
    serviceStart: mainActStart(root),
    ...confidentialityOf(root),
    language: root.code('languageCode'),
    replaces: replacedBy(root),
    parents: several(root.all('relatedDocument').flatMap(parentOf), 1),
    orders: several(
      root.all('inFulfillmentOf').flatMap((tag) => idsOf(tag.first('order'))),
      1,
    ),
    acts: several(root.all('documentationOf').flatMap(actOf), 1),
    patient: patientOf(root.first('recordTarget', 'patientRole')),
    author: authorOf(root.all('author')),
    authors: several(
      root.all('author').map((tag) => authorOf([tag]) ?? { ids: [] }),
      2,
    ),
    legalAuthenticator: signerOf(root),
    treatingDoctor: treatingDoctorOf(root),
    custodian: custodian && organizationOf(custodian),
    recipients: root.all('informationRecipient').map((tag) => {
      const recipient = tag.first('intendedRecipient');
      return personOf(recipient, recipient?.first('informationRecipient'), recipient?.first('receivedOrganization'));
    }),
    participants: root.all('participant').map(participantOf),
    encounter: encounterOf(root.first('componentOf', 'encompassingEncounter')),
    body: nonXml?.first('text') && readBody(nonXml.first('text')!, runs),
  });
}

/** Left out when there are fewer: the first one stands alone elsewhere. */
const several = <T>(list: readonly T[], least: number): readonly T[] | undefined => (list.length < least ? undefined : list);

const idsOf = (tag: Tag | undefined, name = 'id'): CdaId[] =>
  (tag?.all(name) ?? []).flatMap((id) => {
    const root = id.attribute('root');
    return root === undefined ? [] : [defined<CdaId>({ root, extension: id.attribute('extension') })];
  });

function versionOf(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

function codeOf(tag: Tag | undefined): CdaHeader['code'] {
  const code = tag?.attribute('code');
  return code === undefined ? undefined : defined({ code, system: tag?.attribute('codeSystem'), label: tag?.attribute('displayName') });
}

/** The main act is the one that names its performer: at most one may (header schematron 2.41, documentationOf_fr). */
function mainActStart(root: Tag): string | undefined {
  const acts = root.all('documentationOf').flatMap((tag) => tag.first('serviceEvent') ?? []);
  const start = (act: Tag): string | undefined => act.value('effectiveTime', 'low') ?? act.value('effectiveTime');
  const main = acts.find((act) => act.first('performer') && start(act)) ?? acts.find((act) => start(act));
  return main && start(main);
}

/** Strictest first: of several codes the document obeys that one. */
function confidentialityOf(root: Tag): Pick<CdaHeader, 'confidentiality' | 'confidentialities'> {
  const codes = root.all('confidentialityCode').flatMap((tag) => tag.attribute('code') ?? []);
  const strictest = ['V', 'R', 'N'].find((one) => codes.includes(one)) ?? codes[0];
  return defined({ confidentiality: strictest, confidentialities: several(codes, 2) });
}

function parentOf(tag: Tag): NonNullable<CdaHeader['parents']> {
  const parent = tag.first('parentDocument');
  const setId = idsOf(parent, 'setId')[0];
  const version = versionOf(parent?.value('versionNumber'));
  return idsOf(parent).map((id) => defined({ relation: tag.attribute('typeCode') ?? '', id, setId, version }));
}

function actOf(tag: Tag): NonNullable<CdaHeader['acts']> {
  const event = tag.first('serviceEvent');
  const code = codeOf(event?.first('code'));
  return code ? [defined({ ...code, start: event?.value('effectiveTime', 'low') ?? event?.value('effectiveTime') })] : [];
}

function signerOf(root: Tag): CdaPerson | undefined {
  const entity = root.first('legalAuthenticator', 'assignedEntity');
  return entity && personOf(entity, entity.first('assignedPerson'), entity.first('representedOrganization'));
}

function treatingDoctorOf(root: Tag): CdaPerson | undefined {
  const doctor = root
    .all('participant')
    .find((tag) => tag.code('functionCode') === 'PCP')
    ?.first('associatedEntity');
  return doctor && personOf(doctor, doctor.first('associatedPerson'), doctor.first('scopingOrganization'));
}

function replacedBy(root: Tag): CdaId | undefined {
  const related = root.all('relatedDocument').find((tag) => tag.attribute('typeCode') === 'RPLC');
  return idsOf(related?.first('parentDocument'))[0];
}

function patientOf(role: Tag | undefined): CdaHeader['patient'] {
  const patient = role?.first('patient');
  const names = patient?.all('name') ?? [];
  const families = names.flatMap((name) => name.all('family'));
  const givens = names.flatMap((name) => name.all('given'));
  const plain = givens.filter((given) => given.attribute('qualifier') === undefined).flatMap((given) => given.text ?? []);
  const kind = (tags: readonly Tag[], qualifier: string): string | undefined =>
    tags.find((tag) => tag.attribute('qualifier')?.split(' ').includes(qualifier))?.text;
  return defined<CdaHeader['patient']>({
    ids: idsOf(role),
    birthName: kind(families, 'BR'),
    // CL since the national identity rules, SP before them.
    usedName: kind(families, 'CL') ?? kind(families, 'SP'),
    nameAsSent: families.find((family) => family.attribute('qualifier') === undefined)?.text,
    givenNames: plain.join(' ') || undefined,
    firstGivenName: kind(givens, 'BR'),
    usedGivenName: kind(givens, 'CL'),
    sex: patient?.code('administrativeGenderCode'),
    birthDate: patient?.value('birthTime'),
    birthPlaceCog: patient?.first('birthplace', 'place', 'addr', 'county')?.text,
  });
}

/** The first person; an automaton only when nobody else signs. */
function authorOf(authors: readonly Tag[]): CdaPerson | undefined {
  const assigned = authors.flatMap((author) => author.first('assignedAuthor') ?? []);
  const author = assigned.find((tag) => tag.first('assignedPerson')) ?? assigned[0];
  return author && personOf(author, author.first('assignedPerson'), author.first('representedOrganization'));
}

function participantOf(tag: Tag): CdaParticipant {
  const entity = tag.first('associatedEntity');
  return defined<CdaParticipant>({
    type: tag.attribute('typeCode') ?? '',
    function: tag.code('functionCode'),
    mention: tag.first('functionCode', 'originalText')?.text,
    contact: tag.code('functionCode', 'translation'),
    ...personOf(entity, entity?.first('associatedPerson'), entity?.first('scopingOrganization')),
  });
}

function encounterOf(tag: Tag | undefined): CdaHeader['encounter'] {
  if (!tag) return undefined;
  const facility = tag.first('location', 'healthCareFacility');
  const provider = facility?.first('serviceProviderOrganization');
  return defined({
    ids: idsOf(tag),
    start: tag.value('effectiveTime', 'low') ?? tag.value('effectiveTime'),
    end: tag.value('effectiveTime', 'high'),
    facility:
      facility &&
      defined({ ids: [...idsOf(facility), ...idsOf(provider)], name: provider?.first('name')?.text ?? facility.first('location', 'name')?.text }),
    rcp: rcpIdsOf(idsOf(tag)),
  });
}

/** The three national ids of an RCP. */
function rcpIdsOf(ids: readonly CdaId[]): NonNullable<CdaHeader['encounter']>['rcp'] {
  const of = (root: string): string | undefined => ids.find((id) => id.root === root)?.extension;
  const [network, manager, rcp] = [of(RCP_IDS.network), of(RCP_IDS.manager), of(RCP_IDS.rcp)];
  return (network ?? manager ?? rcp) ? defined({ network, manager, rcp }) : undefined;
}

function personOf(entity: Tag | undefined, person: Tag | undefined, organization: Tag | undefined): CdaPerson {
  return defined<CdaPerson>({
    ids: idsOf(entity),
    family: person?.first('name', 'family')?.text,
    given: person?.first('name', 'given')?.text,
    organization: organization && organizationOf(organization),
  });
}

function organizationOf(tag: Tag): { readonly ids: readonly CdaId[]; readonly name?: string } {
  return defined({ ids: idsOf(tag), name: tag.first('name')?.text });
}

/** An absent field is left out: what is not said is not there. */
function defined<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  const kept: Partial<T> = {};
  for (const name of Object.keys(fields) as (keyof T)[]) if (fields[name] !== undefined) kept[name] = fields[name];
  return kept as T;
}
