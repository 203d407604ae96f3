import { GUARANTEES, type Guarantee, type Probe } from './probe.ts';

/** One line of `toka doctor`: what is promised, by what it is kept here, and how to get it where it is not. */
export interface Row {
  readonly guarantee: string;
  readonly state: 'enforced' | 'weaker' | 'missing';
  readonly by: string;
  readonly fix?: string;
}

const MEANS: Readonly<Record<Guarantee, string>> = {
  files: 'only granted paths exist, and only write grants can be written',
  network: 'no network but a loopback of its own',
  environment: 'only the declared variables',
  processTree: 'other processes are invisible, and the whole tree is killed',
  privileges: 'no capabilities, none to gain',
  systemCalls: 'seccomp filter',
  processes: '',
  output: "counted by toka, which kills at the limit",
  timeout: 'counted by toka, which kills at the limit',
};

const HARD = 'for a hard limit run as root or in a systemd user session';

/** What a probe found, guarantee by guarantee. */
export function describeProbe(probe: Probe): Row[] {
  const { enforcement, failure, held } = probe;
  if (failure || !enforcement) {
    return [{ guarantee: 'sandbox', state: 'missing', by: failure?.why ?? 'no answer', ...(failure ? { fix: failure.fix } : {}) }];
  }
  const tried = GUARANTEES.filter((guarantee) => guarantee !== 'processes').map((guarantee): Row =>
    held.includes(guarantee)
      ? { guarantee, state: 'enforced', by: MEANS[guarantee] }
      : { guarantee, state: 'missing', by: 'the trial broke out', fix: 'report this as a security defect' },
  );
  const rows: Row[] = [...tried, memoryRow(probe), processesRow(probe), cpuRow(probe)];
  if (probe.uid !== 0) return rows;
  return [...rows, { guarantee: 'user', state: 'weaker', by: 'toka runs as root', fix: 'run toka as an ordinary user' }];
}

function memoryRow({ enforcement }: Probe): Row {
  if (enforcement?.memory === 'cgroup') return { guarantee: 'memory', state: 'enforced', by: 'control group' };
  const by = 'a look every 50 ms, which may overshoot by 40 %, and RLIMIT_DATA for each process';
  return { guarantee: 'memory', state: 'weaker', by, fix: HARD };
}

function processesRow({ enforcement, held }: Probe): Row {
  const guarantee = 'processes';
  if (!held.includes(guarantee)) return { guarantee, state: 'missing', by: 'the trial started more than allowed', fix: HARD };
  if (enforcement?.processes === 'cgroup') return { guarantee, state: 'enforced', by: 'control group' };
  if (enforcement?.processes === 'rlimit') return { guarantee, state: 'enforced', by: 'RLIMIT_NPROC in the user namespace' };
  const by = 'a look every 50 ms (RLIMIT_NPROC does not apply to root)';
  return { guarantee, state: 'weaker', by, fix: 'run toka as an ordinary user' };
}

function cpuRow({ enforcement }: Probe): Row {
  if (enforcement?.cpu === 'cgroup') return { guarantee: 'cpu', state: 'enforced', by: 'control group' };
  return { guarantee: 'cpu', state: 'weaker', by: 'CPU time over the whole run (RLIMIT_CPU), not at each moment', fix: HARD };
}
