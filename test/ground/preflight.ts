/** A validator of PDF/A-1b by others: Apache PDFBox Preflight, from Debian's libpdfbox2-java. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Preflight and what it runs on: Debian names no class path. */
const JARS = ['preflight', 'pdfbox2', 'xmpbox', 'fontbox2', 'commons-logging', 'commons-io', 'javax.activation', 'jaxb-api'].map(
  (name) => `/usr/share/java/${name}.jar`,
);
const JAVA = '/usr/bin/java';

export const hasPreflight = (): boolean => [JAVA, ...JARS].every((file) => existsSync(file));

/** What it prints of a file: a sentence, then the rules broken. */
export function preflight(file: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(JAVA, ['-cp', JARS.join(':'), 'org.apache.pdfbox.preflight.Validator_A1b', file], (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}
