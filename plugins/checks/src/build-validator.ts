import { relative, resolve } from 'node:path';
import { coded, defineTool, type ToolContext } from '@toka/sdk';
import { findProjects, type FoundProjects } from './builds/find-projects.ts';
import { planSteps } from './builds/plan.ts';
import { describeStep, runStep } from './builds/run-step.ts';
import { ECOSYSTEMS, STEPS, type PlannedStep, type Status, type StepResult } from './builds/step.ts';

interface Result {
  readonly ok: boolean;
  readonly code?: 'BUILD_FAILED' | 'BUILD_INCOMPLETE' | 'BUILD_NOTHING_CHECKED';
  readonly message: string;
  readonly path: string;
  readonly steps: StepResult[];
  readonly counts: Record<string, number>;
  readonly uncovered: { folder: string; kinds: string[] }[];
}

const STATUSES = ['planned', 'passed', 'failed', 'skipped', 'unavailable', 'denied', 'timed-out'] as const satisfies readonly Status[];

export default defineTool({
  name: 'build-validator',
  summary: 'Run the checks a project has (installed packages, lint, types, tests, build) and report each with its diagnostics',
  category: 'checks',
  tags: ['build', 'lint', 'test', 'npm', 'cargo', 'go', 'python', 'make'],
  params: {
    type: 'object',
    properties: {
      path: { type: 'string', description: "The project's folder", default: '.', 'x-type': 'path', 'x-position': 1 },
      steps: {
        type: 'array',
        items: { type: 'string', enum: STEPS },
        description: 'Which steps: install (compares lock file and installed packages, never installs), lint, types, test, build',
        default: [...STEPS],
      },
      ecosystems: {
        type: 'array',
        items: { type: 'string', enum: ECOSYSTEMS },
        description: 'Only these; otherwise all that are found',
        default: [],
      },
      plan: { type: 'boolean', description: 'Only tell what would run', default: false },
      failFast: { type: 'boolean', description: 'Skip what is left after the first step that does not pass', default: false },
      stepTimeout: { type: 'integer', description: 'Seconds that a step may take', default: 600, minimum: 1, maximum: 86_400 },
    },
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      ok: { type: 'boolean' },
      code: { enum: ['BUILD_FAILED', 'BUILD_INCOMPLETE', 'BUILD_NOTHING_CHECKED'] },
      message: { type: 'string' },
      path: { type: 'string' },
      steps: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            ecosystem: { enum: ECOSYSTEMS },
            folder: { type: 'string' },
            step: { enum: STEPS },
            status: { enum: STATUSES },
            command: { type: 'array', items: { type: 'string' } },
            exitCode: { type: 'integer' },
            wallMs: { type: 'integer', minimum: 0 },
            reason: { type: 'string' },
            output: { type: 'string' },
            optional: { type: 'boolean' },
            diagnostics: {
              type: 'array',
              items: {
                type: 'object',
                properties: {
                  path: { type: 'string' },
                  line: { type: 'integer' },
                  column: { type: 'integer' },
                  severity: { enum: ['error', 'warning', 'info'] },
                  message: { type: 'string' },
                },
                required: ['path', 'line', 'severity', 'message'],
              },
            },
          },
          required: ['ecosystem', 'folder', 'step', 'status'],
        },
      },
      counts: { type: 'object', additionalProperties: { type: 'integer' } },
      uncovered: {
        type: 'array',
        items: {
          type: 'object',
          properties: { folder: { type: 'string' }, kinds: { type: 'array', items: { type: 'string' } } },
          required: ['folder', 'kinds'],
        },
      },
    },
    required: ['ok', 'message', 'path', 'steps', 'counts', 'uncovered'],
  },
  capabilities: {
    required: ['fs:read:{path}'],
    optional: [
      'proc:exec:npm',
      'proc:exec:pnpm',
      'proc:exec:yarn',
      'proc:exec:cargo',
      'proc:exec:go',
      'proc:exec:python3',
      'proc:exec:make',
      'proc:exec:node',
      'fs:write:{path}',
    ],
  },
  effect: 'external',
  level: 'elevated',
  examples: [
    { description: 'Tell what would be checked', params: { plan: true } },
    { description: 'Lint and check types, nothing else', params: { steps: ['lint', 'types'] } },
  ],
  print,
  async run({ path, steps, ecosystems, plan, failFast, stepTimeout }, ctx): Promise<Result> {
    const folder = resolve(ctx.cwd, path);
    if ((await ctx.fs.stat(folder))?.type !== 'directory')
      throw coded('BUILD_NOT_FOLDER', `expected a folder at ${folder}, found none`, { hint: "pass the project's folder" });
    const found = await findProjects(ctx.fs, folder, ctx.root);
    const wanted = STEPS.filter((step) => steps.some((name) => name === step));
    const planned = (await planSteps(found.checked, wanted)).filter(
      ({ ecosystem }) => ecosystems.length === 0 || ecosystems.some((name) => name === ecosystem),
    );
    const results = plan
      ? planned.map((step) => planResult(step, ctx.cwd))
      : await runAll(planned, ctx, { failFast, timeoutMs: stepTimeout * 1000, path: folder });
    return report(results, found, folder, ctx.cwd);
  },
});

