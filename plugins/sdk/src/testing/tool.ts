import { cp, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCoded } from '../errors.ts';
import type { JsonSchema } from '../json.ts';
import type { ToolDefinition } from '../tool.ts';
import { same } from './expect.ts';
import { contentOf, testContext } from './tool-context.ts';

/** What the checks need to know of a tool. */
export interface ToolPlace {
  /** The files that the tool's examples speak of; each check works on a copy. Default: an empty folder. */
  readonly folder?: string;
  /** Variables that the tool is granted. Default: none. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Says what is wrong with a value by a JSON Schema (draft 2020-12), or nothing, and throws where the schema itself is invalid. It fills in
   * defaults. Ajv does: `new Ajv2020({ useDefaults: true, strict: false })`.
   */
  matches(schema: JsonSchema, value: unknown): string | undefined;
}

/** A rule for tools. */
export interface ToolCheck {
  /** Stable, for reports. */
  readonly id: string;
  /** What must hold, as a sentence. */
  readonly name: string;
  /** Rejects with the reason where it does not hold. */
  run(tool: ToolDefinition, place: ToolPlace): Promise<void>;
}

const PATIENCE_MS = 5000;

/**
 * What every tool must hold to. Its own examples are what it is tried with, so a tool without examples fails.
 *
 * @example
 * import { test } from 'node:test';
 * import { toolChecks } from '@toka/sdk/testing';
 *
 * for (const { name, run } of toolChecks) test(name, () => run(tool, { folder: 'examples', matches }));
 */
export const toolChecks: readonly ToolCheck[] = [
  {
    id: 'tool/words',
    name: 'its summary is one sentence, and each parameter says what it means',
    run: async ({ summary, params }) => {
      same([summary.trim() !== '', /[.\n]$/.test(summary)], [true, false], 'a summary, and whether it ends with a full stop');
      for (const [name, { description }] of Object.entries(params.properties)) same(typeof description === 'string' && description !== '', true, `whether the parameter ${name} has a description`);
    },
  },
  {
    id: 'tool/schema',
    name: 'its schemas are valid, and refuse a parameter that it does not have',
    run: async ({ params, output, examples = [] }, { matches }) => {
      matches(output, null);
      same(matches(params, { ...structuredClone(examples[0]?.params), 'no such parameter': 1 }) === undefined, false, 'whether a parameter that it does not have is taken');
    },
  },
  {
    id: 'tool/examples',
    name: 'it has examples, and their parameters are valid',
    run: async ({ params, examples = [] }, { matches }) => {
      same(examples.length > 0, true, 'whether it has examples');
      for (const example of examples) same(matches(params, structuredClone(example.params)), undefined, `the example "${example.description}"`);
    },
  },
  each('tool/output', 'each example gives what its output schema says, in a form that JSON can hold', async ({ tool, place, params, description, folder }) => {
    const ended = await ending(tool, place, params, folder);
    if ('error' in ended) return same(isCoded(ended.error) ? ended.error.code : ended.error, undefined, `what the example "${description}" failed with`);
    const data: unknown = JSON.parse(JSON.stringify(ended.result) ?? 'null');
    same(data, ended.result, 'the result after a round trip through JSON');
    return same(place.matches(tool.output, data), undefined, `the result of the example "${description}"`);
  }),
  each('tool/print', 'its text for people ends with a line break unless it is a text of the result, and says nothing that steers a terminal', async ({ tool, place, params, description, folder }) => {
    const ended = await ending(tool, place, params, folder);
    if ('error' in ended || tool.print === undefined) return;
    const text = tool.print(ended.result);
    // What is read for others is given as it is.
    const isContent = Object.values(Object(ended.result) as object).includes(text);
    same([typeof text, isContent || /(^|\n)$/.test(text), /\u001B/.test(text)], ['string', true, false], `the text of the example "${description}": its type, a line break at its end, an escape in it`);
  }),
  each('tool/effect', 'with effect none or read it leaves everything as it was', async ({ tool, place, params, folder }) => {
    if (tool.effect !== 'none' && tool.effect !== 'read') return;
    const before = await contentOf(folder);
    const ended = await ending(tool, place, params, folder);
    same(await contentOf(folder), before, 'the folder after the run');
    same('error' in ended && isCoded(ended.error) && ended.error.code === 'TOKA_CAPABILITY_DENIED' ? ended.error.message : undefined, undefined, 'what it was denied');
  }),
  each('tool/errors', 'where there are no files it ends well, or with an error that has a code', async ({ tool, place, params }) => {
    await inCopy(undefined, async (empty) => {
      const ended = await ending(tool, place, params, empty);
      if ('error' in ended) same(isCoded(ended.error) ? undefined : ended.error, undefined, 'an error without a code');
    });
  }),
  each('tool/abort', 'a run that is aborted ends, and soon', async ({ tool, place, params, folder }) => {
    const reason = new Error('nobody waits');
    const stop = new AbortController();
    const work = ending(tool, place, params, folder, stop.signal);
    stop.abort(reason);
    same(await soon(work), true, `whether it ended within ${PATIENCE_MS} ms`);
  }),
];

interface Tried {
  readonly tool: ToolDefinition;
  readonly place: ToolPlace;
  readonly description: string;
  /** With defaults filled in. */
  readonly params: Readonly<Record<string, unknown>>;
  /** A copy of the place's folder. */
  readonly folder: string;
}

/** A check of each example, in a copy of its files. */
function each(id: string, name: string, work: (tried: Tried) => Promise<void>): ToolCheck {
  return {
    id,
    name,
    run: async (tool, place) => {
      for (const { description, params: given } of tool.examples ?? []) {
        const params = structuredClone(given);
        if (place.matches(tool.params, params) !== undefined) continue;
        await inCopy(place.folder, async (folder) => work({ tool, place, description, params, folder }));
      }
    },
  };
}

async function ending(tool: ToolDefinition, { env = {} }: ToolPlace, params: Readonly<Record<string, unknown>>, folder: string, signal?: AbortSignal): Promise<{ readonly result: unknown } | { readonly error: unknown }> {
  const writes = tool.effect !== 'none' && tool.effect !== 'read';
  try {
    // What a check gave it before must not change what it is given now.
    return { result: await tool.run(resolved(tool, structuredClone(params), folder) as never, testContext({ folder, writes, env, ...(signal === undefined ? {} : { signal }) })) };
  } catch (error) {
    return { error };
  }
}

/** Paths as toka hands them over: absolute. */
function resolved(tool: ToolDefinition, params: Readonly<Record<string, unknown>>, folder: string): Record<string, unknown> {
  const whole = (value: unknown): unknown => (typeof value === 'string' ? join(folder, value) : value);
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      const property = tool.params.properties[name];
      if (property?.['x-type'] === 'path') return [name, whole(value)];
      return [name, property?.items?.['x-type'] === 'path' && Array.isArray(value) ? value.map(whole) : value];
    }),
  );
}

async function inCopy(source: string | undefined, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'toka-check-')));
  try {
    if (source !== undefined) await cp(source, folder, { recursive: true });
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function soon(work: Promise<unknown>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, PATIENCE_MS, false);
  try {
    return await Promise.race([work.then(() => true), promise]);
  } finally {
    clearTimeout(timer);
  }
}
