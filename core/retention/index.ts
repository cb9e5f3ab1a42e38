/** What may be forgotten of notes, when, and how nobody waits for it (decision 0027). */
export { forgetSlowly } from './forget.ts';
export { Retention, type RetentionPorts } from './retention.ts';
