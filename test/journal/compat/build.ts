import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Blobs, createKeeper } from '../../../src/journal/blobs.ts';
import { signCheckpoint } from '../../../src/journal/checkpoint.ts';
import type { BlobRef, RunEvent } from '../../../src/journal/events.ts';
import { openJournal } from '../../../src/journal/journal.ts';
import { SIGNER } from './signer.ts';

// Writes journal.db and expected.json of the present format into the folder given. Run once for each format; what it wrote stays as it is.
const [folder = ''] = process.argv.slice(2);
const file = join(folder, 'state', 'journal.db');
const WHOLE = '0198c3a2-7f3e-7c41-9d0e-5a4b3c2d1e0f';
const DENIED = '0198c3a2-8000-7c41-9d0e-5a4b3c2d1e0f';
const OPEN = '0198c3a2-9000-7c41-9d0e-5a4b3c2d1e0f';
const RESUMED = '0198c3a2-a000-7c41-9d0e-5a4b3c2d1e0f';
const RECORDED = '0198c3a2-b000-7c41-9d0e-5a4b3c2d1e0f';
const AGENT = '0198c3a2-c000-7c41-9d0e-5a4b3c2d1e0f';
const PROMPT = '0198c3a2-d000-7c41-9d0e-5a4b3c2d1e0f';
const SHA = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

