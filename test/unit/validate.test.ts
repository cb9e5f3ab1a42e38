/** Schemas of events, each object a function of its own: the same verdicts as in one piece, without a function that takes V8 a hundred megabytes. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Ajv, type ValidateFunction } from 'ajv';
import { expect } from 'chai';
import { checkEventData, EVENT_DATA, type EventType } from '../../core/model/index.ts';
import { packageRoot } from '../../core/registry/index.ts';

interface Event {
  readonly type: EventType;
  readonly data: unknown;
}

/** Of all cases of the connectors. */
function events(): readonly Event[] {
  const folder = path.join(packageRoot, 'connectors');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /decode.*expected\.json$/.test(name));
  return files.flatMap((name) => (JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as { events?: readonly Event[] }).events ?? []);
}

/** The data with one place of it changed, for each place: another value, a property too many, one less. */
function* mutations(value: unknown): Generator {
  yield [];
  yield 'x'.repeat(5000);
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield { ...value, surplus: 1 };
  for (const [key, inner] of Object.entries(value)) {
    const put = (other: unknown): unknown => (Array.isArray(value) ? value.with(Number(key), other) : { ...value, [key]: other });
    if (!Array.isArray(value)) yield Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
    for (const other of mutations(inner)) yield put(other);
  }
}

describe('schemas of events', () => {
  it('judge what connectors make, and all that is wrong with it, as one function would', () => {
    const ajv = new Ajv({ allErrors: false, strict: false, validateSchema: false });
    const whole = new Map<EventType, ValidateFunction>();
    const plain = (type: EventType, data: unknown): unknown => {
      const validate = whole.get(type) ?? ajv.compile(EVENT_DATA[type]);
      whole.set(type, validate);
      if (validate(data)) return undefined;
      const { instancePath, message, params } = validate.errors![0]!;
      return { path: instancePath, rule: 'additionalProperty' in params ? `${message} ${String(params['additionalProperty'])}` : message };
    };
    const given = events();
    expect(new Set(given.map(({ type }) => type)).size).to.be.above(8);
    let refused = 0;
    const others: unknown[] = [];
    for (const { type, data } of given)
      for (const each of [data, ...mutations(data)]) {
        const [found, wanted] = [checkEventData(type, each), plain(type, each)];
        if (!isDeepStrictEqual(found, wanted)) others.push({ type, each, found, wanted });
        if (found) refused += 1;
      }
    expect(others).to.deep.equal([]);
    expect(refused).to.be.above(1000);
  });

  it('are made of functions of at most 100 KB', async () => {
    const { Function: own } = globalThis;
    const sizes: number[] = [];
    // ajv makes its functions through it.
    globalThis.Function = new Proxy(own, {
      construct: (target, args: string[]) => {
        sizes.push(args.at(-1)!.length);
        return Reflect.construct(target, args);
      },
    });
    try {
      const fresh = (await import(`${new URL('../../core/model/validate.js', import.meta.url).href}?fresh`)) as {
        checkEventData: typeof checkEventData;
      };
      for (const type of Object.keys(EVENT_DATA)) fresh.checkEventData(type, {});
    } finally {
      globalThis.Function = own;
    }
    expect(sizes).to.have.length.above(50);
    expect(Math.max(...sizes)).to.be.below(100 * 1024);
  });
});
