import { relative, resolve } from 'node:path';
import { coded, defineTool, type ToolContext } from '@toka/sdk';
import { checkEnvFile, checkExampleFile, checkMissing, holdsSecret, readEnv, type ReadFile } from './env/check-file.ts';
import { countFindings, fails, type Finding, type Note } from './env/finding.ts';
import { exampleNames, isExampleName } from './env/names.ts';
import { checkProtection } from './env/protection.ts';
import { joinSpecs, specFromExample, specFromSchema, type Spec } from './env/spec.ts';

const MAX_BYTES = 1024 ** 2;

interface Located extends ReadFile {
  /** Absolute. */
  readonly path: string;
}

interface Example {
  readonly file: Located;
  readonly spec: Spec;
}

interface Result {
  readonly ok: boolean;
  readonly code?: 'ENV_INVALID';
  readonly message: string;
  readonly files: { path: string; role: 'env' | 'example'; variables: number }[];
  readonly example: string | null;
  readonly schema: string | null;
  readonly counts: { error: number; warning: number; info: number };
  readonly findings: Finding[];
}

export default defineTool({
  name: 'env-validator',
  summary: 'Check .env files against their example or schema, for placeholders, duplicates, mistakes and leaked secrets',
  category: 'checks',
  tags: ['env', 'dotenv', 'configuration', 'secrets'],
  params: {
    type: 'object',
    properties: {
      path: {
        type: 'string',
        description: 'The env file, or an example file to check by itself',
        default: '.env',
        'x-type': 'path',
        'x-position': 1,
      },
      also: {
        type: 'array',
        items: { type: 'string', 'x-type': 'path' },
        description: 'Further env files read beside it, such as .env.local; a variable counts as present if any of them sets it',
      },
      example: {
        type: 'string',
        description: 'The example to compare with; otherwise .env.example, .env.sample or .env.template in the same folder',
        'x-type': 'path',
      },
      schema: { type: 'string', description: 'A JSON Schema whose properties are the variables', 'x-type': 'path' },
      failOn: {
        type: 'string',
        enum: ['error', 'warning', 'never'],
        default: 'error',
        description: 'The least severe finding that fails the check',
      },
    },
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      ok: { type: 'boolean' },
      code: { const: 'ENV_INVALID' },
      message: { type: 'string' },
      files: {
        type: 'array',
        items: {
          type: 'object',
          properties: { path: { type: 'string' }, role: { enum: ['env', 'example'] }, variables: { type: 'integer' } },
          required: ['path', 'role', 'variables'],
        },
      },
      example: { type: ['string', 'null'] },
      schema: { type: ['string', 'null'] },
      counts: {
        type: 'object',
        properties: { error: { type: 'integer' }, warning: { type: 'integer' }, info: { type: 'integer' } },
        required: ['error', 'warning', 'info'],
      },
      findings: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            path: { type: 'string' },
            line: { type: 'integer', minimum: 1 },
            column: { type: 'integer', minimum: 1 },
            kind: { type: 'string' },
            severity: { enum: ['error', 'warning', 'info'] },
            key: { type: 'string' },
            message: { type: 'string' },
          },
          required: ['path', 'kind', 'severity', 'message'],
        },
      },
    },
    required: ['ok', 'message', 'files', 'example', 'schema', 'counts', 'findings'],
  },
  capabilities: {
    required: ['fs:read:{path}'],
    optional: [
      'fs:read:{also}',
      'fs:read:{example}',
      'fs:read:{schema}',
      'fs:read:**/.env.example',
      'fs:read:**/.env.sample',
      'fs:read:**/.env.template',
      'fs:read:**/.gitignore',
      'fs:read:.git',
    ],
  },
  effect: 'read',
  examples: [
    { description: 'Check .env against .env.example', params: {} },
    { description: 'Look for real secrets in the example itself, which is committed', params: { path: '.env.example' } },
    { description: 'Check two files that are read together against a schema', params: { also: ['.env.local'], schema: 'env.schema.json' } },
  ],
  print,
  async run({ path, also = [], example, schema, failOn }, ctx): Promise<Result> {
    const shown = (file: string) => relative(ctx.cwd, file) || '.';
    const place = (file: string, notes: readonly Note[]): Finding[] => notes.map((note) => ({ path: shown(file), ...note }));
    const given = await Promise.all([path, ...also].map(async (name) => readLocated(ctx, name)));
    const files = given.filter((file) => !isExampleName(file.path));
    const compared = await findExample(ctx, files[0]?.path, example);
    const spec = joinSpecs(compared?.spec, await readSchema(ctx, schema));
    const examples = [...given.filter((file) => isExampleName(file.path)), ...(compared === undefined ? [] : [compared.file])];

    const findings: Finding[] = [];
    for (const file of files) {
      findings.push(...place(file.path, await checkEnvFile(file, spec)));
      findings.push(...place(file.path, await checkProtection(ctx.fs, ctx.root, file.path, holdsSecret(file))));
    }
    const [first] = files;
    if (first !== undefined) findings.push(...place(first.path, spec === undefined ? [NO_EXAMPLE] : checkMissing(files, spec)));
    for (const file of new Map(examples.map((each) => [each.path, each])).values())
      findings.push(...place(file.path, checkExampleFile(file)));
    if (compared !== undefined) findings.push(...place(compared.file.path, compared.spec.notes));

    const counts = countFindings(findings);
    const ok = !findings.some(({ severity }) => fails(severity, failOn));
    const all = [...files, ...examples];
    return {
      ok,
      ...(ok ? {} : { code: 'ENV_INVALID' }),
      message: `${all.length} ${all.length === 1 ? 'file' : 'files'}: ${counts.error} errors, ${counts.warning} warnings`,
      files: all.map((file) => ({
        path: shown(file.path),
        role: isExample(file, examples) ? 'example' : 'env',
        variables: file.entries.size,
      })),
      example: compared === undefined ? null : shown(compared.file.path),
      schema: schema === undefined ? null : shown(resolve(ctx.cwd, schema)),
      counts,
      findings: findings.toSorted(byPlace),
    };
  },
});

