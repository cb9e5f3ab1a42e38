/** Who a patient is: what each sender says of an identity, joined; merges, their undo, and what waits for a person (SAFETY A). */
export { ask, isAccepted, isAgreed } from './cases.ts';
export { answerTask, closeTask, type Answer } from './decisions.ts';
export { doubtsOf, filingBlocked, filingOf, identityInDoubt, type Filed, type Filing } from './filing.ts';
export { isOfClaim } from './fold.ts';
export { identityJudge, type OwnsDomain } from './judge.ts';
export { namesOf, standingOf, type DomainSender, type Joined, type SendersOf } from './join.ts';
export { around, mergedBeside, messagesOfMerge, ownMerge, separationOf, undoMerge } from './merges.ts';
export {
  PERSON,
  claimsOf,
  isKnown,
  joinedOf,
  lineOf,
  noteOf,
  nobody,
  personOf,
  readPerson,
  survivorOf,
  withFormer,
  type Doubt,
  type Person,
} from './person.ts';
export { instant, isUnsure, timeOf } from './stamp.ts';
export {
  MISNAMED,
  TASK,
  UNTOLD,
  callTask,
  filedId,
  misnamedNotes,
  readTask,
  shownQuestion,
  taskKey,
  type CalledIdentity,
  type Misnamed,
  type Task,
  type TaskKind,
} from './task.ts';
export { toldNothing, untoldDoubts, untoldId, untoldTasks, type UndoneMerge } from './told.ts';
export { patientTold, withholding, withoutWithheld, type Withheld } from './withheld.ts';
