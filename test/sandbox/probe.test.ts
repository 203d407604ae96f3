import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { describeProbe } from '../../src/sandbox/describe.ts';
import { checkDemand, GUARANTEES, probeSandbox, requireEnforcement, type Probe } from '../../src/sandbox/probe.ts';
import { reasonFor, type Surroundings } from '../../src/sandbox/reasons.ts';
import { shell, temporaryFolder } from './support.ts';

const GOOD: Probe = {
  platform: 'linux',
  uid: 1000,
  held: [...GUARANTEES],
  enforcement: { filesystem: 'namespaces', memory: 'cgroup', processes: 'cgroup', cpu: 'cgroup' },
};
const WEAK: Probe = { ...GOOD, enforcement: { filesystem: 'namespaces', memory: 'watchdog', processes: 'rlimit', cpu: 'rlimit' } };
function refusal(missing: readonly string[]): unknown {
  const data: unknown = expect.objectContaining({ missing });
  return expect.objectContaining({ code: 'TOKA_SANDBOX_UNAVAILABLE', data });
}

describe('the probe', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  const file = (): string => join(folder.path, 'toka', 'sandbox.json');
  const saved = (): { key: string; probe: Probe } => JSON.parse(readFileSync(file(), 'utf8')) as { key: string; probe: Probe };

  beforeEach(() => {
    const before = process.env['XDG_CACHE_HOME'];
    folder = temporaryFolder();
    process.env['XDG_CACHE_HOME'] = folder.path;
    return () => {
      if (before === undefined) delete process.env['XDG_CACHE_HOME'];
      else process.env['XDG_CACHE_HOME'] = before;
      folder[Symbol.dispose]();
    };
  });

  it('finds that every guarantee holds on this machine', async () => {
    const probe = await probeSandbox();
    expect(probe.failure).toBeUndefined();
    expect(probe.held).toEqual(GUARANTEES);
  });

  it('says which folder it cannot use where nothing can be written', async () => {
    process.env['XDG_CACHE_HOME'] = join(folder.path, 'file');
    writeFileSync(join(folder.path, 'file'), '');
    await expect(probeSandbox({ fresh: true })).rejects.toMatchObject({ code: 'TOKA_STATE_UNAVAILABLE' });
  });

  it('keeps its answer, readable for the user alone', async () => {
    const probe = await probeSandbox();
    expect(saved().probe).toEqual(probe);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder.path, 'toka')).mode & 0o777).toBe(0o700);
  });

  it('believes its answer until something that matters changes', async () => {
    await probeSandbox();
    const { key, probe } = saved();
    const marked = { ...probe, held: [] };
    writeFileSync(file(), JSON.stringify({ key, probe: marked }));
    expect((await probeSandbox()).held).toEqual([]);
    expect((await probeSandbox({ fresh: true })).held).toEqual(GUARANTEES);
    writeFileSync(file(), JSON.stringify({ key: `${key} `, probe: marked }));
    expect((await probeSandbox()).held).toEqual(GUARANTEES);
  });

  it('does not keep that a guarantee is broken', async () => {
    const before = process.env['PATH'];
    const program = join(folder.path, 'bwrap');
    writeFileSync(program, `#!/bin/sh\nPATH=${before} LEAKED=1 exec bwrap "$@"\n`, { mode: 0o755 });
    process.env['PATH'] = `${folder.path}:${before}`;
    try {
      expect((await probeSandbox()).held).toEqual(GUARANTEES.filter((name) => name !== 'environment'));
    } finally {
      process.env['PATH'] = before;
    }
    expect(existsSync(file())).toBe(false);
  });

  it.each(['', '{', 'null', '[]', '{"key":1}'])('asks again where its answer is damaged: %s', async (text) => {
    await probeSandbox();
    writeFileSync(file(), text);
    expect((await probeSandbox()).held).toEqual(GUARANTEES);
  });

  it('does not believe an answer that others could write', async () => {
    await probeSandbox();
    const { key, probe } = saved();
    writeFileSync(file(), JSON.stringify({ key, probe: { ...probe, held: [] } }));
    chmodSync(file(), 0o666);
    expect((await probeSandbox()).held).toEqual(GUARANTEES);
  });

  it('lets a run through that can be enforced', async () => {
    await expect(requireEnforcement(shell('true'), { require: 'watchdog' })).resolves.toMatchObject({ held: GUARANTEES });
  });
});

