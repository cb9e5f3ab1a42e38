/** Writes the people and places of an FRCP or a PPS. */
import type { CareActor, Coded } from '../../../core/model/index.ts';
import { element, textElement } from '../xml-text.ts';
import { codedElement, type Writer } from './sections.ts';

const plain = (name: string, value: Coded | undefined): string | undefined =>
  value?.code === undefined
    ? undefined
    : codedElement(
        name,
        { code: value.code, ...(value.system && { system: value.system }), ...(value.label && { label: value.label }) },
        undefined,
        false,
      );

export function participant(writer: Writer, actor: CareActor): string {
  const { type = 'IND', start, end } = actor;
  const [from, to] = [writer.instant(start), writer.instant(end)];
  const function_ = actor.function?.code;
  const words = [textElement('originalText', actor.mention), plain('translation', actor.contact)];
  return element(
    'participant',
    { typeCode: type },
    element(
      'functionCode',
      function_ === undefined ? { nullFlavor: 'NA' } : { code: function_, codeSystem: actor.function?.system, displayName: actor.function?.label },
      ...words,
    ),
    from === undefined && to === undefined
      ? element('time', { nullFlavor: 'UNK' })
      : element('time', { 'xsi:type': 'IVL_TS' }, from && element('low', { value: from }), to && element('high', { value: to })),
    element(
      'associatedEntity',
      { classCode: actor.kind ?? 'PROV' },
      ...partyOf(actor, false),
      actor.family === undefined && actor.given === undefined ? undefined : element('associatedPerson', {}, nameOf(actor)),
      organization('scopingOrganization', actor),
    ),
  );
}

export const performer = (writer: Writer, actor: CareActor | undefined): string | undefined =>
  actor &&
  element(
    'performer',
    { typeCode: 'PRF' },
    actor.start === undefined ? undefined : element('time', { value: writer.instant(actor.start) }),
    element('assignedEntity', { classCode: 'ASSIGNED' }, ...assigned(actor)),
  );

export const author = (actor: CareActor | undefined, time: string | undefined): string | undefined =>
  actor && element('author', {}, element('time', time ? { value: time } : { nullFlavor: 'UNK' }), element('assignedAuthor', {}, ...assigned(actor)));

const assigned = (actor: CareActor): readonly (string | undefined)[] => [
  ...partyOf(actor, true),
  element('assignedPerson', {}, nameOf(actor)),
  organization('representedOrganization', actor),
];

function partyOf(actor: CareActor, needsId: boolean): readonly (string | undefined)[] {
  const id = actor.idSystem === undefined ? undefined : element('id', { root: actor.idSystem, extension: actor.id });
  return [
    id ?? (needsId ? element('id', { nullFlavor: 'NA' }) : undefined),
    plain('code', actor.specialty),
    addressed(actor.address) ?? element('addr', { nullFlavor: 'NAV' }),
    ...(telecomsOf(actor) ?? [element('telecom', { nullFlavor: 'NAV' })]),
  ];
}

const addressed = (address: string | undefined): string | undefined =>
  address === undefined ? undefined : element('addr', {}, textElement('streetAddressLine', address));

const telecomsOf = ({ telecoms }: Pick<CareActor, 'telecoms'>): readonly string[] | undefined =>
  telecoms?.map((value) => element('telecom', { value }));

const nameOf = ({ prefix, given, family, suffix }: CareActor): string => {
  const parts = [textElement('prefix', prefix), textElement('given', given), textElement('family', family), textElement('suffix', suffix)].join('');
  return element('name', parts === '' ? { nullFlavor: 'NAV' } : {}, parts);
};

function organization(name: string, { organization: of }: CareActor): string | undefined {
  if (!of) return undefined;
  const id = of.idSystem === undefined ? undefined : element('id', { root: of.idSystem, extension: of.id });
  const [telecoms = [], sector] = [telecomsOf(of), plain('standardIndustryClassCode', of.sector)];
  return element(name, {}, id, textElement('name', of.name), ...telecoms, addressed(of.address), sector);
}
