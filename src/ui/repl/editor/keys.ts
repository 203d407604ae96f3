import type { Key } from 'node:readline';

/** What a key asks for, where it is no text. */
export type Command =
  | 'send'
  | 'newline'
  | 'queue-or-newline'
  | 'tab'
  | 'tab-back'
  | 'escape'
  | 'interrupt'
  | 'end'
  | 'suspend'
  | 'redraw'
  | 'edit'
  | 'search'
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'older'
  | 'newer'
  | 'word-left'
  | 'word-right'
  | 'line-start'
  | 'line-end'
  | 'delete-left'
  | 'delete-right'
  | 'kill-word-left'
  | 'kill-blank-left'
  | 'kill-word-right'
  | 'kill-to-start'
  | 'kill-to-end'
  | 'yank'
  | 'paste-start'
  | 'paste-end'
  | 'prefix'
  | 'nothing';

const PLAIN: Readonly<Record<string, Command>> = {
  return: 'send',
  enter: 'newline',
  tab: 'tab',
  escape: 'escape',
  left: 'left',
  right: 'right',
  up: 'up',
  down: 'down',
  home: 'line-start',
  end: 'line-end',
  backspace: 'delete-left',
  delete: 'delete-right',
  'paste-start': 'paste-start',
  'paste-end': 'paste-end',
};

const CTRL: Readonly<Record<string, Command>> = {
  a: 'line-start',
  b: 'left',
  c: 'interrupt',
  d: 'end',
  e: 'line-end',
  f: 'right',
  g: 'edit',
  h: 'delete-left',
  k: 'kill-to-end',
  l: 'redraw',
  n: 'newer',
  p: 'older',
  r: 'search',
  u: 'kill-to-start',
  w: 'kill-blank-left',
  x: 'prefix',
  y: 'yank',
  z: 'suspend',
  left: 'word-left',
  right: 'word-right',
};

const META: Readonly<Record<string, Command>> = {
  return: 'queue-or-newline',
  enter: 'queue-or-newline',
  escape: 'escape',
  b: 'word-left',
  f: 'word-right',
  d: 'kill-word-right',
  backspace: 'kill-word-left',
  left: 'word-left',
  right: 'word-right',
};

/** What a key of Node's decoder means here; undefined where it is text. */
export function commandOf({ name = '', ctrl, meta, shift, sequence = '' }: Key): Command | undefined {
  if (shift === true && name === 'tab') return 'tab-back';
  if (meta === true && name !== '') return META[name] ?? 'nothing';
  if (ctrl === true) return CTRL[name] ?? 'nothing';
  const known = PLAIN[name];
  if (known !== undefined) return known;
  return /^[\u0000-\u001f\u007f]/.test(sequence) || sequence === '' ? 'nothing' : undefined;
}
