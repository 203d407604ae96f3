import { describeProbe, type Row } from '../sandbox/describe.ts';
import { probeSandbox } from '../sandbox/probe.ts';
import type { Door } from './door.ts';
import { fixSandbox } from './fix.ts';
import { paint, table, terminal, type Terminal } from './text.ts';

/** `toka doctor`: what this machine enforces, found out by attacking it. */
export async function doctor({ fix, json }: { readonly fix: boolean; readonly json: boolean }, door: Door): Promise<number> {
  let probe = await probeSandbox({ fresh: true });
  if (fix && probe.failure && (await fixSandbox(door))) probe = await probeSandbox({ fresh: true });
  const rows = describeProbe(probe);
  const ok = rows.every(({ state }) => state !== 'missing');
  if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/doctor/v1', ok, guarantees: rows })}\n`);
  else door.stdout.write(report(rows, ok, terminal(door.stdout, door.env)));
  return ok ? 0 : 69;
}

function report(rows: readonly Row[], ok: boolean, view: Terminal): string {
  const text = table(['GUARANTEE', 'STATE', 'BY'], rows.map(({ guarantee, state, by }) => [guarantee, state, by]), view);
  const fixes = rows.flatMap(({ guarantee, fix }) => (fix === undefined ? [] : [`  ${guarantee}: ${fix}`]));
  const verdict = ok ? paint(view, 'green', 'sandboxed tools can run here') : paint(view, 'red', 'sandboxed tools are refused here; tools that are part of toka run');
  return `${text}\n${fixes.length === 0 ? '' : `to get more:\n${fixes.join('\n')}\n`}${verdict}\n`;
}
