import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { isCoded, type CodedError, type JsonSchema, type ToolContext } from '@toka/sdk';
import { assert, expect } from 'vitest';
import { toolContext, type TestToolContext, type ToolContextOptions } from '../../../test/support/tool-context.ts';

interface AnyTool<R> {
  readonly params: JsonSchema;
  readonly output: JsonSchema;
  run(params: never, ctx: ToolContext): Promise<R>;
}

const ajv = new Ajv2020({ useDefaults: true, strict: false });
const validators = new Map<JsonSchema, ValidateFunction>();

function check(schema: JsonSchema, value: unknown): void {
  const validate = validators.get(schema) ?? ajv.compile(schema);
  validators.set(schema, validate);
  assert(validate(value), ajv.errorsText(validate.errors));
}

/** What a call failed with. */
export async function failure(call: Promise<unknown>): Promise<CodedError> {
  try {
    await call;
  } catch (error) {
    if (isCoded(error)) return error;
    throw error;
  }
  throw new Error('expected the call to fail, it succeeded');
}

/** Checks the code of an error, and that the facts a person needs stand in its message or hint. */
export function expectFailure(error: CodedError, code: string, ...facts: readonly string[]): void {
  expect(error.code).toBe(code);
  for (const fact of facts) expect(`${error.message}\n${error.hint ?? ''}`).toContain(fact);
}

/** A project in a temporary folder, in which a tool runs as toka runs it: parameters checked and defaulted, the result checked. */
export class Project {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'toka-files-')));

  put(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content);
  }

  bytes(path: string): Buffer {
    return readFileSync(join(this.root, path));
  }

  text(path: string): string {
    return this.bytes(path).toString();
  }

  context(options: Partial<ToolContextOptions> = {}): TestToolContext {
    return toolContext({ root: this.root, ...options });
  }

  async run<R>(tool: AnyTool<R>, params: Readonly<Record<string, unknown>>, ctx: ToolContext = this.context()): Promise<R> {
    const filled = structuredClone(params);
    check(tool.params, filled);
    const result = await tool.run(filled as never, ctx);
    check(tool.output, JSON.parse(JSON.stringify(result)));
    return result;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
