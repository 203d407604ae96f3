import { expect, onTestFinished, test } from 'vitest';
import { type Place, place } from '../../support/cli.ts';
import { hasTmux, openPane } from '../../support/terminal.ts';

const SCRIPT = [
  { when: 'write it', text: 'I write it.', calls: [{ tool: 'files/file-writer', params: { path: 'notes.txt', content: 'from the agent\n', mode: 'overwrite' } }] },
  { when: '"changed":true', text: 'It **is** written.\n\n- once' },
  { when: 'denied|DENIED', text: 'It was denied.' },
  { when: '.*', text: 'Heard.', usage: { inputTokens: 100, outputTokens: 3 } },
];

function opened(): Place {
  const here = place({ 'talk.json': JSON.stringify(SCRIPT), 'notes.txt': 'from the person\n' });
  onTestFinished(() => here[Symbol.dispose]());
  return here;
}

const talk = async (here: Place, lines: readonly string[], flags: readonly string[] = []) =>
  here.run(['agent', 'run', '--model', 'scripted/talk.json', ...flags], { input: lines.map((line) => `${line}\n`).join('') });

test('what is piped in is said line by line; answers go to stdout, all else to stderr', async () => {
  const { code, stdout, stderr } = await talk(opened(), ['hello', '', '/cost', '!echo no shell here']);
  expect(code).toBe(0);
  expect(stderr).not.toContain('Heard');
  expect(stdout).toBe('Heard.\ntokens in           100\nof these cached     not told\ntokens out          3\nof these reasoning  not told\nmoney               not known\nHeard.\n');
});

test('where nothing is piped in at all, that is an error', async () => {
  for (const lines of [[], ['', ' ']]) expect(await talk(opened(), lines)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('TOKA_USAGE') as string });
});

test('a line that fails decides the exit code, and the next ones are said all the same', async () => {
  const { code, stdout, stderr } = await talk(opened(), ['/nothing', 'hello']);
  expect([code, stdout]).toEqual([2, 'Heard.\n']);
  expect(stderr).toContain('TOKA_USAGE');
});

test.each(['/plan maybe', '/deny', '/rename', '/theme pink'])('%s is not understood, which decides the exit code', async (line) => {
  const { code, stdout, stderr } = await talk(opened(), [line]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('TOKA_USAGE');
});

test('nobody is asked in a pipe; what is allowed there is done, shown and undone by lines', async () => {
  const here = opened();
  await talk(here, ['write it']);
  expect(here.read('notes.txt')).toBe('from the person\n');
  const { stdout } = await talk(here, ['write it', '/diff', '/undo', '/sessions'], ['--allow', 'fs:write:notes.txt']);
  expect(stdout).toContain('It is written.\n\n• once\n--- notes.txt\n+++ notes.txt\n');
  expect(stdout).toMatch(/^-from the person\n\+from the agent$/m);
  expect(here.read('notes.txt')).toBe('from the person\n');
});

test('/deny takes away what a flag allows', async () => {
  const here = opened();
  await talk(here, ['/deny fs:write', 'write it'], ['--allow', 'fs:write:notes.txt']);
  expect(here.read('notes.txt')).toBe('from the person\n');
});

test('a conversation that only lines are kept of is refused', async () => {
  expect((await talk(opened(), ['hello'], ['--ephemeral'])).code).toBe(2);
});

test.skipIf(!hasTmux)('for a screen reader there are lines alone, and questions are answered by numbers (needs tmux)', async () => {
  const here = opened();
  here.write({ 'toka.yaml': 'apiVersion: toka/v1\n' });
  using pane = openPane(here, {}, undefined, [80, 40]);
  pane.toka('agent run --model scripted/talk.json --screen-reader');
  await pane.shows(/--screen-reader/);
  pane.type('write it');
  pane.press('Enter');
  const shown = await pane.shows(/number, 1 to 5/);
  expect(shown).toContain('+from the agent');
  pane.type('1');
  pane.press('Enter');
  await pane.shows(/It is written\.[^]*done/);
  expect(here.read('notes.txt')).toBe('from the agent\n');
  pane.type('/quit');
  pane.press('Enter');
  expect(await pane.exit()).toBe(0);
  expect(pane.coloured()).toBe(false);
});
