/** A document that came as text alone, as a person reads it: whose it is, what it is, its text, and the INS datamatrix of a qualified identity. */
import { PasserelleError, type PrintOptions } from '../../core/contract/index.ts';
import { isSendableIns, type DocumentData, type EventData, type Patient } from '../../core/model/index.ts';
import { payloadOf, symbolOf } from '../codec-ins-datamatrix/index.ts';
import { writePages } from './write.ts';

/** Throws ERR_DOCUMENT_MISSING when there is no text, and what `payloadOf` throws of a qualified identity that is wrong (SAFETY A4, A5). */
export async function writeLetter({ patient, document }: EventData<'dcc.document.received'>, options: PrintOptions): Promise<Buffer> {
  if (!document.text?.trim()) throw new PasserelleError('ERR_DOCUMENT_MISSING', { location: { path: '/document/text' }, expected: 'a text' });
  const title = document.title ?? document.label ?? 'Document';
  const author = nameOf(document.participants?.find(({ role }) => role === 'author'));
  const symbol = isSendableIns(patient) ? await symbolOf(payloadOf(patient, options.environment)) : undefined;
  const when = document.createdAt ?? document.date;
  return writePages({
    title,
    ...(author && { author }),
    createdAt: when && /T.*(Z|[+-]\d{2}:\d{2})$/.test(when) ? when : options.now,
    footer: `${title} - ${fullName(patient)}`,
    facts: [...factsOf(patient), ...documentFacts(document, author)],
    sections: [{ text: document.text }],
    ...(symbol && { code: { symbol, caption: 'Datamatrix INS' } }),
  });
}

function factsOf(patient: Patient): (readonly [string, string])[] {
  const { birthDate, birthPlaceText, birthPlaceCog, sex, ipp } = patient;
  return present([
    ['Patient', fullName(patient)],
    ['Nom utilisé', patient.usedName],
    ['Prénoms de naissance', patient.birthGivenNames],
    ['Naissance', [birthDate && frenchDate(birthDate), birthPlaceText ?? birthPlaceCog].filter(Boolean).join(', ')],
    ['Sexe', sex && { F: 'féminin', M: 'masculin', O: 'indéterminé', U: 'inconnu' }[sex]],
    // A number goes only with a qualified identity (SAFETY A4).
    ['Matricule INS', isSendableIns(patient) ? `${patient.ins} (${patient.insOid})` : 'identité non qualifiée'],
    ['IPP', ipp],
  ]);
}

const documentFacts = ({ date, createdAt, custodian, status }: DocumentData, author: string | undefined): (readonly [string, string])[] =>
  present([
    ['Date', frenchDate(date ?? createdAt ?? '')],
    ['Auteur', author],
    ['Établissement', custodian?.name],
    ['Statut', status === 'preliminary' ? 'provisoire' : status === 'corrected' ? 'corrigé' : undefined],
  ]);

const present = (facts: readonly (readonly [string, string | null | undefined])[]): (readonly [string, string])[] =>
  facts.flatMap(([label, value]) => (value ? [[label, value] as const] : []));

const fullName = ({ birthName, usedName, nameAsSent, firstGivenName, usedGivenName, birthGivenNames }: Patient): string =>
  [birthName ?? usedName ?? nameAsSent, firstGivenName ?? usedGivenName ?? birthGivenNames].filter(Boolean).join(' ') || 'identité inconnue';

const nameOf = (person: { readonly given?: string; readonly family?: string } | undefined): string =>
  [person?.given, person?.family].filter(Boolean).join(' ');

/** `1958-03-14T10:30+01:00` -> `14/03/1958 10:30`, as precise as it was said. */
const frenchDate = (iso: string): string => {
  const [date = '', time = ''] = iso.split('T');
  return [date.split('-').reverse().join('/'), time.slice(0, 5)].filter(Boolean).join(' ');
};
