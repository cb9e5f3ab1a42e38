/** What `doctor` sees of the work of a running engine: lanes that do not send, and what waits for a person. */
import type { LaneView } from '../contract/index.ts';
import type { Finding } from './examine.ts';

/** One finding for each lane that sends nothing now, one for what a person has to decide; `ok` when there is neither. */
export function examineWork(lanes: readonly LaneView[]): readonly Finding[] {
  // What another node works it answers for itself.
  const stopped = lanes.filter(({ status }) => status !== 'open' && status !== 'elsewhere').map(stoppedLane);
  const waiting = COUNTED.map(({ state, fr, en, command }) => ({
    count: lanes.reduce((sum, { counts }) => sum + (counts[state] ?? 0), 0),
    fr,
    en,
    command,
  })).filter(({ count }) => count > 0);
  const decide: Finding =
    waiting.length === 0
      ? { what: 'à décider', verdict: 'ok', fr: 'rien', en: 'nothing waits for a person' }
      : {
          what: 'à décider',
          verdict: 'attention',
          fr: waiting.map(({ count, fr }) => `${count} ${fr}`).join(', '),
          en: waiting.map(({ count, en }) => `${count} ${en}`).join(', '),
          fix: { fr: waiting.map(({ command }) => command).join(' ; '), en: waiting.map(({ command }) => command).join('; ') },
        };
  return [...stopped, decide];
}

/** `dead` is a state of messages and of deliveries: the deliveries' list shows the greater part, `lanes` both. */
const COUNTED = [
  { state: 'quarantined', fr: 'en quarantaine', en: 'quarantined', command: 'passerelle messages --state quarantined' },
  { state: 'review', fr: 'en doute', en: 'in review', command: 'passerelle deliveries --state review' },
  { state: 'held', fr: 'retenus', en: 'held', command: 'passerelle deliveries --state held' },
  { state: 'dead', fr: 'en échec', en: 'dead', command: 'passerelle lanes' },
] as const;

function stoppedLane({ lane, status, error, downtime }: LaneView): Finding {
  const what = `file ${lane}`;
  if (status === 'paused') {
    const command = `passerelle lane resume ${lane}`;
    return {
      what,
      verdict: 'attention',
      fr: 'suspendue par une personne, ou par une restauration',
      en: 'paused by a person, or by a restore',
      fix: {
        fr: `Après une restauration, voir d'abord chez le destinataire ce qu'il a déjà reçu. Puis : ${command}`,
        en: `After a restore, see first what the receiver has already. Then: ${command}`,
      },
    };
  }
  if (status === 'downtime') {
    const command = `passerelle lane downtime ${lane} --cancel`;
    const [until, why] = [downtime?.until ?? '', downtime?.why ? ` (${downtime.why})` : ''];
    return {
      what,
      verdict: 'attention',
      fr: `arrêt prévu du destinataire jusqu'au ${until}${why} : tout est retenu, puis part tout seul`,
      en: `planned downtime of the receiver until ${until}${why}: all of it waits, then leaves by itself`,
      fix: { fr: `Rien, ou pour y mettre fin : ${command}`, en: `Nothing, or to end it: ${command}` },
    };
  }
  return {
    what,
    verdict: 'attention',
    fr: `destinataire injoignable${error ? ` (${error.code})` : ''}, réessayé sans cesse`,
    en: 'receiver out of reach, tried again by itself',
    fix: { fr: "Vérifier l'adresse, le port et le pare-feu du destinataire.", en: 'Check address, port and firewall of the receiver.' },
  };
}
