/** What arrivals that were decided apart share: a commit, when the disk is slow or busy. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { SharedCommits } from '../../core/lanes/shared-commits.ts';

/** A store whose commits end when the test says so, on a clock that the test sets. */
class Disk {
  readonly groups: string[] = [];
  ms = 0;
  #end: () => void = () => undefined;
  readonly commits = new SharedCommits<string>({
    commit: (items) => {
      this.groups.push(items.join(' '));
      return new Promise((resolve) => (this.#end = resolve));
    },
    weigh: (item) => ({ messages: 1, bytes: item.length }),
    clock: () => this.ms,
  });

  push(...items: readonly string[]): void {
    for (const item of items) void this.commits.push(item);
  }

  /** The commit that runs ends after so many milliseconds of the clock. */
  async end(ms = 0): Promise<void> {
    this.ms += ms;
    this.#end();
    await nextTurn();
  }
}

describe('commits that arrivals share', () => {
  it('stores at once what comes alone', async () => {
    const disk = new Disk();
    disk.push('a');
    await nextTurn();
    expect(disk.groups).deep.equal(['a']);
    expect(disk.commits.waiting).deep.equal([]);
    await disk.end();
    await disk.commits.ended;
  });

  it('stores together what came during the commit before, in order, one commit after the other', async () => {
    const disk = new Disk();
    disk.push('a');
    await nextTurn();
    disk.push('b', 'c');
    await nextTurn();
    expect(disk.groups).deep.equal(['a']);
    expect(disk.commits.waiting).deep.equal(['b', 'c']);
    await disk.end();
    expect(disk.groups).deep.equal(['a', 'b c']);
    disk.push('d');
    await disk.end();
    await disk.end();
    await disk.commits.ended;
    expect(disk.groups).deep.equal(['a', 'b c', 'd']);
  });

  /** Seven senders were answered by one slow commit, and an eighth came during it. */
  async function sevenAndOne(ms: number): Promise<Disk> {
    const disk = new Disk();
    disk.push('x');
    await nextTurn();
    disk.push('1', '2', '3', '4', '5', '6', '7');
    await disk.end(ms);
    disk.push('8');
    await disk.end(ms);
    return disk;
  }

  it('waits on a slow disk for those whom the last commits answered, and no longer than until half of them are here', async () => {
    const disk = await sevenAndOne(1000);
    expect(disk.groups).deep.equal(['x', '1 2 3 4 5 6 7']);
    disk.push('a', 'b');
    await nextTurn();
    expect(disk.groups).deep.equal(['x', '1 2 3 4 5 6 7']);
    disk.push('c');
    await nextTurn();
    expect(disk.groups).deep.equal(['x', '1 2 3 4 5 6 7', '8 a b c']);
    await disk.end();
  });

  it('stores what is here when nobody comes', async () => {
    const disk = await sevenAndOne(1000);
    const ended = disk.commits.ended;
    while (disk.groups.length < 3) await nextTurn();
    expect(disk.groups).deep.equal(['x', '1 2 3 4 5 6 7', '8']);
    await disk.end();
    await ended;
  });

  it('waits for nobody on a fast disk', async () => {
    const disk = await sevenAndOne(1);
    expect(disk.groups).deep.equal(['x', '1 2 3 4 5 6 7', '8']);
    await disk.end();
  });

  it('lets no more be decided than one commit takes, until that begins', async () => {
    const disk = new Disk();
    disk.push('x');
    await nextTurn();
    const small = disk.commits.push('a');
    const large = disk.commits.push('b'.repeat(1024 * 1024));
    let isFree = false;
    void large.then(() => (isFree = true));
    await small;
    await nextTurn();
    expect(isFree).equal(false);
    await disk.end();
    expect(isFree).equal(true);
    expect(disk.groups.length).equal(2);
    await disk.end();
  });

  it('counts messages as well as bytes', async () => {
    const disk = new Disk();
    disk.push('x');
    await nextTurn();
    const all = Array.from({ length: 64 }, (_, i) => disk.commits.push(`${i}`));
    const free = await Promise.all(all.map((one) => Promise.race([one.then(() => true), nextTurn(false)])));
    expect(free.filter((is) => is).length).equal(63);
    await disk.end();
    await Promise.all(all);
    await disk.end();
  });
});
