import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { LAUNCHER, type Place, until } from './cli.ts';

export const hasTmux = spawnSync('tmux', ['-V']).status === 0;

/** A terminal with a shell in the project; each is a session of its own. */
export interface Pane extends Disposable {
  /** Types `toka …` and Enter. */
  toka(line: string): void;
  /** Presses keys by tmux's names for them. */
  press(...keys: readonly string[]): void;
  type(text: string): void;
  /** Pastes as terminals do: in brackets, where these were asked for. */
  paste(text: string): void;
  resize(columns: number, rows: number): void;
  /** Closes the terminal, whatever runs in it. */
  close(): void;
  /** Resolves with the screen and what has left it once that holds the text. */
  shows(text: string | RegExp): Promise<string>;
  /** Resolves with the exit code of the last `toka`. */
  exit(): Promise<number>;
  screen(): string;
  /** Whether anything on the screen has a colour or is bold. */
  coloured(): boolean;
  /** Empties the screen, so that the next question is the first one on it. */
  clear(): Promise<void>;
}

/** Opens a terminal by tmux, with a server of its own; a planted secret on it fails the test. */
export function openPane({ project, base, env, planted }: Place, extra: Readonly<Record<string, string>> = {}, shell = 'bash --norc --noprofile', [columns, rows] = [180, 50]): Pane {
  const socket = join(base, `tmux-${Math.random().toString(36).slice(2, 8)}`);
  const tmux = (...words: readonly string[]): string => tmuxWith('', ...words);
  const tmuxWith = (input: string, ...words: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync('tmux', ['-S', socket, '-f', '/dev/null', ...words], {
      input,
      cwd: project,
      env: { ...env, ...extra, PS1: '> ' },
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`tmux ${words.join(' ')}: ${stderr}`);
    return stdout;
  };
  tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), shell);
  const screen = (): string => {
    const shown = tmux('capture-pane', '-p', '-J', '-S', '-500');
    planted.demandAbsent({ 'the terminal': shown });
    return shown;
  };
  let asked = 0;
  const type = (text: string): void => void tmux('send-keys', '-l', text);
  const press = (...keys: readonly string[]): void => void tmux('send-keys', ...keys);
  return {
    toka(line) {
      asked += 1;
      type(`${process.execPath} ${LAUNCHER} ${line}; echo "ended ${asked}:$?:"`);
      press('Enter');
    },
    press,
    type,
    paste(text) {
      tmuxWith(text, 'load-buffer', '-');
      tmux('paste-buffer', '-p', '-d');
    },
    resize: (width, height) => void tmux('resize-window', '-x', String(width), '-y', String(height)),
    async shows(text) {
      await until(() => (typeof text === 'string' ? screen().includes(text) : text.test(screen())));
      return screen();
    },
    async exit() {
      const end = new RegExp(`ended ${asked}:(\\d+):`);
      await until(() => end.test(screen()));
      return Number(end.exec(screen())?.[1]);
    },
    screen,
    coloured: () => tmux('capture-pane', '-p', '-e').includes('\u001b['),
    async clear() {
      screen();
      press('C-l');
      await until(() => !tmux('capture-pane', '-p').includes('ended'));
      tmux('clear-history');
    },
    close: () => void tmux('kill-server'),
    [Symbol.dispose]: () => {
      try {
        screen();
      } finally {
        tmux('kill-server');
      }
    },
  };
}
