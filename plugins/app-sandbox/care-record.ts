/** A care record on the web, as its user meets it: the list, a click that calls, and a patient that an address asked for. */
import type { AskedFor, CareRecord, CareUser, PeerCall, PeerCallAnswer, PeerIncoming, PeerReply, PeerWorld } from '../../core/contract/index.ts';
import { patientPage } from './patient-page.ts';

type World = Pick<PeerWorld, 'person' | 'call' | 'now'>;

export async function careRecord({ bytes, http }: PeerIncoming, record: CareRecord, world: World, about?: AskedFor): Promise<PeerReply> {
  const { product, users, creates, patients: numbers, ippOf } = record;
  const patients = numbers.map((number) => {
    const { birthName, firstGivenName, birthDate, sex } = world.person(number);
    return { id: ippOf(number), name: `${birthName} ${firstGivenName}`, birthDate, sex };
  });
  const list = (answer?: PeerCallAnswer, login = ''): PeerReply =>
    patientPage({ product, users, user: login, patients, creates, ...(answer && { answer }) });
  const wrong = (detail: string): PeerReply => list({ detail, reference: '-' });
  if (about) {
    if ('detail' in about) return wrong(about.detail);
    const one = patients.find(({ id }) => id === about.ipp);
    return one ? patientPage({ product, users, creates, patients: [one], title: `${about.title} · ${one.name}` }) : wrong('Patient inconnu.');
  }
  if (http?.method === 'GET' && http.path === '/') return list();
  if (http?.method !== 'POST' || http.path !== '/appel') return { bytes: Buffer.from('Page inconnue.'), http: { method: '', path: '', status: 404 } };
  const form = new URLSearchParams(Buffer.from(bytes).toString('utf8'));
  const number = numbers.find((one) => ippOf(one) === form.get('patient'));
  const user = users.find(({ login }) => login === form.get('user'));
  if (number === undefined || !user) return wrong('Patient ou utilisateur inconnu.');
  const action = form.get('action') === 'open-or-create' ? 'open-or-create' : 'open';
  const call = record.callOf?.(ippOf(number), world.person(number), user) ?? fieldsOf(record, number, user, action, world);
  return list(await world.call(call, user.login), user.login);
}

/** Fields of the kit's client. The identity was verified: its number, authority, and all traits go together. */
function fieldsOf({ ippOf, namespace }: CareRecord, number: number, user: CareUser, action: string, world: World): PeerCall {
  const { givenNames: birthGivenNames, ...traits } = world.person(number);
  const { login, rpps, profile } = user;
  return {
    fields: {
      login,
      profile,
      action,
      ...traits,
      birthGivenNames,
      ...(rpps && { rpps }),
      ipp: ippOf(number),
      identityStatus: 'QUAL',
      ippNamespace: namespace,
      authenticationMethod: 'password',
      authenticationTime: `${world.now().slice(0, 19)}Z`,
    },
  };
}
