import type { AnalysisResult } from '@toka/sdk';
import * as z from 'zod';

const LINE = z.string().min(1).max(2000);
const FIGURE = z.number();
const TIME = z.number().min(-8.64e15).max(8.64e15);

const finding = z.object({
  kind: z.string().min(1).max(100),
  severity: z.enum(['info', 'warning']),
  summary: LINE,
  measured: z.record(z.string().min(1).max(100), FIGURE).refine((measured) => Object.keys(measured).length <= 50, 'at most 50 figures'),
  tools: z.array(LINE).max(1000),
  runs: z.array(LINE).max(10),
  from: TIME,
  to: TIME,
  series: z.array(FIGURE.min(0)).max(60).exactOptional(),
});

const result = z.object({
  findings: z.array(finding).max(100_000),
  tooFew: z.array(z.object({ tool: LINE, kind: z.string().min(1).max(100), n: FIGURE.min(0), needed: FIGURE.min(0) })).max(100_000),
});

/**
 * Reads what an analyser has answered, which is whatever its author wrote.
 *
 * @returns The result with nothing in it that is not known, or what is wrong with it.
 */
export function parseResult(answer: unknown): { readonly result: AnalysisResult } | { readonly fault: string } {
  const parsed = result.safeParse(answer);
  if (parsed.success) return { result: parsed.data };
  const [issue] = parsed.error.issues;
  return { fault: `${issue?.path.join('.') || 'its result'}: ${issue?.message ?? 'it is not known'}` };
}
