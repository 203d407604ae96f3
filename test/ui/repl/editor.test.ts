import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emitKeypressEvents, type Key } from 'node:readline';
import { PassThrough } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Action, Editor } from '../../../src/ui/repl/editor/editor.ts';
import { History } from '../../../src/ui/repl/editor/history.ts';
import { themeOf } from '../../../src/ui/repl/theme.ts';

const plain = themeOf('plain', false);
const COMMANDS = [
  { name: 'theme', summary: 'colours', complete: (written: string) => [{ text: 'dark' }, { text: 'light' }].filter(({ text }) => text.startsWith(written)) },
  { name: 'tools', summary: 'tools' },
];

function opened({ history = new History(), isBusy = false, files = [] as readonly string[] } = {}) {
  const actions: Action[] = [];
  const editor = new Editor({ history, isBusy: () => isBusy, isKept: () => true, sources: { commands: () => COMMANDS, files: (written) => files.filter((path) => path.includes(written)) } });
  const stdin = new PassThrough();
  emitKeypressEvents(stdin);
  stdin.on('keypress', (text: string | undefined, key: Key) => {
    const action = editor.handle(text, key);
    if (action) actions.push(action);
  });
  // Written in one piece, as terminals do.
  const keys = (bytes: string): void => void stdin.emit('data', Buffer.from(bytes));
  return { editor, actions, keys, view: (columns = 40, rows = 20) => editor.view(columns, rows, plain) };
}

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'toka-history-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
};

describe('the editor', () => {
  test('Enter sends; Alt+Enter, Ctrl+J and a backslash make lines', () => {
    const { actions, keys } = opened();
    keys('one\u001b\rtwo\nthree\\\rfour\r');
    expect(actions).toEqual([{ type: 'sent', text: 'one\ntwo\nthree\nfour' }]);
  });

  test('nothing is sent where nothing is written', () => {
    const { actions, keys } = opened();
    keys('  \r');
    expect(actions).toEqual([]);
  });

  test('while a turn goes on Tab and Alt+Enter let it wait', () => {
    const { actions, keys } = opened({ isBusy: true });
    keys('first\tsecond\u001b\rthird\r');
    expect(actions.map(({ type }) => type)).toEqual(['queued', 'queued', 'sent']);
  });

  test.each([
    ['Ctrl+A, Ctrl+E', 'b\u0001a\u0005c', 'abc'],
    ['Ctrl+K, Ctrl+Y', 'abc\u0002\u0002\u000b\u0001\u0019', 'bca'],
    ['Ctrl+U', 'abc\u0015d', 'd'],
    ['Ctrl+W', 'one two/three\u0017x', 'one x'],
    ['Alt+B, Alt+D', 'one two\u001bb\u001bdx', 'one x'],
    ['Alt+F', 'one two\u0001\u001bfx', 'onex two'],
    ['Alt+Backspace', 'one two/three\u001b\u007fx', 'one two/x'],
    ['letters of several code points', 'a👩‍👩‍👧e\u0301\u007f\u007fb', 'ab'],
    ['arrows across wide letters', '日本\u001b[D\u001b[Dx', 'x日本'],
  ])('%s', (_name, typed, text) => {
    const { editor, keys } = opened();
    keys(typed);
    expect(editor.text).toBe(text);
  });

  test('up and down move through lines first, and then through history; the draft comes back', () => {
    const history = new History();
    history.add('earlier');
    const { editor, keys } = opened({ history });
    keys('one\ntwo\u001b[A\u001b[A');
    expect(editor.text).toBe('earlier');
    keys('\u001b[B');
    expect(editor.text).toBe('one\ntwo');
  });

  test('a large paste is one piece to the eye, and whole when it is sent; what is in it is no key', () => {
    const pasted = `${'x'.repeat(80)}\r\n`.repeat(1234);
    const { editor, actions, keys, view } = opened();
    keys(`see \u001b[200~${pasted}\u0003\u001b[201~ there`);
    expect(view(80).lines[0]).toBe('> see [pasted 1,235 lines] there');
    keys('\r');
    expect(actions).toEqual([{ type: 'sent', text: `see ${pasted.replaceAll('\r\n', '\n')} there` }]);
    expect(editor.isEmpty).toBe(true);
  });

  test('a piece is deleted as one', () => {
    const { editor, keys } = opened();
    keys(`a\u001b[200~${'x\n'.repeat(100)}\u001b[201~\u007f`);
    expect(editor.text).toBe('a');
  });

  test('long text is laid out in lines that fit, and the part around the cursor is shown', () => {
    const { keys, view } = opened();
    keys('日本語'.repeat(10));
    const { lines, row, column } = view(20, 3);
    expect(lines).toEqual(['> 日本語日本語日本語', '  日本語日本語日本語', '  日本語']);
    expect([row, column]).toEqual([2, 8]);
  });

  test('Ctrl+R finds the nearest, again an older one; Enter sends it, Escape gives up', () => {
    const history = new History();
    for (const text of ['make build', 'run tests', 'make clean']) history.add(text);
    const { actions, editor, keys, view } = opened({ history });
    keys('\u0012make');
    expect(view().lines[0]).toBe('(search) make: make clean');
    keys('\u0012');
    expect(view().lines[0]).toBe('(search) make: make build');
    keys('\r');
    expect(actions).toEqual([{ type: 'sent', text: 'make build' }]);
    keys('\u0012tests\u0005!');
    expect(editor.text).toBe('run tests!');
  });

  test('Tab completes commands, their arguments, and files after @', () => {
    const { editor, keys } = opened({ files: ['src/app.ts', 'test/app.ts'] });
    keys('/th\tli\t');
    expect(editor.text).toBe('/theme light');
    keys('\u0015look at @src\t!');
    expect(editor.text).toBe('look at @src/app.ts !');
  });

  test('what could be meant is shown below, and arrows choose', () => {
    const { editor, keys, view } = opened();
    keys('/t');
    expect(view().lines.slice(1).map((line) => line.trim().split(/\s+/)[0])).toEqual(['/theme', '/tools']);
    keys('\u001b[B\r');
    expect(editor.text).toBe('/tools');
  });

  test('keys that mean nothing here write nothing', () => {
    const { editor, keys } = opened();
    keys('\u001bOP\u001b[15~\u001b[1;2Q\u0000\u001f');
    expect(editor.text).toBe('');
  });
});

describe('history', () => {
  test('is kept across sessions in a file that only its user can read', () => {
    const file = join(folder(), 'repl/history');
    const first = new History(file);
    first.add('two\nlines');
    first.add(' with a space before it');
    first.add('x'.repeat(20_000));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(new History(file).older('')).toBe('two\nlines');
  });

  test('is bounded, and does without lines that are none of its own', () => {
    const file = join(folder(), 'history');
    writeFileSync(file, `${Array.from({ length: 3000 }, (_, at) => JSON.stringify(`entry ${at}`)).join('\n')}\n{"no": "text"}\nnonsense\n`);
    expect(new History(file).older('')).toBe('entry 2999');
    expect(statSync(file).size).toBeLessThan(20_000);
  });
});
