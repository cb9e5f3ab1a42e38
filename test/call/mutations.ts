/** Tokens that differ from a right one in some way, by a seeded chance: none may be accepted, and none may be anything but a refusal. */
import { expect } from 'chai';
import { CallRefusal } from '../../core/contract/index.ts';
import { encrypted, signed } from '../../plugins/app-contextual-call/clients/javascript/token.ts';
import { chance, type Chance } from '../fault/random.ts';
import { CALL, Ground, context, posted, privateKey } from './ground.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Asked at once: the thread pool works while this one makes the next. */
const AT_ONCE = 32;

const below = (random: Chance, count: number): number => Math.floor(random.next() * count);

/** Changes one thing, or several. */
function mutated(token: string, random: Chance): string {
  const at = below(random, token.length);
  const letter = LETTERS[below(random, LETTERS.length)]!;
  const parts = token.split('.');
  const [i, j] = [below(random, parts.length), below(random, parts.length)];
  switch (below(random, 9)) {
    case 0:
    case 1:
    case 2:
      return `${token.slice(0, at)}${letter}${token.slice(at + 1)}`;
    case 3:
      return `${token.slice(0, at)}${letter}${token.slice(at)}`;
    case 4:
      return token.slice(0, at) + token.slice(at + 1 + below(random, 8));
    case 5:
      return token.slice(0, at);
    case 6:
      return parts.with(i, parts[j]!).join('.');
    case 7:
      return parts.with(i, parts[i]!.slice(0, below(random, parts[i]!.length + 1))).join('.');
    default:
      return `${token}${['.', '=', '\n', '.A', ' ', '\u0000', letter][below(random, 7)]}`;
  }
}

/** `count` tokens, of both profiles; half of them altered before they were encrypted, as anybody can with the public key of the engine. */
export async function refuseMutations(count: number, seed: number): Promise<void> {
  const ground = new Ground();
  await ground.open();
  try {
    // Both profiles are taken: the right tokens would be accepted.
    const { face } = await ground.node({ ...CALL, profiles: { crypto: 'legacy' } });
    const random = chance(seed);
    const jws = signed('contexte-appel+jws', JSON.stringify(context()), privateKey('site-2048'));
    const engineKey = await ground.engineKey();
    const right = { default: encrypted(jws, engineKey, 'default'), legacy: encrypted(jws, engineKey, 'legacy') };
    const attempt = async (n: number): Promise<void> => {
      const profile = n % 5 === 0 ? 'legacy' : 'default';
      const inner = n % 2 === 0;
      const original = inner ? jws : right[profile];
      const changed = mutated(original, random);
      if (changed === original) return;
      const token = inner ? encrypted(changed, engineKey, profile) : changed;
      const address = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
      const answer = await face.receive(posted(token, { address })).then(
        () => 'ACCEPTED',
        (thrown: unknown) => (thrown instanceof CallRefusal ? 'refused' : String(thrown)),
      );
      if (answer !== 'refused') throw new Error(`seed ${seed}, token ${n}: ${answer}: ${changed}`);
    };
    for (let n = 0; n < count; n += AT_ONCE) await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - n) }, (_, i) => attempt(n + i)));
    // The right one was never used up by any of them.
    expect((await face.receive(posted(right.default))).code).to.have.length(43);
  } finally {
    await ground.close();
  }
}
