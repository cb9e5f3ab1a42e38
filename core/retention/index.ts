/** What may be forgotten of notes, when, and how nobody waits for it (decision 0030). */
export { forgetSlowly } from './forget.ts';
export { Retention, type RetentionPorts } from './retention.ts';
