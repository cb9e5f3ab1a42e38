/** Reads that come in one turn of the event loop are one statement: to ask costs more than most answers. */
interface Asked<A, R> {
  readonly of: A;
  readonly answer: PromiseWithResolvers<R>;
}

/**
 * @param most of one statement.
 * @param read an answer for each that is asked for, in their order; when it rejects, each of them is refused.
 */
export function gathered<A, R>(most: number, read: (all: readonly A[]) => Promise<readonly R[]>): (of: A) => Promise<R> {
  let waiting: Asked<A, R>[] = [];
  const ask = async (some: readonly Asked<A, R>[]): Promise<void> => {
    try {
      const answers = await read(some.map(({ of }) => of));
      some.forEach(({ answer }, i) => answer.resolve(answers[i]!));
    } catch (error) {
      for (const { answer } of some) answer.reject(error);
    }
  };
  const flush = (): void => {
    const all = waiting;
    waiting = [];
    for (let from = 0; from < all.length; from += most) void ask(all.slice(from, from + most));
  };
  return (of) => {
    const answer = Promise.withResolvers<R>();
    // Once all that this turn leads to has asked.
    if (waiting.length === 0) queueMicrotask(() => process.nextTick(flush));
    waiting.push({ of, answer });
    return answer.promise;
  };
}
