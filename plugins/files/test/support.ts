import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonSchema, ToolContext } from '@toka/sdk';
import { expect } from 'vitest';
import { toolContext, type TestToolContext, type ToolContextOptions } from '../../../test/support/tool-context.ts';

interface AnyTool<R> {
  readonly params: JsonSchema;
  readonly output: JsonSchema;
  run(params: never, ctx: ToolContext): Promise<R>;
}

const ajv = new Ajv2020({ useDefaults: true, strict: false });
const validators = new Map<JsonSchema, ValidateFunction>();

function compiled(schema: JsonSchema): ValidateFunction {
  const known = validators.get(schema) ?? ajv.compile(schema);
  validators.set(schema, known);
  return known;
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
    const checkParams = compiled(tool.params);
    const filled = structuredClone(params);
    expect(checkParams(filled), JSON.stringify(checkParams.errors)).toBe(true);
    const result = await tool.run(filled as never, ctx);
    const checkOutput = compiled(tool.output);
    expect(checkOutput(JSON.parse(JSON.stringify(result))), JSON.stringify(checkOutput.errors)).toBe(true);
    return result;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
