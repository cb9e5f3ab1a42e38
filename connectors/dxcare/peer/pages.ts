/** The screen of the simulated DxCare: its patients, and the button that runs the program of the kit with a command line, as the heavy client does. */
import type { PeerDefinition, PeerReply } from 'passerelle/contract';
import { ESTABLISHMENT } from './authorities.ts';
import { patientOf, type DxCareState, type HeldPatient } from './state.ts';

type Shown = NonNullable<PeerDefinition<DxCareState>['onPage']>;

const UNKNOWN = 'Page inconnue.';
/** Accounts of the workstation; the relay knows who they are. */
const USERS = [
  { login: 'testcamille', rpps: '99700700018', profile: 'MEDECIN', shown: 'TESTMED Camille, médecin' },
  { login: 'testsacha', profile: 'SECRETAIRE', shown: 'TESTSEC Sacha, secrétaire' },
];

export const onPage: Shown = async ({ bytes, http }, state, world): Promise<PeerReply> => {
  const list = (answer?: Awaited<ReturnType<typeof world.call>>, login = ''): PeerReply =>
    world.patientPage({
      product: 'DxCare',
      users: USERS,
      user: login,
      patients: state.patients.filter(({ absorbedBy }) => absorbedBy === undefined).map(shown),
      creates: false,
      ...(answer && { answer }),
    });
  if (http?.method === 'GET' && http.path === '/') return list();
  if (http?.method !== 'POST' || http.path !== '/appel') return { bytes: Buffer.from(UNKNOWN), http: { method: '', path: '', status: 404 } };
  const form = new URLSearchParams(Buffer.from(bytes).toString('utf8'));
  const patient = patientOf(state, form.get('patient') ?? '');
  const user = USERS.find(({ login }) => login === form.get('user'));
  if (!patient || !user) return list({ detail: 'Patient ou utilisateur inconnu de ce poste.', reference: '-' });
  return list(await world.call({ program: Buffer.from(commandLine(patient, user), 'latin1') }, user.login), user.login);
};

const shown = ({ ipp, person }: HeldPatient): { id: string; name: string; birthDate: string; sex: string } => ({
  id: ipp,
  name: `${person.usedName} ${person.firstGivenName} (née ${person.birthName})`.replace('(née', person.sex === 'M' ? '(né' : '(née'),
  birthDate: person.birthDate,
  sex: person.sex,
});

/** Windows-1252, French date, the number of the INS without its OID: as the product does. No name of the demonstration needs more than Latin-1. */
function commandLine({ ipp, person }: HeldPatient, user: (typeof USERS)[number]): string {
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ['etab', ESTABLISHMENT.finess],
    ['dpi', 'DXCARE'],
    ['login', user.login],
    ['rpps', user.rpps],
    ['profil', user.profile],
    ['ipp', ipp],
    ['nom', person.usedName],
    ['nomnaiss', person.birthName],
    ['prenom', person.firstGivenName],
    ['ddn', person.birthDate.split('-').toReversed().join('/')],
    ['sexe', person.sex],
    ['ins', person.ins],
    ['statutins', 'VALI'],
    ['action', 'ouvrir'],
  ];
  return ['appelctx.exe', ...pairs.flatMap(([key, value]) => (value === undefined ? [] : [`/${key}:"${value}"`]))].join(' ');
}
