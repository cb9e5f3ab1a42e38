/** A real browser, Debian's or the one that CHROMIUM names, driven by playwright-core. */
import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';

const PLACES = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = PLACES.find((place) => place !== undefined && existsSync(place));

export const hasChromium = (): boolean => executablePath !== undefined;

/** A test machine often runs as root, without a user namespace for the sandbox, and with little shared memory. */
export async function startChromium(): Promise<Browser> {
  // Loaded by who needs it: every run of the tests asks whether there is a browser.
  const { chromium } = await import('playwright-core');
  return chromium.launch({ ...(executablePath && { executablePath }), args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
}
