import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CallResult, CodeOrder, JsonObject } from '@toka/sdk';
import { describe, expect, it } from 'vitest';
import { EffectiveSet } from '../../../src/capability/effective.ts';
import type { Completion } from '../../../src/runtime/completion.ts';
import { planProgram, type ProgramInput } from '../../../src/runtime/code/plan-program.ts';
import { runProgram } from '../../../src/runtime/code/run-program.ts';
import { temporaryFolder } from '../../sandbox/support.ts';

const KiB = 1024;

const ORDER: CodeOrder = {
  runId: 'the-run',
  language: 'sh',
  source: 'the source',
  name: '<stdin>',
  params: { n: 1 },
  tools: [],
  requirements: [],
  limits: { memory: 256 * KiB * KiB, timeoutMs: 20_000, maxOutput: 64 * KiB, maxValue: 16 * KiB, maxCalls: 5 },
};

interface Told {
  readonly calls: { readonly tool: string; readonly params: JsonObject }[];
  readonly logs: string[];
  readonly progress: unknown[];
  readonly artifacts: Record<string, string>;
  readonly output: string[];
  ends: number;
}

interface Ways {
  readonly input?: Partial<ProgramInput>;
  readonly order?: Partial<CodeOrder>;
  readonly signal?: AbortSignal;
  call?(tool: string, params: JsonObject, ended: AbortSignal): Promise<CallResult>;
}

/** Runs a script of a shell as the program of a runtime. */
async function runScript(script: string, { input, order, signal, call }: Ways = {}): Promise<Completion & { readonly told: Told }> {
  const told: Told = { calls: [], logs: [], progress: [], artifacts: {}, output: [], ends: 0 };
  const ended = new AbortController();
  const plan = planProgram({
    program: { argv: ['bash', '/dev/toka/driver.sh'], files: { 'driver.sh': script } },
    tool: { level: 'restricted', sandbox: { timeoutMs: 20_000 } },
    effective: new EffectiveSet([]),
    cwd: '/tmp',
    env: process.env,
    hidden: [],
    ...input,
  });
  const completion = await runProgram(
    plan,
    { ...ORDER, ...order },
    {
      call: async (tool, params) => {
        told.calls.push({ tool, params });
        return call ? call(tool, params, ended.signal) : { runId: 'child', status: 'succeeded', output: 'text', data: params };
      },
      log: (level, message) => void told.logs.push(`${level} ${message}`),
      progress: (progress) => void told.progress.push(progress),
      artifact: (name, content) => void (told.artifacts[name] = Buffer.from(content).toString('utf8')),
    },
    {
      require: 'watchdog',
      ...(signal ? { signal } : {}),
      onOutput: (stream, chunk) => void told.output.push(`${stream} ${Buffer.from(chunk).toString('utf8')}`),
      onEnded: () => {
        told.ends += 1;
        ended.abort();
      },
    },
  );
  return { ...completion, told };
}

const say = (line: unknown): string => `echo '${JSON.stringify(line)}' >&4`;

