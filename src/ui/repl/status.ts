import type { ModelUsage } from '../../model/port.ts';
import type { Theme } from './theme.ts';
import { cut, shown, widthOf } from './width.ts';

/** What the line below the input tells. */
export interface Status {
  /** `PROVIDER/MODEL`. */
  readonly model?: string;
  readonly usage: ModelUsage;
  /** Tokens of the last request, and how many fit. */
  readonly context?: { readonly used: number; readonly limit?: number };
  /** What is granted: the same in forms that get shorter. */
  readonly capabilities: readonly string[];
  readonly isPlanning: boolean;
  /** What goes on. */
  readonly running?: string;
}

/** One line; what does not fit is told shorter, then left out, the least important first. */
export function statusLine(status: Status, columns: number, theme: Theme): string {
  const { capabilities } = status;
  const lines = (capabilities.length === 0 ? [undefined] : capabilities).map((granted) => partsOf(status, granted));
  const most = Math.max(...lines.map(({ length }) => length));
  for (let count = most; count > 1; count--) {
    const fitting = lines.map((parts) => parts.slice(0, count).join(' · ')).find((line) => widthOf(line) <= columns);
    if (fitting !== undefined) return theme.quiet(fitting);
  }
  return theme.quiet(cut(lines[0]?.[0] ?? '', columns));
}

function partsOf({ isPlanning, running, model, context, usage }: Status, granted: string | undefined): readonly string[] {
  return [
    isPlanning ? 'plan mode' : undefined,
    running === undefined ? undefined : shown(running),
    model === undefined ? undefined : shown(model),
    granted === undefined ? undefined : shown(granted),
    context === undefined ? undefined : contextText(context),
    usage.microdollars === undefined ? undefined : money(usage.microdollars),
    usage.inputTokens === undefined && usage.outputTokens === undefined ? undefined : tokensText(usage),
  ].filter((part) => part !== undefined);
}

export function money(microdollars: number): string {
  const dollars = microdollars / 1_000_000;
  return `$${dollars.toFixed(dollars < 1 ? 4 : 2)}`;
}

function tokensText({ inputTokens = 0, outputTokens = 0 }: ModelUsage): string {
  return `${short(inputTokens)} in, ${short(outputTokens)} out`;
}

function contextText({ used, limit }: NonNullable<Status['context']>): string {
  return limit === undefined ? `context ${short(used)}` : `context ${Math.round((used / limit) * 100)}% of ${short(limit)}`;
}

function short(count: number): string {
  if (count < 1000) return String(count);
  return count < 1_000_000 ? `${(count / 1000).toFixed(count < 10_000 ? 1 : 0)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}
