/** Code page of a command line, decided on its bytes: Windows programs write 1252, console windows 850, newer ones UTF-8, and none says which. */
import { isAscii, isUtf8 } from 'node:buffer';
import { windows1252, type Warning } from '../../core/contract/index.ts';

export type CodePage = 'utf-8' | 'windows-1252' | 'cp850';

/** Characters of code page 850 from 0x80 on. */
const UPPER_850 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0';

export function decode(bytes: Uint8Array, page: CodePage): string {
  if (page !== 'cp850') return page === 'utf-8' ? new TextDecoder(page).decode(bytes) : windows1252(bytes);
  return Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : UPPER_850.charAt(byte - 0x80))).join('');
}

/** Characters that names, words and quotes are written with. */
const PLAUSIBLE = /^[\p{ASCII}\p{Script=Latin}’‘“”«»°€–\u00a0]*$/u;

/** `undefined` for a name that is none of these. */
export function codePageNamed(name: string): CodePage | undefined {
  if (/^utf-?8$/i.test(name)) return 'utf-8';
  if (/^(windows-?|cp-?)?1252$|^iso-8859-1$/i.test(name)) return 'windows-1252';
  return /^(cp|ibm)?-?850$/i.test(name) ? 'cp850' : undefined;
}

/** `said`: what the site says its programs write. Bytes that make no words in it are read in the page where they do, with a warning. */
export function decideCodePage(bytes: Uint8Array, said: string): { readonly page: CodePage; readonly warnings: readonly Warning[] } {
  const expected = codePageNamed(said) ?? 'windows-1252';
  if (isAscii(bytes)) return { page: expected, warnings: [] };
  const mismatch = { code: 'charset-mismatch', detail: expected };
  if (isUtf8(bytes)) return { page: 'utf-8', warnings: expected === 'utf-8' ? [] : [mismatch] };
  const pages = [expected, 'windows-1252', 'cp850'].filter((page): page is CodePage => page !== 'utf-8');
  const page = pages.find((one) => PLAUSIBLE.test(decode(bytes, one))) ?? 'windows-1252';
  return { page, warnings: page === expected ? [] : [mismatch] };
}
