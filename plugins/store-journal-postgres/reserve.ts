/** Ids of messages that will be admitted: callers that wait together share one round trip. */
import type { Reader } from './reader.ts';

const IDS = { name: 'ids', text: "SELECT nextval('message_id') AS id FROM generate_series(1, $1)" };

/** One asking at a time, so that a later caller never gets lower ids. */
export function reserver(reader: Reader): (count: number) => Promise<readonly number[]> {
  let waiting: { readonly count: number; readonly resolve: (ids: number[]) => void; readonly reject: (error: unknown) => void }[] = [];
  let isAsking = false;

  const ask = async (): Promise<void> => {
    isAsking = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        const rows = await reader.query({ ...IDS, values: [group.reduce((sum, { count }) => sum + count, 0)] });
        const ids = rows.map(({ id }) => Number(id));
        for (const { count, resolve } of group) resolve(ids.splice(0, count));
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    isAsking = false;
  };

  return (count) =>
    new Promise((resolve, reject) => {
      waiting.push({ count, resolve, reject });
      if (!isAsking) process.nextTick(() => (isAsking ? undefined : void ask()));
    });
}
