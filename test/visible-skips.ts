/** Loaded by mocha: says at the end, whatever the reporter, which suites did not run on this machine and why. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { hasChromium, hasPreflight } from './ground/index.ts';

const shared = process.env['PASSERELLE_SHARED'] ?? path.resolve(import.meta.dirname, '../../../shared');

export const mochaHooks = {
  afterAll(): void {
    if (!existsSync(shared)) console.log('\n  skipped: official files and vendor samples are not here (../shared, or PASSERELLE_SHARED)');
    if (!hasPreflight())
      console.log(
        '\n  skipped: PDF/A validation (Debian: libpdfbox2-java libcommons-io-java libactivation-java libjaxb-api-java, and a Java runtime)',
      );
    if (!hasChromium()) console.log('\n  skipped: pages in a browser (Debian: chromium, or CHROMIUM=/path)');
  },
};
