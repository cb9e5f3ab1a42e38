/** SAFETY B2 to B4 as a property: whatever a source says of one document, by its number or its ids, its receiver shows one version of it, or a person is told. */
import { expect } from 'chai';
import { array, assert, asyncProperty, constantFrom, record, type Arbitrary } from 'fast-check';
import type { DocumentData } from '../../../core/model/index.ts';
import type { Said } from './archive.ts';
import { corrected, K1, LANE, named, Story, withdrawn, type Form } from './story.ts';

const step = record({
  what: constantFrom('again', 'again', 'next', 'next', 'next', 'withdraw'),
  by: constantFrom('number', 'id'),
  form: constantFrom('pdf', 'pdf', 'cda'),
  word: constantFrom('final', 'final', 'final', 'preliminary'),
  mask: constantFrom('none', 'none', 'none', 'hidden', 'restricted'),
  how: constantFrom('taken', 'taken', 'refused'),
  lane: constantFrom('same', 'same', 'same', 'renamed', 'back'),
  number: constantFrom('same', 'same', 'other'),
});
type Step = typeof step extends Arbitrary<infer T> ? T : never;

/**
 * Its source: versions of one document, one after the other, each said by its number or by an id that replaces the one before. A name is never said first with another
 * content: nothing would lead from the one to the other. Withdrawn, its number may be given again.
 */
class Source {
  version = 1;
  isOver = false;
  #status: Step['word'] | undefined;
  #isCda = false;
  readonly #ids = new Set<number>();
  #isNumbered = false;
  #number = 1;
  /** The version that it was said of last. */
  #numberOf = 0;

  get content(): string {
    return `${this.#isCda ? 'cda' : 'pdf'} ${this.version}`;
  }

  get #isNew(): boolean {
    return this.#ids.size === 0 && !this.#isNumbered;
  }

  says({ what, by: wished, form, word, mask, number }: Step): Said | undefined {
    if (what === 'withdraw') return this.#withdraws(wished);
    if (this.isOver && (what === 'again' || !this.#isNumbered)) return undefined;
    if (this.isOver) this.#ids.clear();
    // The bytes of a CDA have its id.
    const isById = what === 'again' ? wished === 'id' || this.#isCda : this.#isNew ? wished === 'id' : this.#isLinked(wished === 'id');
    if (what === 'next' && !this.#isNew) {
      this.version += 1;
      this.#status = undefined;
      this.#isCda = isById && form === 'cda';
    }
    this.isOver = false;
    this.#status = this.#status === 'final' ? 'final' : word;
    // What has an id and no number yet may have another one: two numbers of the same bytes are two documents.
    const isOther = number === 'other' && what === 'again' && !isById && this.#ids.has(this.version) && this.#numberOf < this.version;
    if (isOther) this.#number = this.version;
    const said = isById ? this.#byId() : this.#numbered(this.version > 1 ? corrected(this.content) : K1(this.content));
    const { document = {} } = said;
    const status = document.action === 'replace' && this.#status === 'final' ? 'corrected' : this.#status;
    return {
      ...said,
      document: { ...document, status, ...(mask === 'restricted' && { confidentiality: 'R' }) },
      ...(mask === 'hidden' && { visibility: { hiddenFromPatient: true } }),
    };
  }

  #isLinked(isById: boolean): boolean {
    return isById ? this.#ids.size > 0 : !this.#isNumbered;
  }

  #byId(): Said {
    const before = [...this.#ids].filter((each) => each < this.version).at(-1);
    this.#ids.add(this.version);
    const said = named(this.version, this.content, before);
    return this.#isCda ? { ...said, document: { ...said.document, format: 'CDA-R2-N1', level: 'N1' } } : said;
  }

  #withdraws(by: Step['by']): Said | undefined {
    if (by === 'id' ? !this.#ids.has(this.version) : !this.#isNumbered) return undefined;
    this.isOver = true;
    return withdrawn(by === 'id' ? named(this.version, this.content) : this.#numbered(K1(this.content)));
  }

  #numbered(said: Said): Said {
    return { ...said, document: { ...said.document, sourceId: `K${this.#number}` } };
  }

  /** Only what was said so. */
  heard({ document = {} }: Said): void {
    if (document.sourceId === undefined) return;
    this.#isNumbered = true;
    this.#numberOf = this.version;
  }
}

/** What a receiver shows that files by the id, and by the number where there is no id: by its name there the content. */
class Receiver {
  readonly shown = new Map<string, string>();

  reads({ action, id, sourceId, replaces }: DocumentData, content: string): void {
    const name = id ?? `number ${sourceId}`;
    this.shown.delete(action === 'delete' ? name : (replaces ?? ''));
    if (action !== 'delete') this.shown.set(name, content);
  }
}

/** What people were told: of what is shown on, by whichever name; that something waits for them; that an original never came. */
async function told(
  story: Story,
  said: readonly (readonly [number, string | undefined])[],
): Promise<{ readonly names: ReadonlySet<string>; readonly isAsked: boolean }> {
  const names = await Promise.all(said.map(async ([message]) => [...story.shownOn(message), ...(await story.shown(message))]));
  const isAsked = said.some(([message, stop]) => stop !== undefined || story.warned(message).includes('original-not-received'));
  return { names: new Set(names.flat()), isAsked };
}

describe('whatever its source says of one document', () => {
  for (const form of ['n1', 'mdm', 'oru'] as const satisfies readonly Form[])
    it(`B2, B3, B4: as ${form} its receiver shows one version, none once it is withdrawn, or a person is told`, async () => {
      await assert(
        asyncProperty(array(step, { minLength: 2, maxLength: 7 }), async (steps) => {
          const [story, source, receiver] = [new Story(form), new Source(), new Receiver()];
          const said: [number, string | undefined][] = [];
          let lane = LANE;
          for (const [i, one] of steps.entries()) {
            // Its endpoint is renamed, or has its first name again.
            if (one.lane !== 'same') lane = one.lane === 'back' ? LANE : { ...LANE, name: `north-${i}` };
            if (one.lane !== 'same') story.reaches(lane);
            const what = source.says(one);
            if (!what) continue;
            source.heard(what);
            const read = await story.says(what, one.how, lane);
            const stop = typeof read === 'string' ? read : undefined;
            said.push([said.length + 1, stop]);
            if (typeof read === 'object' && one.how === 'taken') receiver.reads(read, source.content);
            // A copy goes nowhere, since it is there.
            const isCopy = read === undefined && !source.isOver && said.every(([, each]) => each === undefined);
            if (isCopy) expect([...receiver.shown.values()]).to.include(source.content);
          }
          const contents = [...receiver.shown.values()];
          const isDouble = contents.length > new Set(contents).size;
          const over = contents.filter((each) => source.isOver || each !== source.content);
          const { names, isAsked } = await told(story, said);
          // By whichever of its names.
          expect(isAsked || names.size >= over.length ? [] : over).to.deep.equal([]);
          expect(isAsked || !isDouble ? [] : contents).to.deep.equal([]);
        }),
        { numRuns: RUNS },
      );
    });
});

const RUNS = Number(process.env['RUNS'] ?? 150);
