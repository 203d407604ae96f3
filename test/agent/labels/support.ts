import type { CallResult, JsonValue } from '@toka/sdk';
import { createLabels, type Labels, type Trust } from '../../../src/agent/labels/labels.ts';
import type { ParameterSchema, Tool } from '../../../src/manifest/tool.ts';
import type { AgentOrder, Message, Origin } from '../../../src/pipeline/agent/port.ts';

export function aTool(qualified: string, properties: Readonly<Record<string, Partial<ParameterSchema>>> = {}, rest: Partial<Tool> = {}): Tool {
  const [source = '', name = ''] = qualified.split('/');
  return {
    name,
    qualified,
    source,
    origin: { kind: 'bundled', file: '/toka/tool.js' },
    version: '1.0.0',
    category: 'test',
    description: `The tool ${name}`,
    tags: [],
    executable: { type: 'native', entry: '/toka/tool.js' },
    params: {
      type: 'object',
      properties: Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, { type: 'string', description: key, ...schema }])),
      required: [],
      additionalProperties: false,
    },
    capabilities: { required: [], optional: [] },
    effect: 'read',
    level: 'restricted',
    risk: 'low',
    sandbox: {},
    examples: [],
    ...rest,
  };
}

export const FETCH = aTool('web/fetch', { url: { format: 'uri' } }, { capabilities: { required: ['net:connect'], optional: [] } });
export const MAIL = aTool('mail/send', { to: {}, cc: { type: 'array' }, subject: {}, body: {} }, { effect: 'external' });
export const WRITE = aTool('files/file-writer', { path: { 'x-type': 'path' }, content: {} }, { effect: 'idempotent', capabilities: { required: ['fs:write:{path}'], optional: [] } });
export const READ = aTool('files/file-reader', { path: { 'x-type': 'path' } }, { capabilities: { required: ['fs:read:{path}'], optional: [] } });
export const SHELL = aTool('shell/run', { command: {}, args: { type: 'array' } }, { effect: 'external' });
export const DECODE = aTool('text/decode', { text: {} }, { effect: 'none' });
export const STRANGE = aTool('stranger/helper', {}, { origin: { kind: 'plugin', file: '/plugins/stranger/package.json' } });
export const ALL = [FETCH, MAIL, WRITE, READ, SHELL, DECODE, STRANGE];

export function labels(trust: Partial<Trust> = {}): Labels {
  return createLabels({
    cwd: '/project',
    root: '/project',
    home: '/home/me',
    isProjectTrusted: true,
    trustedTools: [],
    rules: [],
    realPath: (path) => path,
    vouched: [],
    unvouched: [],
    shown: () => [],
    toolNamed: (name) => ALL.find(({ qualified }) => qualified === name),
    ...trust,
  });
}

export const said = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }], origins: ['user'] });
export const answered = (name: string, output: JsonValue, origins: readonly Origin[] = ['web']): Message => ({ role: 'tool', results: [{ id: '1', name, output, origins }] });
export const called = (name: string, params: Readonly<Record<string, JsonValue>>): Message => ({ role: 'assistant', parts: [{ type: 'tool-call', id: '1', name, params }] });
export const result = (data: JsonValue): CallResult => ({ runId: 'r', status: 'succeeded', output: typeof data === 'string' ? data : '', data });

/** What an agent is run for, with nothing in it. */
export const ORDER: AgentOrder = {
  spec: {
    name: 'assistant',
    qualified: 'agent/assistant',
    version: '1.0.0',
    description: 'You help.',
    origin: { kind: 'bundled', file: '' },
    hash: '',
    priority: 'normal',
    skills: [],
    objectives: [],
    tasks: [],
    agents: ['helper'],
    tools: [],
    directives: [],
    successCriteria: [],
    model: 'work',
    maxSteps: 8,
    security: { level: 'standard', required: [], budget: {} },
    hooks: [],
  },
  route: 'obedient/model',
  today: '2026-01-01',
  history: [],
  context: { memory: [], skills: [], problems: [] },
  hooks: [],
  said: [],
  maxSteps: 8,
  isPlanning: false,
  isCompacting: false,
};
