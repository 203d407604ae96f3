import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Place, place, until } from '../../support/cli.ts';
import { hasTmux, openPane, type Pane } from '../../support/terminal.ts';

const SCRIPT = [
  { when: 'write it', text: 'I write it.', calls: [{ tool: 'files/file-writer', params: { path: 'notes.txt', content: 'from the agent\n', mode: 'overwrite' } }] },
  { when: 'again', text: 'Once more.', calls: [{ tool: 'files/file-writer', params: { path: 'notes.txt', content: 'written again\n', mode: 'overwrite' } }] },
  { when: '"changed":true|created', text: 'It **is** written.' },
  { when: 'FLOW|DENIED|denied', text: 'So it stays as it is.' },
  { when: 'for ever', text: 'word ', end: 'repeat', delayMs: 20, chunkChars: 5 },
  { when: 'slowly', text: 'Slow, slow, slow, slow, slow, slow. ', delayMs: 250, chunkChars: 3, calls: [{ tool: 'files/file-lister', params: { path: '.' } }] },
  { when: 'listen', text: 'I have listened.' },
  { when: 'later', text: 'Later it is.' },
  { when: 'long', text: Array.from({ length: 120 }, (_, at) => `Paragraph ${at + 1}.\n\n`).join(''), delayMs: 1, chunkChars: 40 },
  { when: 'which port', text: 'I ask.', calls: [{ tool: 'ask_person', params: { text: 'Where does it listen?', fields: [{ name: 'port', description: 'The port', schema: { type: 'integer' } }] } }] },
  { when: '"port":8080', text: 'A number has come.' },
  { when: 'two things', text: 'I ask.', calls: [{ tool: 'ask_person', params: { text: 'First?' } }, { tool: 'ask_person', params: { text: 'Second?' } }] },
  { when: '"answer":"(one|two)"', text: 'Both have come.' },
  { when: 'nobody is there', text: 'No answer has come.' },
  { when: '.*', text: 'Heard.', usage: { inputTokens: 1200, outputTokens: 30 } },
];

interface Listed {
  readonly tool?: string;
  readonly status: string;
}

const RUN = 'agent run --model scripted/talk.json';

