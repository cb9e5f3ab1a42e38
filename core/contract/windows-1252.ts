/** Windows-1252 as text, whatever Node.js a kit runs on: some versions of 20 and 22 take it for ISO-8859-1. */

/** 0x80 to 0x9F; bytes without a character stay the control of the same number, as the web does (WHATWG). */
const UPPER = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

export const windows1252 = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('latin1')
    .replaceAll(/[\x80-\x9f]/g, (c) => UPPER.charAt(c.charCodeAt(0) - 0x80));
