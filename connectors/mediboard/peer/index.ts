/** Simulator of Mediboard: its call screen opens a patient by an address, its server calls with the client of the kit. It speaks no messages yet. */
import { definePagesPeer, type AskedFor, type CareRecord } from 'passerelle/contract';

const MEDIBOARD: CareRecord = {
  product: 'Mediboard',
  patients: [1, 4, 5, 9],
  users: [
    { login: 'jessai', rpps: '99700700067', profile: 'MEDECIN', shown: 'ESSAI Jo, médecin' },
    { login: 'aessai', profile: 'SECRETAIRE', shown: 'ESSAI Ari, secrétaire' },
  ],
  ippOf: (number) => `MB${String(60_000 + number).padStart(8, '0')}`,
  namespace: '990004046',
  creates: true,
};
const SCREENS: ReadonlyMap<string, string> = new Map([
  ['patient', 'Dossier patient'],
  ['soins', 'Dossier de soins'],
  ['labo', 'Résultats de laboratoire'],
]);

/** As the product does, an error is said in clear. */
function askedFor({ m, a, view = '', ipp = '' }: Readonly<Record<string, string>>): AskedFor {
  const title = SCREENS.get(view);
  if (m !== 'context' || a !== 'call') return { detail: 'Écran inconnu.' };
  return title === undefined ? { detail: 'Vue absente ou inconnue.' } : { ipp, title };
}

export const peer = definePagesPeer('mediboard', (request, world) => {
  const { method, path, query = {} } = request.http ?? {};
  return world.careRecord(request, MEDIBOARD, method === 'GET' && path === '/mediboard/index.php' ? askedFor(query) : undefined);
});
