import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeIn, findHierarchy, sweep } from '../../../src/sandbox/limits/cgroup.ts';
import { ownerName } from '../../../src/sandbox/owner.ts';
import { LIMITS, temporaryFolder } from '../support.ts';

let folder: ReturnType<typeof temporaryFolder>;
const at = (...names: string[]): string => join(folder.path, ...names);
const write = (path: string, content = ''): void => {
  mkdirSync(join(at(path), '..'), { recursive: true });
  writeFileSync(at(path), content);
};
const membership = (text: string): string => {
  write('self', text);
  return at('self');
};
const limits = { ...LIMITS, memory: 1 << 28, pids: 10, cpu: 25 };

beforeEach(() => {
  folder = temporaryFolder();
  return () => folder[Symbol.dispose]();
});

describe('control groups of version 2', () => {
  const unified = (own: string, controls: Record<string, string>): ReturnType<typeof findHierarchy> => {
    for (const [path, passed] of Object.entries(controls)) write(`cg${path}/cgroup.subtree_control`, passed);
    return findHierarchy(at('cg'), membership(`0::${own}\n`));
  };

  it('are made beside the own one where its parent passes controllers on', () => {
    const found = unified('/user.slice/app.slice/toka.scope', { '/user.slice/app.slice': 'cpu memory pids\n', '': 'memory pids\n' });
    expect(found?.parents).toEqual([at('cg/user.slice/app.slice')]);
    expect(found?.controllers).toEqual({ memory: true, processes: true, cpu: true });
  });

  it('are made at the root where only that passes controllers on', () => {
    const found = unified('/session.scope', { '': 'memory\n' });
    expect(found?.parents).toEqual([at('cg')]);
    expect(found?.controllers).toEqual({ memory: true, processes: false, cpu: false });
  });

  it('are made in the root of a container', () => {
    expect(unified('/', { '': 'memory pids cpu' })?.parents).toEqual([at('cg')]);
  });

  it.each(['', 'cpu pids', 'hugetlb'])('are not used where the controllers are "%s"', (passed) => {
    expect(unified('/a/b', { '/a': passed, '': passed })).toBeNull();
  });

  it('are limited through their own files', () => {
    const found = unified('/a/b', { '/a': 'cpu memory pids' })!;
    const group = makeIn(found, 'run');
    expect(group.joins).toEqual([at('cg/a/run/cgroup.procs')]);
    group.limit(limits);
    const read = (name: string): string => readFileSync(at('cg/a/run', name), 'utf8');
    expect([read('memory.max'), read('memory.swap.max'), read('memory.oom.group')]).toEqual([String(1 << 28), '0', '1']);
    expect(read('cpu.max')).toBe('25000 100000');
    expect(Number(read('pids.max'))).toBeGreaterThanOrEqual(10);
  });

  it('are made anew where a process that had the same id was killed before it could remove its own', () => {
    const found = unified('/a/b', { '/a': 'cpu memory pids' })!;
    mkdirSync(at('cg/a/run'));
    expect(makeIn(found, 'run').joins).toEqual([at('cg/a/run/cgroup.procs')]);
  });

  it('tell what they counted', () => {
    const group = makeIn(unified('/a/b', { '/a': 'cpu memory pids' })!, 'run');
    expect(group.read()).toEqual({ memoryKills: 0, refusedProcesses: 0, peakMemory: undefined, cpuMs: undefined });
    write('cg/a/run/memory.events', 'low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\noom_group_kill 1\n');
    write('cg/a/run/pids.events', 'max 3\n');
    write('cg/a/run/memory.peak', '4096\n');
    write('cg/a/run/cpu.stat', 'usage_usec 1500\nuser_usec 1000\n');
    expect(group.read()).toEqual({ memoryKills: 1, refusedProcesses: 3, peakMemory: 4096, cpuMs: 1.5 });
  });
});

