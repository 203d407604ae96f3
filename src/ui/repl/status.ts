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
  readonly capabilities?: string;
  readonly isPlanning: boolean;
  /** What goes on. */
  readonly running?: string;
}

/** One line; what does not fit is left out, the least important first. */
export function statusLine(status: Status, columns: number, theme: Theme): string {
  const { isPlanning, running, model, context, usage, capabilities } = status;
  const parts = [
    isPlanning ? 'plan mode' : undefined,
    running === undefined ? undefined : shown(running),
    model === undefined ? undefined : shown(model),
    context === undefined ? undefined : contextText(context),
    usage.microdollars === undefined ? undefined : money(usage.microdollars),
    usage.inputTokens === undefined && usage.outputTokens === undefined ? undefined : tokensText(usage),
    capabilities === undefined ? undefined : shown(capabilities),
  ].filter((part) => part !== undefined);
  while (parts.length > 1 && widthOf(parts.join(' · ')) > columns) parts.pop();
  return theme.quiet(cut(parts.join(' · '), columns));
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

export function short(count: number): string {
  if (count < 1000) return String(count);
  return count < 1_000_000 ? `${(count / 1000).toFixed(count < 10_000 ? 1 : 0)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}
