import { EXIT_CODES } from '../errors.ts';
import { onOneLine } from '../manifest/plain.ts';
import type { ReplayOptions, ReplayReport, Retellable, Toka } from '../toka.ts';
import type { Door } from './door.ts';
import { listenForInterrupts } from './interrupt.ts';
import { liveView } from './live.ts';
import { readParams } from './params.ts';
import { differenceLines } from './run-diff.ts';
import { paint, plain, terminal, type Terminal } from './text.ts';

interface ReplayFlags {
  readonly allow?: readonly string[] | undefined;
  readonly json: boolean;
  readonly params?: string | undefined;
  readonly reexecute: boolean;
  readonly strict: boolean;
}

/** More places than this are counted, not shown. */
const MAX_SHOWN = 20;

/** `toka runs replay RUN` */
export async function replayRun(prefix: string, flags: ReplayFlags, door: Door): Promise<number> {
  const { json, reexecute, strict } = flags;
  const toka = await door.open({ readOnly: !reexecute });
  const live = liveView({ streams: door, view: terminal(door.stderr, door.env), output: 'nowhere', quiet: false });
  const interrupts = listenForInterrupts(door.stderr);
  try {
    const found = await toka.retellable(await (await toka.journal()).findRun(prefix));
    const params = flags.params === undefined ? await askedSecrets(toka, found, flags, door) : await readParams(flags.params, door.stdin);
    const options: ReplayOptions = { params, reexecute, strict, signal: interrupts.signal, onEvent: live.show, ...(flags.allow ? { allow: flags.allow } : {}) };
    const report = await toka.replay(found, options);
    live.end();
    door.stdout.write(json ? `${JSON.stringify(report)}\n` : describe(report, terminal(door.stdout, door.env)));
    return report.same ? 0 : EXIT_CODES.TOKA_REPLAY_DIVERGED;
  } finally {
    interrupts.end();
    await toka.close();
  }
}

async function askedSecrets(toka: Toka, { needs, variables, requested }: Retellable, { json, reexecute }: ReplayFlags, door: Door): Promise<Readonly<Record<string, unknown>>> {
  const names = reexecute ? [] : variables;
  if (needs.length + names.length === 0 || json || !door.isAttended) return {};
  const { askParameters, askVariable } = await import('./prompts.ts');
  const params: Record<string, unknown> = needs.length === 0 ? {} : await askParameters((await toka.findTool(requested.tool ?? '')).tool, needs);
  for (const name of names) params[name] = await askVariable(name);
  return params;
}

function describe(report: ReplayReport, view: Terminal): string {
  const { run, tool, same, divergence, differences, reexecuted, changedFiles = [] } = report;
  const again = reexecuted === undefined ? '' : `, done once more as ${reexecuted}`;
  const name = `${plain(tool)} ${run}${again}`;
  const lines = [
    same ? `${paint(view, 'green', 'the same')} ${name}` : `${paint(view, 'red', 'not the same')} ${paint(view, 'dim', 'TOKA_REPLAY_DIVERGED')} ${name}`,
    ...(divergence ? divergenceLines(divergence, view) : []),
    ...differences.slice(0, MAX_SHOWN).flatMap((difference) => differenceLines(difference, view)),
    ...(differences.length > MAX_SHOWN ? [`… and ${differences.length - MAX_SHOWN} more`] : []),
    ...changedFiles.slice(0, MAX_SHOWN).map(({ path, before, now }) => paint(view, 'dim', `${before === undefined ? 'new' : now === undefined ? 'gone' : 'changed'} since: ${onOneLine(plain(path))}`)),
    ...(changedFiles.length > MAX_SHOWN ? [`… and ${changedFiles.length - MAX_SHOWN} more files`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

type Divergence = NonNullable<ReplayReport['divergence']>;

function divergenceLines({ call, recorded, now, content }: Divergence, view: Terminal): string[] {
  const title = `it went another way at call ${call}`;
  if (recorded && content) return [`${title}: ${saidText(recorded)}`, ...differenceLines(content, view)];
  return [
    title,
    paint(view, 'red', `- on record: ${recorded ? saidText(recorded) : 'no such call'}`),
    paint(view, 'green', `+ now:       ${now ? saidText(now) : 'it was not made'}`),
  ];
}

function saidText({ do: verb, args }: NonNullable<Divergence['now']>): string {
  const text = onOneLine(plain(`${verb} ${JSON.stringify(args)}`));
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}