describe('the program of a runtime', () => {
  it('is given its order, and its result is what it says', async () => {
    const ran = await runScript('read -r order <&3; echo "{\\"type\\":\\"result\\",\\"data\\":$order}" >&4');
    expect(ran).toMatchObject({ exitCode: 0, data: { type: 'order', version: 1, ...ORDER } });
    expect(ran.told.ends).toBe(1);
  });

  it('prints beside that', async () => {
    const ran = await runScript(`echo out; echo err >&2; ${say({ type: 'result', data: 1 })}`);
    expect(ran).toMatchObject({ output: 'out\n', data: 1 });
    expect(ran.told.output.toSorted()).toEqual(['stderr err\n', 'stdout out\n']);
  });

  it('may say that it is ready, log, and tell how far it is', async () => {
    const ran = await runScript([{ type: 'ready' }, { type: 'log', level: 'warn', message: 'm' }, { type: 'progress', progress: { done: 1, total: 2 } }, { type: 'result', data: null }].map(say).join('\n'));
    expect(ran).toMatchObject({ exitCode: 0, data: null });
    expect(ran.told).toMatchObject({ logs: ['warn m'], progress: [{ done: 1, total: 2 }] });
  });

  it('fails as it says', async () => {
    const ran = await runScript(say({ type: 'failure', code: 'CODE_THREW', message: 'no', hint: 'yes' }));
    expect(ran).toMatchObject({ exitCode: 1, failure: { code: 'CODE_THREW', message: 'no', hint: 'yes' } });
    expect(ran.data).toBeUndefined();
  });

  it('has no result where it ends without one', async () => {
    expect(await runScript('exit 0')).toMatchObject({ exitCode: 0, data: null });
    const ran = await runScript('exit 7');
    expect(ran).toMatchObject({ exitCode: 7 });
    expect(ran.failure).toBeUndefined();
  });

  it('calls tools, and is answered in whatever order the answers come', async () => {
    const waiting: (() => void)[] = [];
    const ran = await runScript(
      `read -r order <&3; ${say({ type: 'call', id: 1, tool: 'a/slow', params: {} })}; ${say({ type: 'call', id: 2, tool: 'a/fast', params: { x: [1] } })}
      read -r first <&3; read -r second <&3; echo "{\\"type\\":\\"result\\",\\"data\\":[$first,$second]}" >&4`,
      {
        call: async (tool, params) => {
          if (tool === 'a/slow') await new Promise<void>((resolve) => void waiting.push(resolve));
          else setImmediate(() => waiting[0]!());
          return { runId: tool, status: 'succeeded', output: '', data: params };
        },
      },
    );
    const answer = (id: number, runId: string, data: unknown): unknown => ({ type: 'answer', id, result: { runId, status: 'succeeded', output: '', data } });
    expect(ran.data).toEqual([answer(2, 'a/fast', { x: [1] }), answer(1, 'a/slow', {})]);
  });

  it('is told of a call that fails', async () => {
    const ran = await runScript(`read -r order <&3; ${say({ type: 'call', id: 0, tool: 'a/b', params: {} })}; read -r answer <&3; echo "{\\"type\\":\\"result\\",\\"data\\":$answer}" >&4`, {
      call: () => Promise.reject(new Error('thrown')),
    });
    expect(ran.data).toMatchObject({ id: 0, result: { status: 'failed', error: { message: 'thrown' } } });
  });

  it('calls at most so many tools', async () => {
    const calls = Array.from({ length: 7 }, (_, id) => `${say({ type: 'call', id, tool: 'a/b', params: {} })}; read -r answer <&3`);
    const ran = await runScript(`read -r order <&3; ${calls.join('\n')}; echo "{\\"type\\":\\"result\\",\\"data\\":$answer}" >&4`);
    expect(ran.told.calls).toHaveLength(5);
    expect(ran.data).toMatchObject({ id: 6, result: { status: 'failed', error: { code: 'CODE_TOO_MANY_CALLS' } } });
  });

  it('passes and is passed values up to a size', async () => {
    const script = `read -r order <&3
      echo "{\\"type\\":\\"call\\",\\"id\\":1,\\"tool\\":\\"a/b\\",\\"params\\":{\\"x\\":\\"$(head -c 20000 /dev/zero | tr '\\0' x)\\"}}" >&4; read -r one <&3
      ${say({ type: 'call', id: 2, tool: 'a/b', params: {} })}; read -r two <&3; echo "{\\"type\\":\\"result\\",\\"data\\":[$one,$two]}" >&4`;
    const ran = await runScript(script, { call: async () => ({ runId: 'child', status: 'succeeded', output: 'x'.repeat(100 * KiB) }) });
    expect(ran.told.calls).toHaveLength(1);
    expect(ran.data).toMatchObject([{ result: { error: { code: 'CODE_PARAMS_TOO_LARGE' } } }, { result: { runId: 'child', error: { code: 'CODE_ANSWER_TOO_LARGE' } } }]);
  });

  it('has a result up to a size', async () => {
    const ran = await runScript(`echo "{\\"type\\":\\"result\\",\\"data\\":\\"$(head -c 20000 /dev/zero | tr '\\0' x)\\"}" >&4`);
    expect(ran).toMatchObject({ exitCode: 1, failure: { code: 'CODE_RESULT_TOO_LARGE' } });
  });

  it('leaves no call running when it ends', async () => {
    const ran = await runScript(`${say({ type: 'call', id: 1, tool: 'a/b', params: {} })}; exit 0`, {
      call: async (_, __, ended) => {
        await once(ended, 'abort');
        return { runId: 'child', status: 'cancelled', output: '' };
      },
    });
    expect(ran).toMatchObject({ exitCode: 0, data: null });
    expect(ran.told.ends).toBe(1);
  });

  it('reads the end of its channel when the run is cancelled', async () => {
    const controller = new AbortController();
    const script = `trap '' TERM; read -r order <&3; ${say({ type: 'call', id: 1, tool: 'a/b', params: {} })}; while read -r line <&3; do :; done; echo ended`;
    const ran = await runScript(script, {
      signal: controller.signal,
      call: async () => {
        controller.abort();
        return { runId: 'child', status: 'cancelled', output: '' };
      },
    });
    expect(ran).toMatchObject({ stopped: 'cancelled', output: 'ended\n' });
  });

  it.each([
    ['text', 'echo hello >&4'],
    ['an empty line', 'echo >&4'],
    ['a value that is no object', 'echo "[]" >&4'],
    ['an unknown type', say({ type: 'order' })],
    ['a call without an id', say({ type: 'call', tool: 'a/b', params: {} })],
    ['a call with an id of another kind', say({ type: 'call', id: '1', tool: 'a/b', params: {} })],
    ['a call whose parameters are no object', say({ type: 'call', id: 1, tool: 'a/b', params: [] })],
    ['a call of nothing', say({ type: 'call', id: 1, params: {} })],
    ['a level that there is not', say({ type: 'log', level: 'loud', message: 'm' })],
    ['progress of words', say({ type: 'progress', progress: { done: 'half' } })],
    ['a result without data', say({ type: 'result' })],
    ['a failure without a code', say({ type: 'failure', message: 'm' })],
    ['a code that is none', say({ type: 'failure', code: 'not a code', message: 'm' })],
    ['two results', `${say({ type: 'result', data: 1 })}; ${say({ type: 'result', data: 2 })}`],
    ['a line after its result', `${say({ type: 'result', data: 1 })}; ${say({ type: 'log', level: 'info', message: 'm' })}`],
    ['two calls of one id', `${say({ type: 'call', id: 1, tool: 'a/b', params: {} })}; ${say({ type: 'call', id: 1, tool: 'a/b', params: {} })}`],
    ['no UTF-8', "printf '\\303\\n' >&4"],
    ['a line without an end', `printf '${JSON.stringify({ type: 'result', data: 1 })}' >&4`],
    ['a line of 100 MB', 'head -c 100000000 /dev/zero | tr "\\0" x >&4'],
    ['a value too deep', `printf '{"type":"result","data":' >&4; head -c 5000 /dev/zero | tr '\\0' '[' >&4; head -c 5000 /dev/zero | tr '\\0' ']' >&4; echo '}' >&4`],
  ])('breaks the protocol with %s', async (_, script) => {
    const ran = await runScript(script);
    expect(ran).toMatchObject({ failure: { code: 'TOKA_RUNTIME_FAILED' } });
    expect(ran.stopped).toBeUndefined();
    expect(ran.data).toBeUndefined();
  });

  it('is ended at once where it breaks the protocol', async () => {
    const ran = await runScript('echo garbage >&4; trap "" TERM; sleep 600');
    expect(ran).toMatchObject({ failure: { code: 'TOKA_RUNTIME_FAILED' } });
  });

  it('is ended where it floods its channel', async () => {
    const ran = await runScript(`while true; do ${say({ type: 'log', level: 'info', message: 'x'.repeat(1000) })}; done`);
    expect(ran.stopped).toBe('output');
    expect(ran.told.logs.length).toBeLessThan(100);
  });

  it('is ended where it floods with calls', async () => {
    const ran = await runScript(`i=0; while true; do i=$((i+1)); echo "{\\"type\\":\\"call\\",\\"id\\":$i,\\"tool\\":\\"a/b\\",\\"params\\":{}}" >&4; done`);
    expect(ran.stopped).toBe('output');
    expect(ran.told.calls).toHaveLength(5);
  });

  it('is ended at its time limit', async () => {
    const ran = await runScript('sleep 60', { input: { timeoutMs: 300 } });
    expect(ran.stopped).toBe('timeout');
  });

  it('is ended at its memory limit', async () => {
    const ran = await runScript('x=$(head -c 500000000 /dev/zero | tr "\\0" x); echo ${#x}');
    expect(ran.stopped).toBe('memory');
  });

  it('may close its end of the channel early', async () => {
    const ran = await runScript(`${say({ type: 'result', data: 5 })}; exec 3<&- 4>&-; echo more`);
    expect(ran).toMatchObject({ data: 5, output: 'more\n' });
  });
});

