/** Windows-1252 by our table is what the platform's decoder says where that decoder is right. */
import { expect } from 'chai';
import { windows1252 } from 'passerelle/contract';
import { fromWindows1252 } from '../../../plugins/app-contextual-call/clients/javascript/passerelle.ts';

describe('Windows-1252', () => {
  it('gives every byte the character of the standard, in the engine and in the client', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(windows1252(bytes)).to.equal(new TextDecoder('windows-1252').decode(bytes));
    expect(fromWindows1252(bytes)).to.equal(windows1252(bytes));
  });
});
