import { EXIT_CODES } from '../errors.ts';
import type { ToolChange } from '../toka.ts';
import type { Door } from './door.ts';
import { untilInterrupted } from './interrupt.ts';
import { paint, plain, terminal, type Terminal } from './text.ts';

/** `toka tools watch` */
export async function watch({ json }: { readonly json: boolean }, door: Door): Promise<number> {
  const toka = await door.open();
  const interrupts = untilInterrupted();
  const view = terminal(door.stdout, door.env);
  try {
    const { length } = (await toka.index()).names();
    door.stderr.write(`watching ${length} tools\n`);
    await toka.watchTools((change) => door.stdout.write(json ? `${JSON.stringify({ schema: 'toka/tool-change/v1', ...change })}\n` : line(change, view)), { signal: interrupts.signal });
    return EXIT_CODES.TOKA_CANCELLED;
  } finally {
    interrupts.end();
    await toka.close();
  }
}

const STYLES = { added: 'green', changed: 'yellow', removed: 'red' } as const;

function line({ type, tool, before, after }: ToolChange, view: Terminal): string {
  return `${paint(view, STYLES[type], type.padEnd(7))}  ${plain(tool)}${type === 'changed' ? `  ${what(before, after)}` : ''}\n`;
}

/** Which of the two parts of a tool is another one. */
function what(before: ToolChange['before'], after: ToolChange['after']): string {
  const parts = (['manifest', 'code'] as const).filter((part) => before?.[part] !== after?.[part]);
  return parts.map((part) => `${part} ${short(before?.[part])} → ${short(after?.[part])}`).join(', ');
}

function short(digest: string | undefined): string {
  return digest?.slice(0, 12) ?? 'none';
}
