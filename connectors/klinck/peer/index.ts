/** Simulator of Klinck: a care record on the web, whose server signs the calls of its users with the client of the kit. It speaks no messages yet. */
import { definePagesPeer, type CareRecord } from 'passerelle/contract';

const KLINCK: CareRecord = {
  product: 'Klinck',
  patients: [1, 2, 5, 8],
  users: [
    { login: 'm.essai', rpps: '99700700042', profile: 'MEDECIN', shown: 'ESSAI Maël, médecin' },
    { login: 's.essai', profile: 'SECRETAIRE', shown: 'ESSAI Sol, secrétaire' },
  ],
  ippOf: (number) => `K-${String(90_000 + number).padStart(7, '0')}`,
  namespace: 'KLINCK',
  creates: true,
};

export const peer = definePagesPeer('klinck', (request, world) => world.careRecord(request, KLINCK));
