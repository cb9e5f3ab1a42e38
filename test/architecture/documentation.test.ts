/** What people are told to read and run is there. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';

const root = path.resolve(import.meta.dirname, '../../..');
const pages = [
  '.',
  'connectors',
  'core/decisions',
  'config/demo',
  'test',
  'test/bench',
  ...readdirSync(path.join(root, 'connectors')).map((id) => `connectors/${id}`),
]
  .filter((folder) => !folder.endsWith('.md'))
  .flatMap((folder) =>
    readdirSync(path.join(root, folder))
      .filter((file) => file.endsWith('.md'))
      .map((file) => path.join(folder, file)),
  );

/** Of this tree, in backquotes or in a command: without a line, a pattern or a placeholder. */
const PATH = /(?<![\w/.-])(?:core|plugins|connectors|config|test)\/[\w./-]*\w/g;
const LINK = /\]\((?!https?:|#|mailto:)([^)#]+)/g;
const COMMAND = /npx passerelle ([a-z]+)/g;
/** The example of the guide, and a folder that a site makes. */
const INVENTED = /^connectors\/mon-dpi/;

describe('documentation', () => {
  for (const page of pages) {
    it(`names files and commands that exist: ${page}`, () => {
      const text = readFileSync(path.join(root, page), 'utf8');
      const missing = [...text.matchAll(PATH)].map(([file]) => file).filter((file) => !INVENTED.test(file) && !existsSync(path.join(root, file)));
      const broken = [...text.matchAll(LINK)].map(([, file = '']) => file).filter((file) => !existsSync(path.join(root, path.dirname(page), file)));
      const unknown = [...text.matchAll(COMMAND)]
        .map(([, name = '']) => name)
        .filter((name) => !existsSync(path.join(root, `core/cli/commands/${name}.ts`)));
      expect({ missing, broken, unknown }).to.deep.equal({ missing: [], broken: [], unknown: [] });
    });
  }
});
