/** Reference table of names: lanes, sites, connectors, versions, formats, event types. All come from settings, so they are few. */
import type { DatabaseSync } from 'node:sqlite';

export interface Names {
  /** Number of a name; a new name is stored by the command that brings it. */
  readonly of: (name: string) => number;
  /** Number of a name that was stored before. */
  readonly known: (name: string) => number | undefined;
  readonly name: (id: number) => string;
  /** After a rollback: what was learnt may not be stored. */
  readonly forget: () => void;
}

export function openNames(db: DatabaseSync): Names {
  const all = db.prepare('SELECT id, name FROM name');
  const insert = db.prepare('INSERT INTO name (id, name) VALUES (?, ?)');
  const ids = new Map<string, number>();
  const names: string[] = [];
  const learn = (id: number, name: string): number => {
    ids.set(name, id);
    names[id] = name;
    return id;
  };
  const forget = (): void => {
    ids.clear();
    names.length = 0;
    for (const row of all.all() as { id: number; name: string }[]) learn(row.id, row.name);
  };
  forget();
  return {
    of: (name) => {
      const known = ids.get(name);
      if (known !== undefined) return known;
      const id = Math.max(names.length, 1);
      insert.run(id, name);
      return learn(id, name);
    },
    known: (name) => ids.get(name),
    name: (id) => names[id] ?? '',
    forget,
  };
}
