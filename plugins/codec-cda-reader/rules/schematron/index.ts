/** Schematron rules (ISO 19757-3, XPath 2 binding) over a document. */
export { compileRules, type RuleSet } from './compile.ts';
export { runRules, type RuleFailure } from './run.ts';
