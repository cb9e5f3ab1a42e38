/** One decision of a person on several messages or deliveries: each by itself, so that one refusal does not undo the others. */
import { actor, clientOf, fail, type Context, type EngineOptions } from './context.ts';
import { doneWord } from './words.ts';

export async function actOnEach(
  ids: readonly string[],
  verb: string,
  options: EngineOptions & { readonly why?: string },
  context: Context,
): Promise<void> {
  const { io } = context;
  try {
    const client = await clientOf(options);
    for (const id of ids) {
      try {
        for (const done of await client.act(id, verb, { ...actor(), ...(options.why && { why: options.why }) }))
          io.out(`${doneWord(verb)} / ${verb} : ${done}   (passerelle message ${done})\n`);
      } catch (error) {
        fail(context, error);
      }
    }
  } catch (error) {
    fail(context, error);
  }
}
