import type { RunEvent, RunFinished, RunOutput, RunRequested, RunResumed, RunStarted } from '../../src/journal/events.ts';

export const REQUESTED: RunRequested = {
  v: 1,
  type: 'run.requested',
  model: 'tool',
  tool: 'files/file-reader',
  params: { inline: { path: 'README.md' } },
  principal: 'user',
  cwd: '/project/docs',
  project: '/project',
  door: 'cli',
  effect: 'read',
  toka: '0.1.0',
  process: { pid: 4711 },
};
export const STARTED: RunStarted = { v: 1, type: 'run.started', effective: ['fs:read:**'], level: 'restricted' };
export const RESUMED: RunResumed = { v: 1, type: 'run.resumed', attempt: 2, by: 'user', effective: ['fs:read:**'], level: 'restricted', toka: '0.1.0', process: { pid: 4712 } };
export const OUTPUT: RunOutput = { v: 1, type: 'run.output', stream: 'stdout', kept: { inline: 'done\n' }, bytes: 5, truncated: false };
export const FINISHED: RunFinished = {
  v: 1,
  type: 'run.finished',
  status: 'succeeded',
  exitCode: 0,
  usage: { wallMs: 12, outputBytes: 5 },
};
export const WHOLE_RUN: readonly RunEvent[] = [REQUESTED, STARTED, OUTPUT, FINISHED];
