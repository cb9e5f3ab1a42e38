/** Answers to messages of ours (ACK, ZAM and their like), and who takes them: a product that has no word for them is told none. */
import type { ConnectorManifest } from '../contract/index.ts';
import { EVENT_DATA, type EventType } from './event-data.ts';
import { AnswerData } from './schemas.ts';

export const isAnswerType = (type: string): boolean => Object.hasOwn(EVENT_DATA, type) && EVENT_DATA[type as EventType] === AnswerData;

/** Types of answers that this product takes by that transport, the record or an establishment, as its manifest promises. */
export const answersTaken = ({ flows }: Pick<ConnectorManifest, 'flows'>, transport: string, role: 'establishment' | 'record'): readonly string[] =>
  flows
    .filter(({ direction, transports }) => direction === (role === 'record' ? 'to-dcc' : 'from-dcc') && transports.includes(transport))
    .flatMap(({ events }) => events.filter(isAnswerType));