describe('a demand', () => {
  it('is met by what is at least as strong', () => {
    expect(() => checkDemand({ require: 'hard' }, GOOD)).not.toThrow();
    expect(() => checkDemand({ require: 'watchdog' }, GOOD)).not.toThrow();
    expect(() => checkDemand({ require: 'watchdog' }, WEAK)).not.toThrow();
  });

  it('for hard limits is not met by weaker ones', () => {
    expect(() => checkDemand({ require: 'hard' }, WEAK)).toThrow(refusal(['memory', 'processes', 'cpu']));
  });

  it.each(GUARANTEES)('is never met without: %s', (lost) => {
    const held = GUARANTEES.filter((name) => name !== lost);
    expect(() => checkDemand({ require: 'watchdog' }, { ...GOOD, held })).toThrow(refusal([lost]));
  });

  it('is not met without a sandbox', () => {
    const failure = { have: 'nothing', why: 'because', fix: 'do this' };
    expect(() => checkDemand({ require: 'watchdog' }, { platform: 'linux', uid: 0, held: [], failure })).toThrow(refusal(['sandbox']));
  });
});

describe('the description of a probe', () => {
  it('has a row for each guarantee and limit', () => {
    expect(describeProbe(GOOD).map(({ guarantee, state }) => [guarantee, state])).toEqual(
      [...GUARANTEES.filter((name) => name !== 'processes'), 'memory', 'processes', 'cpu'].map((name) => [name, 'enforced']),
    );
  });

  it('says what is weaker and how to get more', () => {
    const weaker = describeProbe(WEAK).filter(({ state }) => state === 'weaker');
    expect(weaker.map(({ guarantee }) => guarantee)).toEqual(['memory', 'cpu']);
    expect(weaker.every(({ fix }) => fix !== undefined)).toBe(true);
    expect(describeProbe({ ...GOOD, uid: 0 }).at(-1)).toMatchObject({ guarantee: 'user', state: 'weaker' });
  });

  it('says what is missing', () => {
    const failure = { have: 'nothing', why: 'because', fix: 'do this' };
    expect(describeProbe({ ...GOOD, failure })).toEqual([{ guarantee: 'sandbox', state: 'missing', by: 'because', fix: 'do this' }]);
    const kept = describeProbe({ ...GOOD, held: [] }).filter(({ state }) => state !== 'missing');
    expect(kept.map(({ guarantee }) => guarantee)).toEqual(['memory', 'cpu']);
  });
});

describe('the reason for a failure of bwrap', () => {
  const plain: Surroundings = { container: false, apparmor: false, switchedOff: false };
  it.each<[string, Surroundings, RegExp]>([
    ['setting up uid map: Permission denied', { ...plain, apparmor: true }, /bwrap-userns-restrict/],
    ['loopback: Failed RTM_NEWADDR: Operation not permitted', { ...plain, apparmor: true }, /bwrap-userns-restrict/],
    ['No permissions to create a new namespace, likely because the kernel does not allow it', { ...plain, container: true }, /seccomp=/],
    ['No permissions to create new namespace', { ...plain, switchedOff: true }, /unprivileged_userns_clone=1/],
    ['Creating new namespace failed: No space left on device', plain, /max_user_namespaces/],
    ['Unknown option --disable-userns', plain, /upgrade/],
    ['something else', plain, /doctor/],
    ['', plain, /doctor/],
  ])('is told apart: %s', (message, surroundings, fix) => {
    expect(reasonFor(message, surroundings).fix).toMatch(fix);
  });
});
