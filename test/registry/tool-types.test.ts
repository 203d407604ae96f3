import type { CallableTool, JsonSchema } from '@toka/sdk';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseSync } from 'oxc-parser';
import { expect, test } from 'vitest';
import { typesOf } from '../../src/registry/tool-types.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const tool = (params: JsonSchema, output?: JsonSchema, alias = 'count'): CallableTool => ({ alias, name: `files/${alias}`, summary: 'Count things', params, ...(output === undefined ? {} : { output }) });

const object = (properties: Record<string, unknown>, required: string[] = []): JsonSchema => ({ type: 'object', properties, required, additionalProperties: false });

test('a tool is a method with its parameters and its result', () => {
  expect(typesOf([tool(object({ path: { type: 'string' }, deep: { type: 'boolean' } }, ['path']), object({ lines: { type: 'integer' } }, ['lines']))])).toBe(
    'declare const tools: {\n  /** Count things */\n  count(params: { path: string; deep?: boolean }): Promise<{ lines: number }>;\n};\n',
  );
});

test('descriptions are comments, and nothing in them ends a comment', () => {
  const text = typesOf([tool(object({ a: { type: 'string', description: 'first\n*/ evil() /*' } }))]);
  expect(text).toContain('/** first * / evil() /* */');
  expect(problemsIn(text)).toEqual([]);
});

test.each<[string, unknown, string]>([
  ['values that are listed', { enum: ['a', 1, null] }, '"a" | 1 | null'],
  ['a constant', { const: 'x' }, '"x"'],
  ['several types', { type: ['string', 'null'] }, 'string | null'],
  ['a list', { type: 'array', items: { type: ['string', 'number'] } }, '(string | number)[]'],
  ['a list of fixed length', { type: 'array', prefixItems: [{ type: 'string' }], items: false }, '[string?]'],
  ['a choice', { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'integer' } }] }, 'string | number[]'],
  ['all of several', { allOf: [object({ a: { type: 'string' } }), object({ b: { type: 'string' } })] }, '{ a?: string } & { b?: string }'],
  ['a map', { type: 'object', additionalProperties: { type: 'number' } }, 'Record<string, number>'],
  ['anything', {}, 'unknown'],
  ['a key that is no identifier', object({ 'two words': { type: 'string' } }), '{ "two words"?: string }'],
])('%s', (_what, schema, type) => {
  expect(typesOf([tool(object({ value: schema }, ['value']))])).toContain(`value: ${type}`);
});

test('references inside of a schema are followed, as deep as they go', () => {
  const list = { $defs: { node: object({ next: { $ref: '#/$defs/node' } }) }, ...object({ first: { $ref: '#/$defs/node' } }) };
  const text = typesOf([tool(list)]);
  expect(text).toContain('first?: { next?: { next?:');
  expect(problemsIn(text)).toEqual([]);
});

test('whatever the schema is, what comes out is TypeScript', () => {
  const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
    schema: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(true, false, {}, { type: 'string' }, { type: ['integer', 'null'] }, { $ref: '#' }, { $ref: '#/nowhere' }),
      fc.record({ enum: fc.array(fc.jsonValue(), { maxLength: 4 }) }),
      fc.record({ anyOf: fc.array(tie('schema'), { maxLength: 3 }) }),
      fc.record({ allOf: fc.array(tie('schema'), { maxLength: 3 }) }),
      fc.record({ type: fc.constant('array'), items: tie('schema') }),
      fc.record({ type: fc.constant('array'), prefixItems: fc.array(tie('schema'), { maxLength: 3 }) }),
      fc.record({ type: fc.constant('object'), properties: fc.dictionary(fc.string(), tie('schema'), { maxKeys: 4 }), additionalProperties: tie('schema'), description: fc.string() }),
    ),
  }));
  fc.assert(
    fc.property(schema, (each) => {
      expect(problemsIn(typesOf([tool(each as JsonSchema, each as JsonSchema)]))).toEqual([]);
    }),
  );
});

test('code is checked against the types of the tools that come with toka', () => {
  const folder = mkdtempSync(join(tmpdir(), 'toka-types-'));
  try {
    writeFileSync(join(folder, 'tools.d.ts'), typesOf(bundled()));
    const check = (source: string) => {
      writeFileSync(join(folder, 'code.ts'), `export {};\n${source}\n`);
      execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--target', 'es2024', '--module', 'esnext', '--types', '', 'tools.d.ts', 'code.ts'], { cwd: folder, stdio: 'pipe' });
    };
    check('const { entries } = await tools.file_lister({ path: "a", include: ["*.md"] }); entries.map(({ path }) => path.toUpperCase());');
    expect(() => check('await tools.file_lister({ path: 5 });')).toThrow();
    expect(() => check('await tools.file_reader();')).toThrow();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function problemsIn(text: string): string[] {
  return parseSync('tools.d.ts', text).errors.map(({ message }) => message);
}

function bundled(): CallableTool[] {
  return readdirSync(join(ROOT, 'plugins')).flatMap((plugin) => {
    const { toka } = JSON.parse(readFileSync(join(ROOT, 'plugins', plugin, 'package.json'), 'utf8')) as { toka?: { contributes: { tools?: { id: string; summary: string; params: JsonSchema; output: JsonSchema }[] } } };
    return (toka?.contributes.tools ?? []).map(({ id, summary, params, output }) => ({ alias: id.replaceAll('-', '_'), name: `${plugin}/${id}`, summary, params, output }));
  });
}