describe.skipIf(!hasTmux)('a conversation in a terminal (needs tmux)', () => {
  let here: Place;
  let pane: Pane;
  beforeEach(() => {
    here = place({ 'talk.json': JSON.stringify(SCRIPT), 'notes.txt': 'from the person\n' });
  });
  afterEach(() => {
    pane[Symbol.dispose]();
    here[Symbol.dispose]();
  });

  const begin = async (size: [number, number] = [100, 40], env: Record<string, string> = {}, flags = ''): Promise<void> => {
    pane = openPane(here, env, undefined, size);
    pane.toka(`${RUN} ${flags}`);
    await pane.shows(/^scripted\/talk\.json/m);
  };
  const say = (text: string): void => {
    pane.type(text);
    pane.press('Enter');
  };
  const notes = (): string => readFileSync(join(here.project, 'notes.txt'), 'utf8');

  test('approvals with the difference, undo, rewind of what somebody else has changed, fork and resume', async () => {
    await begin();
    say('write it');
    const asked = await pane.shows(/-from the person\n\+from the agent[^]*5 deny, and say why/);
    expect(asked).toContain(`session: fs:write:${here.project}/notes.txt for files/file-writer`);
    await setTimeout(600);
    pane.press('4');
    await pane.shows('So it stays as it is.');
    expect(notes()).toBe('from the person\n');
    say('write it');
    await pane.shows(/\? files\/file-writer[^]*\? files\/file-writer[^]*5 deny/);
    await setTimeout(600);
    pane.press('2');
    await pane.shows('It is written.');
    expect(notes()).toBe('from the agent\n');
    say('again');
    await until(() => notes() === 'written again\n');
    await pane.shows(/is written[^]*is written/);
    say('/diff');
    await pane.shows(/-from the person\n\+written again/);
    say('/undo');
    await pane.shows('the last turn is undone');
    expect(notes()).toBe('from the agent\n');
    writeFileSync(join(here.project, 'notes.txt'), 'by somebody else\n');
    say('/rewind 2');
    await pane.shows(/changed by somebody else since:\s+notes\.txt[^]*3 do nothing/);
    pane.press('1');
    await pane.shows(/undone\n>/);
    expect(notes()).toBe('by somebody else\n');
    say('/fork the other way');
    await pane.shows('forked from');
    say('/resume');
    await pane.shows(/write it \(1 turn\)[^]*stay here/);
    pane.press('1');
    await pane.shows(/session \S+: write it/);
    say('/quit');
    expect(await pane.exit()).toBe(0);
    expect((await here.json<{ sessions: readonly unknown[] }>(['agent', 'sessions', 'list'])).sessions).toHaveLength(2);
  });

  test('a turn is stopped, steered and followed; Ctrl-C twice quits', async () => {
    await begin();
    say('for ever');
    await pane.shows(/word word word/);
    pane.press('Escape');
    await pane.shows('stopped');
    say('slowly');
    await pane.shows('Slow, slow');
    say('listen');
    pane.type('later');
    pane.press('Tab');
    await pane.shows(/at the next step: listen\nafter this turn: later/);
    await pane.shows(/> listen\n\nI have listened\.\n\n> later\n\nLater it is\./);
    say('for ever');
    await pane.shows(/Later it is[^]*word word word/);
    pane.press('C-c');
    await pane.shows('Ctrl-C again quits');
    pane.press('C-c');
    expect(await pane.exit()).toBe(0);
    const { runs } = await here.json<{ runs: readonly Listed[] }>(['runs', 'list']);
    expect(runs.filter(({ tool }) => tool?.startsWith('agent/')).map(({ status }) => status)).toEqual(['cancelled', 'succeeded', 'succeeded', 'cancelled']);
  });

  test('40 columns without colour: nothing is wider, what scrolls away stays, and another size draws the region alone anew', async () => {
    await begin([40, 12], { NO_COLOR: '1' });
    say('long');
    await pane.shows('Paragraph 120.');
    const shown = await pane.shows(/Paragraph 120\.\s+>/);
    expect(shown.match(/^Paragraph \d+\.$/gm)).toHaveLength(120);
    expect(pane.coloured()).toBe(false);
    pane.type('half a sentence, longer than one line');
    // Typing has to wait until toka is told of the size, which tmux may put off.
    for (const [columns, rows, layout] of [[30, 10, /longer tha\n {2}n one line\n/], [61, 20, /longer than one line\n/], [35, 12, /longer than one\n {3}line\n/]] as const) {
      pane.resize(columns, rows);
      await pane.shows(layout);
    }
    const after = await pane.shows(/> half a sentence/);
    expect(after.match(/^Paragraph \d+\.$/gm)).toHaveLength(120);
    expect(after.match(/> half a sentence/g)).toHaveLength(1);
  });

  test('what is granted stands in words in the status line, and without colour where none is wanted', async () => {
    await begin([100, 30], { NO_COLOR: '1' });
    say('/allow net:connect:example.org:443');
    await pane.shows(/^scripted\/talk\.json · .*net 1 host/m);
    expect(pane.coloured()).toBe(false);
  });

  test('a number that is asked for is asked again until it is one, and the agent gets it as a number', async () => {
    await begin();
    say('which port');
    await pane.shows('port (The port)');
    say('many');
    await pane.shows('not what is wanted: {"type":"integer"}');
    say('8080');
    expect(await pane.shows('A number has come.')).toContain('ask_person');
  });

  test('of two questions at once each is answered', async () => {
    await begin();
    say('two things');
    await pane.shows(/^First\?$/m);
    say('one');
    await pane.shows(/^Second\?$/m);
    say('two');
    expect(await pane.shows('Both have come.')).toContain('ask_person');
  });

  test.each(['Escape', 'C-c'])('a question is left unanswered with %s, and the conversation goes on', async (key) => {
    await begin();
    say('which port');
    await pane.shows('port (The port)');
    pane.press(key);
    await pane.shows(/(\bneeded\b|needed:|No answer has come|TOKA_INPUT_NEEDED)/i);
    say('hello');
    await pane.shows('Heard.');
    expect(pane.screen().match(/^> $|^>$/gm)).toHaveLength(1);
  });

  test('pastes are folded, the editor of the person is opened, and Ctrl-Z comes back', async () => {
    here.write({ 'editor.sh': '#!/bin/sh\nprintf " and more" >> "$1"\n' });
    await begin([100, 30], { EDITOR: join(here.project, 'editor.sh') });
    pane.paste('x'.repeat(100).concat('\n').repeat(1000));
    await pane.shows('> [pasted 1,001 lines]');
    pane.press('Enter');
    await pane.shows(/Heard\./);
    pane.type('text');
    pane.press('C-g');
    await pane.shows('> text and more');
    pane.press('C-z');
    await pane.shows('Stopped');
    pane.type('echo in the shell; fg; echo "left with $?"');
    pane.press('Enter');
    await pane.shows(/in the shell\n[^]*> text and more/);
    pane.press('C-u');
    say('!echo from the sandbox');
    await pane.shows(/^from the sandbox$/m);
    expect(pane.screen()).toContain('context 1.2k');
    pane.press('C-d');
    await pane.shows('left with 0');
  });

  test('of two on one session the second is told, and goes on in one of its own', async () => {
    await begin();
    say('hello');
    await pane.shows('Heard.');
    using second = openPane(here, {}, undefined, [100, 40]);
    second.toka(`${RUN} --continue`);
    await second.shows(/session \S+: hello/);
    say('hello once more');
    await pane.shows(/Heard[^]*Heard/);
    second.type('and I');
    second.press('Enter');
    await second.shows('somebody else goes on with this session');
    await second.shows(/Heard[^]*Heard/);
    pane.press('C-d');
    expect(await pane.exit()).toBe(0);
  });

  test('a terminal that is closed ends the turn, which is recorded', async () => {
    await begin();
    say('for ever');
    await pane.shows('word word');
    pane.close();
    const isCancelled = ({ tool, status }: Listed): boolean => tool === 'agent/assistant' && status === 'cancelled';
    const listed = async (): Promise<readonly Listed[]> => (await here.json<{ runs: readonly Listed[] }>(['runs', 'list'])).runs;
    await until(async () => (await listed()).some(isCancelled));
    expect((await listed()).map(({ status }) => status)).not.toContain('interrupted');
    pane = openPane(here);
  });

  test('a turn whose process was killed is gone on with', async () => {
    await begin();
    say('slowly');
    await pane.shows('Slow, slow');
    pane.press('C-z');
    await pane.shows('Stopped');
    say('kill -9 %1; sleep 0.1; echo gone');
    await pane.shows(/^gone$/m);
    pane.toka(`${RUN} --continue`);
    await pane.shows(/cut off[^]*1 go on/);
    pane.press('1');
    await pane.shows('Heard.');
    pane.press('C-d');
    expect(await pane.exit()).toBe(0);
  });
});