/** A line for each step, below it what is wrong; where nothing could be parsed, the end of its output. */
function print({ steps, message, uncovered }: Result): string {
  const lines = steps.flatMap((step) => [headline(step), ...details(step).map((line) => `    ${line}`)]);
  const left = uncovered.map(({ folder, kinds }) => `not covered: ${folder} (${kinds.join(', ')})`);
  return `${[...lines, ...left, message].join('\n')}\n`;
}

function headline({ ecosystem, folder, step, status, wallMs, reason, command }: StepResult): string {
  const time = wallMs === undefined ? '' : ` ${(wallMs / 1000).toFixed(1)} s`;
  const why = reason === undefined ? '' : ` (${reason})`;
  const where = folder === '.' ? '' : ` in ${folder}`;
  return `${status.padEnd(11)} ${ecosystem} ${step}${where}${time}${command === undefined ? '' : `: ${command.join(' ')}`}${why}`;
}

function details({ status, diagnostics = [], output = '' }: StepResult): string[] {
  if (diagnostics.length > 0) {
    return diagnostics.map(({ path, line, column, severity, message }) => {
      const place = [path, line, column].filter((part) => part !== undefined).join(':');
      return `${place}: ${severity}: ${message}`;
    });
  }
  return (status === 'failed' || status === 'timed-out') && output !== '' ? output.split('\n').slice(-20) : [];
}

function planResult(step: PlannedStep, cwd: string): StepResult {
  const base = describeStep(step, cwd);
  const { action } = step;
  if (action.kind === 'process') return { ...base, status: 'planned' };
  if (action.kind === 'built-in') return { ...base, status: 'planned', reason: action.description };
  return { ...base, status: action.kind === 'none' ? 'skipped' : 'unavailable', reason: action.reason };
}

async function runAll(
  planned: readonly PlannedStep[],
  ctx: ToolContext,
  { failFast, timeoutMs, path }: { failFast: boolean; timeoutMs: number; path: string },
): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const step of planned) {
    ctx.signal.throwIfAborted();
    const cause = failFast ? results.find(isDefect) : undefined;
    if (cause !== undefined) {
      results.push({ ...describeStep(step, ctx.cwd), status: 'skipped', reason: `${cause.ecosystem} ${cause.step} did not pass` });
      continue;
    }
    const name = `${step.ecosystem} ${step.step}`;
    const progress = (message: string): void => ctx.progress({ message, done: results.length, total: planned.length });
    progress(name);
    const result = await runStep(step, ctx, { timeoutMs, path, onLine: (line) => progress(`${name}: ${line}`) });
    ctx.log(isDefect(result) ? 'warn' : 'info', `${name}: ${result.status}${result.reason === undefined ? '' : ` (${result.reason})`}`);
    results.push(result);
  }
  ctx.progress({ message: 'done', done: planned.length, total: planned.length });
  return results;
}

/** A tool that only the toolchain suggests may be absent; whatever the project asked for may not. */
function isDefect({ status, optional }: StepResult): boolean {
  if (status === 'unavailable') return optional !== true;
  return status === 'failed' || status === 'timed-out' || status === 'denied';
}

function report(steps: StepResult[], { uncovered }: FoundProjects, folder: string, cwd: string): Result {
  const counts = Object.fromEntries(STATUSES.map((status) => [status, steps.filter((step) => step.status === status).length]));
  const code = verdict(steps);
  const told = STATUSES.filter((status) => (counts[status] ?? 0) > 0).map((status) => `${counts[status]} ${status}`);
  return {
    ok: code === undefined,
    ...(code === undefined ? {} : { code }),
    message: told.length === 0 ? 'no project that is known was found' : told.join(', '),
    path: relative(cwd, folder) || '.',
    steps,
    counts,
    uncovered: uncovered.map(({ path, kinds }) => ({ folder: relative(cwd, path), kinds: [...kinds] })),
  };
}

function verdict(steps: readonly StepResult[]): Result['code'] {
  if (steps.some(({ status }) => status === 'failed' || status === 'timed-out')) return 'BUILD_FAILED';
  if (!steps.some(({ status }) => status === 'passed' || status === 'planned')) return 'BUILD_NOTHING_CHECKED';
  return steps.some(isDefect) ? 'BUILD_INCOMPLETE' : undefined;
}