describe('the folder for artifacts', () => {
  it('keeps files, those of code that failed as well', async () => {
    const ran = await runScript('echo one > "$TOKA_ARTIFACTS/a.txt"; echo two > "$TOKA_ARTIFACTS/b.txt"; exit 1');
    expect(ran.told.artifacts).toEqual({ 'a.txt': 'one\n', 'b.txt': 'two\n' });
    expect(ran.exitCode).toBe(1);
  });

  it('follows no link and keeps nothing but plain files', async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'secret'), 'secret');
    const ran = await runScript(`cd "$TOKA_ARTIFACTS"; ln -s ${folder.path}/secret link; mkfifo pipe; mkdir folder; echo x > x`);
    expect(ran.told.artifacts).toEqual({ x: 'x\n' });
    expect(ran.told.logs).toHaveLength(3);
  });

  it('is empty for each run', async () => {
    await runScript('echo one > "$TOKA_ARTIFACTS/a.txt"');
    const ran = await runScript('ls -A "$TOKA_ARTIFACTS"');
    expect(ran.output).toBe('');
  });
});

describe('the plan of a program', () => {
  it.each([[{ files: { '../x': '' } }], [{ files: { 'a/b': '' } }], [{ files: { '.': '' } }], [{ reads: ['relative'] }]])('refuses %j', async (parts) => {
    await expect(runScript('', { input: { program: { argv: ['true'], ...parts } } })).rejects.toMatchObject({ code: 'TOKA_RUNTIME_FAILED' });
  });

  it('shows what the runtime reads, and nothing else', async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'read'), 'read\n');
    writeFileSync(join(folder.path, 'other'), 'other\n');
    const ran = await runScript('', { input: { program: { argv: ['/bin/sh', '-c', `cat ${folder.path}/read; ls ${folder.path}; echo x > ${folder.path}/read`], reads: [join(folder.path, 'read')] } } });
    expect(ran).toMatchObject({ output: 'read\nread\n' });
    expect(ran.exitCode).not.toBe(0);
  });

  it('is the same each time', () => {
    const plan = (): unknown =>
      planProgram({ program: { argv: ['sh'], files: { a: 'b' } }, tool: { level: 'restricted', sandbox: {} }, effective: new EffectiveSet([]), cwd: '/tmp', env: process.env, hidden: [] });
    expect(plan()).toEqual(plan());
  });
});
