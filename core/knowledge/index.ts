/** What earlier messages say about this one: notes of the journal, read for a decision, changed by it, and written in its commit. */
export * from './judge.ts';
export * from './knowledge.ts';
export * from './recent.ts';
