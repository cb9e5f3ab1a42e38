import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { codec, parseHl7, restore } from '../index.ts';
import { opened } from './fixtures.ts';

const projectRoot = path.resolve(import.meta.dirname, '../../../..');
const shared = process.env['PASSERELLE_SHARED'] ?? path.resolve(projectRoot, '../shared');
const folders = ['specs/hl7v2', 'vendors/samples'].map((folder) => path.join(shared, folder));
const isPresent = folders.every((folder) => existsSync(folder));
/** Two official acknowledgements have no file extension. */
const files = folders.flatMap((folder) =>
  globSync('**/{*.hl7,*.er7,*.mllp,Message metier*}', { cwd: folder }).map((file) => path.join(folder, file)),
);

describe('official and vendor sample messages', () => {
  it(`give back every byte once opened, and once read (skipped when ${path.relative(projectRoot, shared)} is absent)`, function () {
    if (!isPresent) this.skip();
    expect(files.length).to.be.above(50);
    for (const file of files)
      for (const piece of codec.split(readFileSync(file))) {
        const found = opened(Buffer.from(piece));
        expect(restore(found).equals(Buffer.from(piece)), file).to.equal(true);
        expect(parseHl7(found.envelope.text).toString(), file).to.equal(found.envelope.text);
        expect(codec.peek(piece).controlId, file).to.equal(parseHl7(found.envelope.text).get('MSH-10'));
      }
  });

  it(`show the deviations they are known for (skipped when ${path.relative(projectRoot, shared)} is absent)`, function () {
    if (!isPresent) this.skip();
    const index = JSON.parse(readFileSync(path.join(shared, 'vendors/samples/index.json'), 'utf8')) as unknown;
    const entries = (Array.isArray(index) ? index : Object.values(index as object).find(Array.isArray)) as {
      file: string;
      warningCodes?: string[];
      messages?: number;
      decision: string;
    }[];
    const ours = /^(segment-|charset-|msh9-|line-break|text-before)/;
    for (const entry of entries.filter(({ file }) => /\.(hl7|mllp)$/.test(file))) {
      const pieces = codec.split(readFileSync(path.join(shared, 'vendors/samples', entry.file)));
      expect(pieces, entry.file).to.have.length(entry.messages ?? 1);
      const codes = pieces.flatMap((piece) =>
        opened(Buffer.from(piece)).envelope.warnings.map(({ code, detail }) => (detail ? `${code}:${detail}` : code)),
      );
      for (const code of (entry.warningCodes ?? []).filter((one) => ours.test(one))) expect(codes, entry.file).to.contain(code);
      if (entry.decision === 'accept') expect(codes, entry.file).to.deep.equal([]);
    }
  });
});
