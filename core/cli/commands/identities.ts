/** `passerelle identities`: what waits for identity vigilance, without anything of a patient. */
import { Option, type Command } from 'commander';
import type { IdentityTask } from '../../contract/index.ts';
import { clientOf, fail, jsonOption, printJson, withEngine, type Context, type EngineOptions } from '../context.ts';
import { table, type Column } from '../table.ts';
import { shortTime } from '../words.ts';

export const TASK_WORDS: Readonly<Record<IdentityTask['kind'], string>> = {
  traits: 'autres traits : deux émetteurs de même rang, ou un autre patient',
  'number-again': 'numéro d’un patient, dit depuis de quelqu’un d’autre',
  numbers: 'numéros de deux domaines, donnés à un patient, qui portent deux INS',
  ins: "autre INS ou autres traits que ceux du dossier d'identité",
  order: 'deux dires du même émetteur dans l’heure répétée d’automne',
  document: 'document au nom de quelqu’un d’autre',
  'merge-ins': 'fusion de deux INS',
  'merge-elsewhere': 'numéro déjà fusionné ailleurs : défaire puis rejouer, ou rejeter',
  'merge-changed': 'fusion d’un numéro changé avant pour un autre : la faire dire du numéro d’aujourd’hui',
  'merge-undone': 'fusion qu’une personne a défaite',
  'number-taken': 'changement de numéro vers celui de quelqu’un d’autre : accepté, il vaut fusion',
  'merge-foreign': 'fusion dite par un autre site que celui du domaine',
  link: 'deux émetteurs : l’un rapproche deux numéros, l’autre les sépare',
  'merge-cycle': 'fusions en cycle : défaire puis rejouer, ou rejeter',
  'merge-told': 'fusion défaite dont ce destinataire était prévenu : l’appeler',
  datamatrix: 'document classé dont le datamatrix nomme quelqu’un d’autre',
  call: 'appel contextuel refusé : identité contraire au dossier',
};

const SAME_PATIENT = {
  fr: 'Est-ce le même patient ? Accepter si oui : ce que dit le message compte ; un séjour ou un rapprochement vaut pour le patient connu. Sinon rejeter, et faire corriger à l’envoyeur.',
  en: 'Is it the same patient? Accept if so: what the message says counts; a stay or a link is of the patient on file. Otherwise reject, and have the sender correct it.',
};
/** Of a number that another one absorbed, whose document or identity contradicts that one. */
const MERGED = {
  fr: 'Si les numéros montrés diffèrent, l’un a été fusionné dans l’autre : si c’est à tort, défaire cette fusion (passerelle identity undo), puis rejouer le message (passerelle replay). Sans cela, le message suivant demande encore.',
  en: 'Where the numbers shown differ, one was merged into the other: if wrongly, undo that merge (passerelle identity undo), then replay the message (passerelle replay). Without that the next message asks again.',
};
const both = (...all: readonly (typeof MERGED)[]): typeof MERGED => ({
  fr: all.map(({ fr }) => fr).join(' '),
  en: all.map(({ en }) => en).join(' '),
});
/** What to do of each, beside accepting or rejecting what waits. */
export const TASK_FIXES: Readonly<Partial<Record<IdentityTask['kind'], { readonly fr: string; readonly en: string }>>> = {
  traits: both(SAME_PATIENT, MERGED),
  ins: both(SAME_PATIENT, MERGED),
  document: MERGED,
  'merge-elsewhere': {
    fr: 'Le numéro absorbé mène déjà à un autre (passerelle identity). Si c’est à tort, défaire (passerelle identity undo), puis rejouer le message ; sinon rejeter.',
    en: 'The absorbed number leads to another one already (passerelle identity). If wrongly, undo that (passerelle identity undo), then replay the message; otherwise reject.',
  },
  'merge-changed': {
    fr: 'Le patient de ce numéro en a reçu un autre (A47), que montre passerelle identity. Rejeter, et faire dire à l’envoyeur la fusion du numéro d’aujourd’hui. Ne défaire le changement que s’il est faux.',
    en: 'The patient of this number was given another one (A47), which passerelle identity shows. Reject, and have the sender say the merge of the number of now. Undo the change only if it is wrong.',
  },
  'number-again': {
    fr: 'Est-ce le patient qui avait ce numéro ? Accepter si oui. Sinon rejeter, et faire corriger à l’envoyeur le numéro du nouveau patient.',
    en: 'Is it the patient who had this number? Accept if so. Otherwise reject, and have the sender correct the number of the new patient.',
  },
  link: {
    fr: 'Ces deux numéros sont-ils ceux d’un seul patient ? Accepter si le message dit vrai : il remplace alors ce que l’autre émetteur a dit. Sinon rejeter, et faire corriger à l’envoyeur.',
    en: 'Are these two numbers of one patient? Accept if the message is right: it then takes the place of what the other sender said. Otherwise reject, and have the sender correct it.',
  },
  numbers: {
    fr: 'Ces numéros sont-ils ceux d’un seul patient ? Accepter si oui, et faire corriger l’INS qui est fausse. Sinon rejeter, et faire corriger à l’envoyeur le numéro qui n’est pas du patient.',
    en: 'Are these numbers of one patient? Accept if so, and have the wrong INS corrected. Otherwise reject, and have the sender correct the number that is not this patient’s.',
  },
};
const TASK_STATES: Readonly<Record<IdentityTask['state'], string>> = { open: 'à décider', accepted: 'acceptée', rejected: 'rejetée' };

const COLUMNS: readonly Column<IdentityTask>[] = [
  { title: 'TÂCHE', value: ({ id }) => id },
  { title: 'ÉTAT', value: ({ state, answered }) => (state === 'open' && answered ? 'en cours' : TASK_STATES[state]) },
  { title: 'DEPUIS', value: ({ askedAt }) => shortTime(askedAt) },
  { title: 'SITE', value: ({ site }) => site },
  { title: 'ÉMETTEUR', value: ({ sender }) => sender || '-' },
  {
    title: 'POURQUOI',
    rest: true,
    value: ({ kind, receiver, attributes }) =>
      `${receiver ? `${receiver} : ` : ''}${TASK_WORDS[kind]}${attributes.length > 0 ? ` (${attributes.join(', ')})` : ''}`,
  },
];

/** Pages of one look: a list that is longer is read by its JSON. */
const PAGES = 20;

export function addIdentities(program: Command, context: Context): void {
  withEngine(program.command('identities'))
    .description("montre ce qui attend la cellule d'identitovigilance / shows what waits for identity vigilance")
    .addOption(new Option('--all', 'aussi ce qui est décidé / what was decided as well'))
    .addOption(jsonOption())
    .action(async ({ all, json, ...options }: EngineOptions & { all?: boolean; json?: boolean }) => {
      try {
        const client = await clientOf(options);
        const items: IdentityTask[] = [];
        let after: string | undefined;
        for (let page = 0; page < PAGES; page += 1) {
          const found = await client.identityTasks({ ...(!all && { state: ['open'] }), limit: 200, ...(after !== undefined && { after }) });
          items.push(...found.items);
          after = found.next;
          if (after === undefined) break;
        }
        if (json) return printJson(context.io, { items });
        context.io.out(items.length > 0 ? table(context.io, COLUMNS, items) : 'Aucune tâche / no task.\n');
        if (after !== undefined) context.io.out('La liste continue : --json par pages de l’API / there is more.\n');
      } catch (error) {
        fail(context, error);
      }
    });
}