describe('control groups of version 1', () => {
  const SEPARATE = 'memory pids cpu cpuacct'.split(' ');
  const hierarchy = (controllers = SEPARATE, own = '/'): ReturnType<typeof findHierarchy> => {
    for (const name of controllers) write(`cg/${name}/cgroup.procs`);
    return findHierarchy(at('cg'), membership(controllers.map((name, n) => `${n + 1}:${name}:${own}`).join('\n')));
  };

  it('are made for each controller', () => {
    const group = makeIn(hierarchy()!, 'run');
    expect(group.joins).toEqual(SEPARATE.map((name) => at('cg', name, 'run/tasks')));
    group.limit(limits);
    expect(readFileSync(at('cg/memory/run/memory.limit_in_bytes'), 'utf8')).toBe(String(1 << 28));
    expect(readFileSync(at('cg/cpu/run/cpu.cfs_quota_us'), 'utf8')).toBe('25000');
  });

  it('do without a controller that is not mounted', () => {
    expect(hierarchy(['memory'])?.controllers).toEqual({ memory: true, processes: false, cpu: false });
    expect(makeIn(hierarchy(['memory'])!, 'run').read()).toMatchObject({ refusedProcesses: 0, cpuMs: undefined });
  });

  it('are not used without the memory controller', () => {
    expect(hierarchy(['pids', 'cpu'])).toBeNull();
  });

  it('stay inside the own group where that is limited', () => {
    write('cg/memory/own/cgroup.procs');
    write('cg/memory/own/memory.stat', 'hierarchical_memory_limit 1000000\n');
    expect(hierarchy(['memory'], '/own')?.parents).toEqual([at('cg/memory/own')]);
    write('cg/memory/own/memory.stat', 'hierarchical_memory_limit 9223372036854771712\n');
    expect(hierarchy(['memory'], '/own')?.parents).toEqual([at('cg/memory')]);
  });

  it('tell what they counted', () => {
    const group = makeIn(hierarchy()!, 'run');
    write('cg/memory/run/memory.oom_control', 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n');
    write('cg/memory/run/memory.max_usage_in_bytes', '8192\n');
    write('cg/pids/run/pids.events', 'max 1\n');
    write('cg/cpuacct/run/cpuacct.usage', '2500000\n');
    expect(group.read()).toEqual({ memoryKills: 2, refusedProcesses: 1, peakMemory: 8192, cpuMs: 2.5 });
  });
});

describe('groups', () => {
  it('are removed, and taken for removed when they are gone', () => {
    write('cg/a/cgroup.subtree_control', 'memory');
    const group = makeIn(findHierarchy(at('cg'), membership('0::/a/b\n'))!, 'run');
    expect(group.remove()).toBe(true);
    expect(group.remove()).toBe(true);
    expect(readdirSync(at('cg/a'))).toEqual(['cgroup.subtree_control']);
  });

  it('of processes that have ended are swept, others are left', () => {
    const namespace = /^toka-(\d+)-/.exec(ownerName())![1];
    // Larger than any process id of Linux.
    const names = [`toka-${namespace}-4194305-0`, `${ownerName()}-0`, 'toka-1-4194305-0', 'someone', 'toka-x'];
    for (const name of names) mkdirSync(at(name));
    sweep(folder.path);
    expect(readdirSync(folder.path).toSorted()).toEqual(names.slice(1).toSorted());
  });

  it('of processes that have ended are emptied of what they left, of nothing else', async () => {
    const namespace = /^toka-(\d+)-/.exec(ownerName())![1];
    const [left, other] = [0, 0].map(() => spawn('sleep', ['60'])) as [ChildProcess, ChildProcess];
    const ended = once(left, 'exit');
    write(`toka-${namespace}-4194305-0/cgroup.procs`, `0\n${left.pid}\n`);
    write(`${ownerName()}-0/cgroup.procs`, `${other.pid}\n`);
    sweep(folder.path);
    expect((await ended)[1]).toBe('SIGKILL');
    expect(other.kill()).toBe(true);
  });
});