const keeper = createKeeper();
const recordedKeeper = createKeeper();
const agentKeeper = createKeeper();
const content = recordedKeeper.content(Buffer.from([0xff, 0xfe, 0, 10])) as BlobRef;
const requested: RunEvent = {
  v: 1,
  type: 'run.requested',
  model: 'tool',
  tool: 'files/file-editor',
  params: { inline: { path: 'README.md', text: 'grüße \u{1f980}\n' } },
  principal: 'user',
  cwd: '/project/docs',
  project: '/project',
  door: 'cli',
  effect: 'idempotent',
  manifestHash: SHA,
  toka: '0.1.0',
  process: { pid: 4711, start: 815, boot: '6f1c7d52-0b1e-4d3c-9f0a-1b2c3d4e5f60', namespace: 'pid:[4026531836]' },
};
const runs: Readonly<Record<string, readonly RunEvent[]>> = {
  [WHOLE]: [
    requested,
    { v: 1, type: 'approval.decided', capability: 'fs:write:docs/**', decision: 'once', by: 'user' },
    {
      v: 1,
      type: 'run.started',
      effective: ['fs:read:**', 'fs:write:docs/**'],
      sources: ['built-in', 'asked'],
      level: 'standard',
      planDigest: SHA,
      command: ['sed', '-i', 's/a/b/'],
    },
    { v: 1, type: 'run.output', stream: 'stderr', kept: { inline: 'one\r\ntwo' }, bytes: 8, truncated: false },
    { v: 1, type: 'run.output', stream: 'stdout', kept: keeper.output(Buffer.from([0xff, 0xfe, 0, 10])), bytes: 4, truncated: true },
    {
      v: 1,
      type: 'run.finished',
      status: 'succeeded',
      exitCode: 0,
      usage: { wallMs: 12.5, outputBytes: 12, cpuMs: { value: 3, source: 'cgroup' }, maxRssBytes: { value: 1_048_576, source: 'sampled' } },
      data: { inline: { changed: true, lines: [1, 2] } },
    },
  ],
  [DENIED]: [
    { ...requested, parent: WHOLE },
    {
      v: 1,
      type: 'run.finished',
      status: 'denied',
      exitCode: null,
      error: { code: 'TOKA_CAPABILITY_DENIED', message: 'fs:write:docs/** was not granted', hint: 'allow it' },
      denied: [{ capability: 'fs:write:docs/**', reason: 'no rule grants it' }],
      usage: { wallMs: 1, outputBytes: 0 },
    },
  ],
  [OPEN]: [
    {
      v: 1,
      type: 'run.requested',
      model: 'code',
      params: { inline: {} },
      principal: 'user',
      cwd: '/',
      door: 'cli',
      effect: 'none',
      toka: '0.1.0',
      process: { pid: 1 },
    },
    { v: 1, type: 'run.started', effective: [], level: 'restricted' },
  ],
  [RESUMED]: [
    { ...requested, effect: 'external', parent: WHOLE, step: { position: 2, command: SHA }, bounds: { timeoutMs: 5000, budget: { calls: 3 }, frozen: true } },
    { v: 1, type: 'run.started', effective: ['fs:read:**'], sources: ['built-in'], exceptSecrets: ['fs:read:**'], carvedOut: ['fs:read:keys/**'], level: 'standard' },
    { v: 1, type: 'run.acted' },
    { v: 1, type: 'resume.refused', by: 'user', error: { code: 'TOKA_CAPABILITY_DENIED', message: 'fs:read:** was not granted', hint: 'allow it' } },
    { v: 1, type: 'run.resumed', attempt: 2, by: 'user', effective: ['fs:read:**'], carvedOut: [], level: 'standard', toka: '0.1.0', process: { pid: 4712 } },
    { v: 1, type: 'run.marked', as: 'failed', by: 'user' },
    { v: 1, type: 'run.finished', status: 'failed', exitCode: 1, error: { code: 'TOKA_RUN_FAILED', message: 'marked as failed by user' }, usage: { wallMs: 0, outputBytes: 0 } },
  ],
  [RECORDED]: [
    { ...requested, replays: WHOLE },
    { v: 1, type: 'run.started', effective: ['fs:read:**'], sources: ['built-in'], carvedOut: [], level: 'standard' },
    {
      v: 1,
      type: 'run.recorded',
      calls: {
        inline: [
          { do: 'read', args: { path: '/project/a.bin' }, answer: { content: { ...content }, turn: { place: 1, asked: 2 } } },
          { do: 'write', args: { path: '/project/b.txt', parents: true }, content: { inline: 'two\n' }, answer: { error: { code: 'TOKA_FS_FAILED', message: 'the disk is full', hint: 'free some space', data: { system: 'ENOSPC' } }, turn: { place: 2, asked: 2 } } },
          { do: 'walk', args: { path: '/project' }, answer: { value: [{ name: 'a.bin', path: '/project/a.bin', type: 'file' }], part: true } },
          { do: 'env', args: { name: 'API_TOKEN' }, answer: { lost: 'secret' } },
        ],
      },
      files: { inline: [{ path: '/project/a.bin', sha256: SHA, bytes: 4, content: { ...content } }] },
      missing: ['fs:write:docs/**'],
      toolDigest: SHA,
      input: { inline: 'from stdin\n' },
      lost: ['files'],
      contents: [content],
    },
    { v: 1, type: 'run.finished', status: 'failed', exitCode: 1, error: { code: 'TOKA_RUN_FAILED', message: 'the disk is full' }, usage: { wallMs: 1, outputBytes: 0 } },
  ],
  [AGENT]: [
    { ...requested, model: 'agent', tool: 'agent/assistant', effect: 'external', params: { inline: { said: [{ type: 'text', text: 'Do it.' }], session: OPEN, after: WHOLE } } },
    { v: 1, type: 'run.started', effective: ['fs:write:/project/a.txt'], sources: ['flag'], carvedOut: [], level: 'elevated' },
    { v: 1, type: 'agent.began', spec: SHA, route: 'ollama/qwen3', session: OPEN, after: WHOLE },
    { v: 1, type: 'agent.steered', step: 2, text: { inline: 'Be brief.' } },
    { v: 1, type: 'agent.tasks', tasks: { inline: [{ id: 'a', title: 'Look', status: 'done', evidence: WHOLE }] } },
    { v: 1, type: 'agent.kept', path: '/project/a.txt', before: agentKeeper.file(Buffer.from('before\n')) },
    { v: 1, type: 'agent.kept', path: '/project/new.txt', before: null },
    { v: 1, type: 'agent.compacted', step: 3, before: 20, after: 8 },
    {
      v: 1,
      type: 'agent.conversed',
      messages: {
        inline: [
          { role: 'summary', text: 'what was', origins: ['user', 'file'] },
          { role: 'user', parts: [{ type: 'text', text: 'Do it.' }], origins: ['user'] },
          { role: 'assistant', parts: [{ type: 'tool-call', id: 'call-1', name: 'file-reader', params: { path: 'a.txt' } }] },
          { role: 'tool', results: [{ id: 'call-1', name: 'file-reader', output: 'text', origins: ['trusted-tool', 'file'], run: WHOLE }] },
          { role: 'assistant', parts: [{ type: 'text', text: 'done' }] },
        ],
      },
    },
    { v: 1, type: 'run.output', stream: 'stdout', kept: { inline: 'done' }, bytes: 4, truncated: false },
    { v: 1, type: 'run.finished', status: 'succeeded', exitCode: 0, usage: { wallMs: 12, outputBytes: 4 }, data: { inline: { text: 'done', tasks: [], steps: 2, model: 'ollama/qwen3' } } },
  ],
  [PROMPT]: [
    { ...requested, model: 'prompt', tool: 'model/ollama/qwen3', effect: 'read', parent: AGENT, step: { position: 1 }, params: { inline: { digest: SHA, messages: 2, bytes: 400 } } },
    { v: 1, type: 'run.started', effective: ['model:call:ollama/qwen3'], sources: ['built-in'], carvedOut: [], level: 'standard' },
    {
      v: 1,
      type: 'run.finished',
      status: 'succeeded',
      exitCode: 0,
      usage: { wallMs: 5, outputBytes: 4, model: { inputTokens: 100, outputTokens: 4, cachedTokens: 50, microdollars: 120 } },
      data: { inline: { route: 'ollama/qwen3', parts: [{ type: 'text', text: 'done' }], reason: 'stop', usage: { inputTokens: 100, outputTokens: 4 } } },
    },
  ],
};

const BLOBS: Readonly<Record<string, Blobs>> = { [WHOLE]: keeper.blobs, [RECORDED]: recordedKeeper.blobs, [AGENT]: agentKeeper.blobs };
const journal = await openJournal(file, { clock: { now: () => 1_755_555_555_555 } });
for (const [run, events] of Object.entries(runs)) await journal.append(run, events, 0, BLOBS[run]);
const stored = await Promise.all(Object.keys(runs).map((run) => journal.read(run)));
const tree = await journal.consult(async (log) => log.tree(await log.size()));
await journal.close();
writeFileSync(join(folder, 'checkpoint.txt'), signCheckpoint(tree, SIGNER), { flag: 'wx' });
writeFileSync(join(folder, 'expected.json'), `${JSON.stringify(stored.flat(), null, 2)}\n`, { flag: 'wx' });
writeFileSync(join(folder, 'journal.db'), readFileSync(file), { flag: 'wx' });
rmSync(join(folder, 'state'), { recursive: true });
