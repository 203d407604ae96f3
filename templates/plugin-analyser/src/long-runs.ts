import { defineAnalyser, type Finding } from '@toka/sdk';

/** What is kept of a tool: figures and a few examples, however many runs it had. */
interface Seen {
  readonly observed: number;
  readonly longestMs: number;
  readonly runs: readonly string[];
  readonly from: number;
  readonly to: number;
}

const MOST_EXAMPLES = 10;

export default defineAnalyser({
  id: 'long-runs',
  summary: 'Find tools with runs that take long',
  options: { seconds: { description: 'what takes longer is found', default: 60, minimum: 1, maximum: 86_400 } },
  start({ seconds }) {
    const tools = new Map<string, Seen>();
    return {
      add({ id, tool, wallMs = 0, requestedAt }) {
        if (wallMs <= seconds * 1000) return;
        const { observed = 0, longestMs = 0, runs = [], from = requestedAt, to = requestedAt } = tools.get(tool) ?? {};
        tools.set(tool, {
          observed: observed + 1,
          longestMs: Math.max(longestMs, wallMs),
          // Runs come in any order, and the result must not depend on it.
          runs: [...runs, id].toSorted().slice(0, MOST_EXAMPLES),
          from: Math.min(from, requestedAt),
          to: Math.max(to, requestedAt),
        });
      },
      finish() {
        const findings = [...tools].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([tool, seen]) => finding(tool, seen, seconds));
        return { findings, tooFew: [] };
      },
    };
  },
});

function finding(tool: string, { observed, longestMs, runs, from, to }: Seen, seconds: number): Finding {
  const summary = `${observed} runs of ${tool} took longer than ${seconds} s`;
  return { kind: 'long', severity: 'info', summary, measured: { observed, longestMs }, tools: [tool], runs, from, to };
}
