/** Who a patient is: what each sender says of an identity, joined; merges, their undo, and what waits for a person (SAFETY A). */
export { isAccepted } from './cases.ts';
export { answerTask, closeTask, type Answer } from './decisions.ts';
export { isOfClaim } from './fold.ts';
export { identityJudge, type OwnsDomain, type SendersOf } from './judge.ts';
export { namesOf, standingOf, type DomainSender, type Joined } from './join.ts';
export { undoMerge } from './merges.ts';
export { PERSON, claimsOf, isKnown, joinedOf, noteOf, nobody, personOf, readPerson, survivorOf, type Person } from './person.ts';
export { timeOf } from './stamp.ts';
export { TASK, callTask, readTask, taskKey, type CalledIdentity, type Task, type TaskKind } from './task.ts';
export { patientTold, withholding, withoutWithheld, type Withheld } from './withheld.ts';
