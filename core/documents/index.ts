/** What is known of documents and of what patients want done with them: one note each, kept by the decision that changes it (SAFETY B1 to B8, A8). */
export { idAsItCame } from './aliases.ts';
export { sentKeyOf } from './answers.ts';
export { shownOn } from './in-place.ts';
export { documentJudge } from './judge.ts';
export { SENT } from './notes.ts';
export { Legs, type Leave } from './legs.ts';
export { mayHaveArrived, type LegEnd } from './there.ts';
export { DocumentTypes } from './types.ts';
export { dependsOnDeliveries, goesWhereNoneArrived } from './undelivered.ts';
export { whereIs } from './where.ts';
