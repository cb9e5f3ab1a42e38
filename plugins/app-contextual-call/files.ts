/** The files of the pages, read once; the page itself with what its script starts from. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(import.meta.dirname, 'pages');
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

/** By path below the base. */
export const FILES: Readonly<Record<string, { readonly type: string; readonly body: string }>> = {
  '/appel.js': { type: 'text/javascript; charset=utf-8', body: read('appel.js') },
  '/etapes.js': { type: 'text/javascript; charset=utf-8', body: read('etapes.js') },
  '/appel.css': { type: 'text/css; charset=utf-8', body: read('appel.css') },
};

const [before = '', after = ''] = read('ouvrir.html').split('{{start}}');

/** `start`: what the script goes on from when the link is not in the address. */
export const page = (start: object = {}): string => before + escape(JSON.stringify(start)) + after;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');
