import xterm from '@xterm/headless';
import type { Screen } from '../../src/ui/repl/renderer.ts';

/** A terminal in memory, with what has scrolled out of it. */
export interface VirtualScreen extends Screen {
  columns: number;
  rows: number;
  /** How often it was written to. */
  writes: number;
  /** Every line, the oldest first, without empty ones at the end. */
  lines(): Promise<string[]>;
  cursor(): Promise<{ readonly row: number; readonly column: number }>;
  resize(columns: number, rows: number): Promise<void>;
}

export function virtualScreen(columns: number, rows: number): VirtualScreen {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 });
  const settled = async (): Promise<void> => new Promise((resolve) => {
      terminal.write('', resolve);
    });
  const screen: VirtualScreen = {
    columns,
    rows,
    writes: 0,
    write(text) {
      screen.writes += 1;
      terminal.write(text);
    },
    async lines() {
      await settled();
      const { active } = terminal.buffer;
      const lines = Array.from({ length: active.length }, (_, at) => active.getLine(at)?.translateToString(true).trimEnd() ?? '');
      return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
    },
    async cursor() {
      await settled();
      const { active } = terminal.buffer;
      return { row: active.baseY + active.cursorY, column: active.cursorX };
    },
    async resize(width, height) {
      await settled();
      terminal.resize(width, height);
      Object.assign(screen, { columns: width, rows: height });
    },
  };
  return screen;
}
