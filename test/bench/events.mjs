/** The events of a run, as the journal is given them. */
export const EVENTS = [
  {
    v: 1,
    type: 'run.requested',
    model: 'tool',
    tool: 'files/file-reader',
    params: { inline: { path: 'README.md', offset: 1, limit: 2000 } },
    principal: 'user:1000',
    cwd: '/project/docs',
    project: '/project',
    door: 'cli',
    effect: 'read',
    manifestHash: '0'.repeat(64),
    toka: '0.1.0',
    process: { pid: 4711, start: 815, boot: '6f1c7d52-0b1e-4d3c-9f0a-1b2c3d4e5f60', namespace: 'pid:[4026531836]' },
  },
  { v: 1, type: 'run.started', effective: ['fs:read:/project/README.md'], sources: ['built-in'], level: 'restricted' },
  { v: 1, type: 'run.output', stream: 'stdout', kept: { inline: 'a line of text\n' }, bytes: 15, truncated: false },
  { v: 1, type: 'run.finished', status: 'succeeded', exitCode: 0, usage: { wallMs: 12.5, outputBytes: 15 }, data: { inline: { lines: 1 } } },
];
