/** Simulator of Klinck: a care record on the web, whose server signs the calls of its users with the client of the kit. It speaks no messages yet. */
import { definePeer, type PeerReply, type PeerWorld, type SyntheticPerson } from 'passerelle/contract';

interface KlinckState {
  readonly patients: readonly string[];
}

/** Persons of the demonstration that are patients here, by their number. */
const PATIENTS = [1, 2, 5, 8];
const USERS = [
  { login: 'm.essai', rpps: '99700700042', profile: 'MEDECIN', shown: 'ESSAI Maël, médecin' },
  { login: 's.essai', profile: 'SECRETAIRE', shown: 'ESSAI Sol, secrétaire' },
];
const ippOf = (number: number): string => `K-${String(90_000 + number).padStart(7, '0')}`;

function page(world: PeerWorld, answer?: Awaited<ReturnType<PeerWorld['call']>>): PeerReply {
  const patients = PATIENTS.map((number) => {
    const { birthName, firstGivenName, birthDate, sex } = world.person(number);
    return { id: ippOf(number), name: `${birthName} ${firstGivenName}`, birthDate, sex };
  });
  return world.patientPage({ product: 'Klinck', users: USERS, patients, creates: true, ...(answer && { answer }) });
}

/** Fields of the kit's client. The identity was verified: its number, authority, and all traits go together. */
function fieldsOf(ipp: string, person: SyntheticPerson, user: (typeof USERS)[number], action: string, now: string): Record<string, string> {
  const { ins, insOid, birthName, usedName, givenNames, firstGivenName, birthDate, sex, birthPlaceCog } = person;
  const { login, rpps, profile } = user;
  return {
    login,
    profile,
    action,
    ins,
    insOid,
    birthName,
    usedName,
    firstGivenName,
    birthDate,
    sex,
    birthPlaceCog,
    ipp,
    ...(rpps && { rpps }),
    birthGivenNames: givenNames,
    identityStatus: 'QUAL',
    ippNamespace: 'KLINCK',
    authenticationMethod: 'password',
    authenticationTime: `${now.slice(0, 19)}Z`,
  };
}

const UNKNOWN = '{}';
const nothing: PeerReply = { bytes: Buffer.from(UNKNOWN), http: { method: '', path: '', status: 404 } };

export const peer = definePeer<KlinckState>({
  id: 'klinck',
  listens: [],
  init: () => ({ patients: [] }),
  onMessage: () => nothing,
  onPage: async ({ bytes, http }, _state, world) => {
    if (http?.method === 'GET' && http.path === '/') return page(world);
    if (http?.method !== 'POST' || http.path !== '/appel') return nothing;
    const form = new URLSearchParams(Buffer.from(bytes).toString('utf8'));
    const number = PATIENTS.find((one) => ippOf(one) === form.get('patient'));
    const user = USERS.find(({ login }) => login === form.get('user'));
    if (number === undefined || !user) return page(world, { detail: 'Patient ou utilisateur inconnu.', reference: '-' });
    const action = form.get('action') === 'open-or-create' ? 'open-or-create' : 'open';
    return page(world, await world.call({ fields: fieldsOf(ippOf(number), world.person(number), user, action, world.now()) }, user.login));
  },
  misanswer: () => nothing,
  judge: () => ({ verdict: 'refused', ack: '' }),
  actions: {},
  counts: () => ({ received: 0, distinct: 0, duplicates: 0, refused: 0, filed: {}, outOfOrder: {} }),
});
