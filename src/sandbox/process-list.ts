/** A process as `ps` reports it. */
export interface ListedProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Bytes. */
  readonly memory: number;
  readonly cpuMs: number;
}

/** Reads the output of `ps -axo pid=,ppid=,pgid=,rss=,time=`. */
export function readProcessList(text: string): ListedProcess[] {
  return text.split('\n').flatMap((line) => {
    const [pid, parent, group, rss, time] = line.trim().split(/\s+/);
    if (time === undefined) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), memory: 1024 * Number(rss), cpuMs: cpuOf(time) }];
  });
}

/**
 * Those that descend from a process or share its group. `known` are ids that did so earlier: a daemon that left its session loses its
 * parent, but keeps its id.
 */
export function treeOf(root: number, list: readonly ListedProcess[], known: ReadonlySet<number> = new Set()): ListedProcess[] {
  const inside = new Set([root, ...known]);
  for (let before = -1; before !== inside.size; ) {
    before = inside.size;
    for (const { pid, parent, group } of list) if (group === root || inside.has(parent)) inside.add(pid);
  }
  return list.filter(({ pid }) => inside.has(pid));
}

/** `[[dd-]hh:]mm:ss[.cc]` (ps(1)). */
function cpuOf(time: string): number {
  const [clock = '0', days = '0'] = time.split('-').toReversed();
  const seconds = clock.split(':').reduce((sum, part) => 60 * sum + Number(part), 0);
  return 1000 * (86_400 * Number(days) + seconds);
}
