import { TokaError } from '../errors.ts';
import type { Tool } from '../manifest/tool.ts';
import type { RunResult, Toka } from '../toka.ts';
import type { Door } from './door.ts';
import { listenForInterrupts } from './interrupt.ts';
import { exitCodeOf } from './report.ts';
import { runTasks, type Task } from './tasks.ts';
import { paint, plain, table, terminal } from './text.ts';

export interface CheckFlags {
  readonly frozen: boolean;
  readonly json: boolean;
  readonly only: readonly string[] | undefined;
}

/** `toka check [PATH…]`: every tool tagged "check" over these paths, each a run of its own. */
export async function checkProject(paths: readonly string[], { frozen, json, only }: CheckFlags, door: Door): Promise<number> {
  const toka = await door.open({
    approver: async () => ({ decision: 'deny', by: 'toka check' }),
    reviewer: async () => ({ decision: 'stop', by: 'toka check' }),
  });
  const interrupts = listenForInterrupts(door.stderr);
  try {
    const tools = await checkTools(toka, only);
    const results: RunResult[] = [];
    const jobs = tools.flatMap((tool) => paramsFor(tool, paths, toka.root).map((params) => ({ tool, params })));
    const tasks = jobs.map(({ tool, params }, at): Task => ({
      title: jobs.filter((job) => job.tool === tool).length > 1 ? `${tool.name} ${String(params['path'])}` : tool.name,
      run: async (tell) => {
        const result = await toka.run({
          ...toka.request({ name: tool.qualified }, params),
          frozen,
          signal: interrupts.signal,
          onEvent: (event) => {
            if (event.type === 'progress') tell(progressText(event.progress));
          },
        });
        results[at] = result;
        return { ok: !result.error, text: summary(result) };
      },
    }));
    await runTasks(tasks, door);
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/check/v1', ok: results.every(({ error }) => !error), results })}\n`);
    else door.stdout.write(report(tasks.map(({ title }) => title), results, door));
    return exitCode(results);
  } finally {
    interrupts.end();
    await toka.close();
  }
}

async function checkTools(toka: Toka, only: readonly string[] | undefined): Promise<Tool[]> {
  const names = only ?? (await toka.index()).tagged('check').map(({ qualified }) => qualified);
  if (names.length > 0) return Promise.all(names.map(async (name) => (await toka.findTool(name)).tool));
  throw new TokaError('TOKA_TOOL_UNKNOWN', 'no tool here is tagged "check"', { hint: 'is toka complete? toka tools list shows all tools' });
}

/** Checks take the paths they work on as `path`, all at once or one a run; without any they take the whole project. */
function paramsFor({ params }: Tool, paths: readonly string[], root: string): Record<string, unknown>[] {
  const wanted = paths.length === 0 ? [root] : paths;
  return params.properties['path']?.type === 'array' ? [{ path: wanted }] : wanted.map((path) => ({ path }));
}

function progressText({ done, total, message = '' }: { readonly done?: number; readonly total?: number; readonly message?: string }): string {
  return done === undefined ? message : `${done}${total === undefined ? '' : `/${total}`} ${message}`;
}

function summary({ error, data }: RunResult): string {
  if (error) return error.message;
  const message = (data as { message?: unknown } | undefined)?.message;
  return typeof message === 'string' ? message : 'ok';
}

function report(titles: readonly string[], results: readonly RunResult[], door: Door): string {
  const view = terminal(door.stdout, door.env);
  // Checks that say the same (a sandbox that is missing for all of them) say it once.
  const byText = new Map<string, string[]>();
  for (const [at, { output, error }] of results.entries()) {
    if (!error) continue;
    const hint = error.hint === undefined ? '' : `  ${paint(view, 'cyan', 'next:')} ${plain(error.hint)}\n`;
    const text = `${output === '' ? `${plain(error.message)}\n` : plain(output)}${hint}`;
    byText.set(text, [...(byText.get(text) ?? []), titles[at] ?? '']);
  }
  const details = [...byText].map(([text, who]) => `${paint(view, 'bold', who.join(', '))}\n${text}\n`);
  const rows = results.map((result, at) => [titles[at] ?? '', verdict(result), `${Math.round(result.usage.wallMs)} ms`, summary(result)]);
  return `${details.join('')}${table(['CHECK', 'RESULT', 'TOOK', 'SUMMARY'], rows, view)}`;
}

/** A check that could not run here is not a failed check, and never a passed one. */
function verdict({ error }: RunResult): string {
  if (!error) return 'passed';
  return error.code === 'TOKA_RUN_FAILED' ? 'failed' : error.code === 'TOKA_SANDBOX_UNAVAILABLE' ? 'refused' : error.code;
}

const UNAVAILABLE = 69;

/** 1 where a check failed; else the code of the first that could not run; 69 only where nothing worse happened than that some were refused here. */
function exitCode(results: readonly RunResult[]): number {
  const codes = results.map(({ error }) => exitCodeOf(error)).filter((code) => code !== 0);
  return codes.find((code) => code === 1) ?? codes.find((code) => code !== UNAVAILABLE) ?? codes[0] ?? 0;
}