/** A line for each finding, as compilers print theirs, and the sum. */
function print({ findings, message }: Result): string {
  const lines = findings.map(({ path, line, column, severity, kind, message: text }) => {
    const place = [path, line, column].filter((part) => part !== undefined).join(':');
    return `${place}: ${severity}: ${text} [${kind}]`;
  });
  return `${[...lines, message].join('\n')}\n`;
}

const NO_EXAMPLE: Note = {
  kind: 'no-example',
  severity: 'info',
  message: 'no .env.example, .env.sample or .env.template beside it and no schema given: missing and unknown variables were not looked for',
};

async function readLocated(ctx: ToolContext, name: string): Promise<Located> {
  const path = resolve(ctx.cwd, name);
  if (ctx.fs.can('read', path) && (await ctx.fs.stat(path)) === undefined) {
    throw coded('ENV_NOT_FOUND', `expected an env file at ${relative(ctx.cwd, path)}, found none`, {
      hint: 'copy .env.example to .env, or pass another path',
    });
  }
  return { path, ...readEnv(await ctx.fs.readText(path, { maxBytes: MAX_BYTES })) };
}

async function findExample(ctx: ToolContext, env: string | undefined, given: string | undefined): Promise<Example | undefined> {
  const path = given ?? (env === undefined ? undefined : await firstReadable(ctx, exampleNames(env)));
  if (path === undefined) return undefined;
  const file = await readLocated(ctx, path);
  return { file, spec: specFromExample(file.parsed) };
}

async function firstReadable(ctx: ToolContext, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    if (ctx.fs.can('read', path) && (await ctx.fs.stat(path))?.type === 'file') return path;
  }
  return undefined;
}

async function readSchema(ctx: ToolContext, path: string | undefined): Promise<Spec | undefined> {
  if (path === undefined) return undefined;
  return specFromSchema(await ctx.fs.readText(path, { maxBytes: MAX_BYTES }), relative(ctx.cwd, resolve(ctx.cwd, path)));
}

function isExample(file: Located, examples: readonly Located[]): boolean {
  return examples.some(({ path }) => path === file.path);
}

function byPlace(a: Finding, b: Finding): number {
  return a.path.localeCompare(b.path, 'en') || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
