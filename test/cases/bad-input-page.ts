/** Writes `bad-input/README.md` from `bad-input/cases.json` (`npm run docs`). */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CATALOGUE, type ErrorCode } from 'passerelle/contract';

export interface BadInputCase {
  readonly file: string;
  readonly input: { readonly fr: string; readonly en: string };
  readonly messages: readonly {
    readonly decision: string;
    readonly reply: string;
    readonly err3?: number;
    readonly err5?: number;
    readonly code?: string;
  }[];
}

/** Faults below the message, proven by the transport's own tests: there is no message to translate. */
const FRAMING = [
  [
    'trame coupée (connexion fermée avant la fin)',
    'cut frame (connection ends inside it)',
    'nothing is kept, the sender has no answer and keeps its message',
    'none',
    'ERR_MLLP_FRAME_CUT',
  ],
  ['trame sans fin', 'endless frame', 'cut as soon as `maxFrameBytes` is passed, connection closed', 'AR, ERR-3 207', 'ERR_MLLP_FRAME_TOO_LARGE'],
  ['octets hors trame', 'bytes outside a frame', 'skipped and counted, the next frame is read', 'none', 'ERR_MLLP_NO_START'],
  ['journal indisponible', 'journal unavailable', 'nothing is kept, the sender sends again', 'AR, ERR-3 207', 'ERR_JOURNAL_UNAVAILABLE'],
] as const;

export function badInputPage(cases: readonly BadInputCase[]): string {
  const rows = cases.map(({ file, input, messages }) => {
    const cell = (f: (m: BadInputCase['messages'][number]) => string): string => [...new Set(messages.map(f))].join('; ');
    const reply = cell((m) => [m.reply, m.err3 && `ERR-3 ${m.err3}`, m.err5 && `ERR-5 ${m.err5}`].filter(Boolean).join(', '));
    const codes = messages.flatMap((m) => (m.code ? [m.code as ErrorCode] : []));
    return `| ${input.fr} / *${input.en}* | [${file}](${file}) | ${cell((m) => m.decision)} | ${reply} | ${codes.map((c) => `\`${c}\``).join(', ') || '-'} | ${codes.map((c) => CATALOGUE[c].fix.fr).join(' ') || '-'} |`;
  });
  const framing = FRAMING.map(
    ([fr, en, kept, reply, code]) => `| ${fr} / *${en}* | - | ${kept} | ${reply} | \`${code}\` | ${CATALOGUE[code].fix.fr} |`,
  );
  return `# Entrées fautives / Bad input

Ce que le moteur décide, répond et explique. Jamais AA pour ce qui n'est pas enregistré, jamais une supposition. *What the engine decides, answers and
explains. Never AA for what was not stored, never a guess.* Generated from \`cases.json\` by \`npm run docs\`; each line is a test.

A rejected message is kept as a copy (state \`rejected\`); a quarantined one is ours and waits for a person (\`passerelle messages --state quarantined\`).

| entrée / input | fixture | décision | réponse | code | que faire |
|---|---|---|---|---|---|
${[...rows, ...framing].join('\n')}
`;
}

if (process.argv[2] === '--write') {
  const folder = path.resolve(import.meta.dirname, '../../../test/cases/bad-input');
  writeFileSync(path.join(folder, 'README.md'), badInputPage(JSON.parse(readFileSync(path.join(folder, 'cases.json'), 'utf8')) as BadInputCase[]));
}
