import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { place, type Place, tool } from '../../support/cli.ts';

let here: Place;

beforeAll(() => {
  here = place();
});
afterAll(() => here[Symbol.dispose]());

const agent = (name: string, spec: object): string => JSON.stringify({ apiVersion: 'toka/v1', kind: 'Agent', metadata: { name, version: '1.0.0', description: 'd' }, spec });

interface Validation {
  readonly ok: boolean;
  readonly agents: readonly { readonly agent?: string; readonly error?: { readonly code: string; readonly data: { readonly problems: readonly { readonly path: string; readonly line: number; readonly column: number; readonly found?: string; readonly suggestion?: string }[] } } }[];
}

test('what init writes is valid, stands in the list and can be shown', async () => {
  expect(await here.json(['agent', 'init', 'keeper'])).toMatchObject({ exit: 0, schema: 'toka/agent-init/v1', file: join(here.project, '.toka/agents/keeper.yaml') });
  expect(await here.json<Validation>(['agent', 'validate'])).toMatchObject({ exit: 0, schema: 'toka/agent-validation/v1', ok: true });
  const { agents } = await here.json<{ agents: readonly { readonly name: string; readonly source: string }[] }>(['agent', 'list']);
  expect(agents.map(({ name, source }) => `${source}/${name}`)).toEqual(['toka/assistant', 'toka/documentation', 'toka/infrastructure', 'project/keeper', 'toka/security', 'toka/testing']);
  const { code, stdout } = await here.run(['agent', 'show', 'keeper']);
  expect(code).toBe(0);
  expect(stdout).toContain('├─ mend: Correct them\n│  └─ after look');
});

test('what init writes may call the tools that it names without their sources, and is done where they show it', async () => {
  here.write({ 'model.yaml': '- text: It is done.\n', 'README.md': '# Fine\n' });
  await here.json(['agent', 'init', 'keeper']);
  expect(await here.json(['agent', 'run', 'keeper', '-p', 'Look.', '--model', 'scripted/model.yaml'])).toMatchObject({ exit: 0, status: 'succeeded' });
});

test('init overwrites nothing', async () => {
  here.write({ '.toka/agents/mine.yaml': 'mine' });
  expect(await here.json(['agent', 'init', 'mine'])).toMatchObject({ exit: 2, error: { code: 'TOKA_STORAGE_TAKEN' } });
  expect(here.read('.toka/agents/mine.yaml')).toBe('mine');
});

test('what is asked for as JSON is told as JSON, also where nothing ran', async () => {
  const { code, stdout } = await here.run(['agent', 'run', '-p', ' ', '--output', 'stream-json']);
  expect({ code, error: JSON.parse(stdout) as unknown }).toMatchObject({ code: 2, error: { schema: 'toka/error/v1', error: { code: 'TOKA_USAGE' } } });
});

describe('validate', () => {
  test('finds tools, parameters and agents that are not there', async () => {
    here.write({
      'checked/bad.yaml': agent('bad', {
        objectives: [
          { id: 'a', description: 'd', validation: { tool: 'link-validatr' } },
          { id: 'b', description: 'd', validation: { tool: 'data-check', params: { paht: ['.'] } } },
        ],
        dependencies: { tools: ['files/*', 'flies/*'], agents: ['securty'] },
      }),
    });
    const { exit, agents } = await here.json<Validation>(['agent', 'validate', 'checked']);
    expect(exit).toBe(65);
    expect(agents[0]?.error?.data.problems.map(({ path, suggestion }) => [path, suggestion])).toEqual([
      ['spec.objectives[0].validation.tool', '"link-validator"'],
      ['spec.objectives[1].validation.params', undefined],
      ['spec.dependencies.tools[1]', undefined],
      ['spec.dependencies.agents[0]', '"security"'],
    ]);
  });

  const hooked = async (hooks: readonly object[]): Promise<readonly unknown[]> => {
    here.write({ 'hooked/hooked.yaml': agent('hooked', { hooks }) });
    const { agents } = await here.json<Validation>(['agent', 'validate', 'hooked']);
    return (agents[0]?.error?.data.problems ?? []).map(({ path, line, column, found, suggestion }) => [path, line > 0 && column > 0, found, suggestion]);
  };

  test('finds keys and values of hooks that are misspelt', async () => {
    expect(await hooked([{ on: 'befor-tool', run: { tool: 'data-check' } }, { on: 'before-tool', tool: 'files/*', run: { tool: 'data-check' } }, { on: 'after-turn', run: { comand: ['true'] } }])).toEqual([
      ['spec.hooks[0].on', true, '"befor-tool"', '"before-tool"'],
      ['spec.hooks[1].tool', true, undefined, '"tools"'],
      ['spec.hooks[2].run', true, 'a map with "comand"', '"command"'],
    ]);
  });

  test('finds tools that hooks name and that are not there, and parameters that these do not take', async () => {
    const found = await hooked([
      { on: 'before-tool', run: { tool: 'data-chek' } },
      { on: 'before-tool', run: { tool: 'data-check', params: { paht: ['.'] } } },
      { on: 'after-tool', tools: ['files/*', 'files/file-wrter'], run: { command: ['true'] } },
    ]);
    expect(found).toEqual([
      ['spec.hooks[0].run.tool', true, '"data-chek"', '"data-check"'],
      ['spec.hooks[1].run.params', true, undefined, undefined],
      ['spec.hooks[2].tools[1]', true, '"files/file-wrter"', '"files/file-writer"'],
    ]);
  });

  test('finds a hook around turns that names tools, which it would never look at', async () => {
    expect(await hooked([{ on: 'before-turn', tools: 'files/*', run: { command: ['true'] } }])).toEqual([['spec.hooks[0].tools', true, 'before-turn', undefined]]);
  });

  test('takes hooks whose tool is given the event', async () => {
    here.write(tool('watch', 'true', { parameters: [{ name: 'event', type: 'string', description: 'd', required: true, pass: { flag: '--event' } }] }));
    expect(await hooked([{ on: 'before-tool', tools: 'files/*', run: { tool: 'watch' } }])).toEqual([]);
  });

  test('a path that is not there is a mistake of the command line', async () => {
    expect(await here.json(['agent', 'validate', 'nowhere'])).toMatchObject({ exit: 2, error: { code: 'TOKA_USAGE' } });
  });
});
