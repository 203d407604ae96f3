import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Place, place } from '../../support/cli.ts';
import { hasTmux, openPane, type Pane } from '../../support/terminal.ts';

const QUESTION = Array.from({ length: 80 }, (_, at) => `Line ${at + 1} of the question.`).join('\n');

const SCRIPT = [
  { when: 'write it', text: 'I write it.', calls: [{ tool: 'files/file-writer', params: { path: 'notes.txt', content: 'from the agent\n', mode: 'overwrite' } }] },
  { when: '"changed":', text: 'It is written.' },
  { when: 'FLOW|DENIED|denied', text: 'So it stays as it is.' },
  { when: 'long question', text: 'I ask.', calls: [{ tool: 'ask_person', params: { text: QUESTION } }] },
  { when: '"answer":"blue"', text: 'Blue it is.' },
  { when: 'INPUT_NEEDED|nobody is there', text: 'No answer has come.' },
  { when: '.*', text: 'Heard.' },
];

describe.skipIf(!hasTmux)('questions in a terminal (needs tmux)', () => {
  let here: Place;
  let pane: Pane;
  beforeEach(() => {
    here = place({ 'toka.yaml': 'apiVersion: toka/v1\n', 'talk.json': JSON.stringify(SCRIPT), 'notes.txt': 'from the person\n' });
  });
  afterEach(() => {
    pane[Symbol.dispose]();
    here[Symbol.dispose]();
  });

  const begin = async (flags = '', shows: string | RegExp = /^scripted\/talk\.json/m): Promise<void> => {
    pane = openPane(here, {}, undefined, [100, 40]);
    pane.toka(`agent run --model scripted/talk.json ${flags}`);
    await pane.shows(shows);
  };
  const say = (text: string): void => {
    pane.type(text);
    pane.press('Enter');
  };
  const notes = (): string => readFileSync(join(here.project, 'notes.txt'), 'utf8');

  /** Keys that come right after a question has appeared are not meant for it. */
  const isAsked = async (text: string): Promise<void> => {
    await pane.shows(text);
    await setTimeout(600);
  };

  test('what is pasted answers no question, and is what is written once that is answered', async () => {
    await begin();
    say('write it');
    await isAsked('5 deny');
    pane.paste('1 of 3\n');
    pane.press('Escape');
    await pane.shows(/So it stays as it is\.[^]*> 1 of 3/);
    expect(notes()).toBe('from the person\n');
  });

  test('Ctrl-Z suspends in a question as well, and fg comes back to it', async () => {
    await begin();
    say('write it');
    await pane.shows('5 deny');
    pane.press('C-z');
    await pane.shows('Stopped');
    say('clear; fg');
    await isAsked('5 deny');
    pane.press('1');
    await pane.shows('It is written.');
    expect(notes()).toBe('from the agent\n');
  });

  test('what is granted for always is not asked again in the same conversation', async () => {
    await begin();
    say('write it');
    await isAsked('3 always');
    pane.press('3');
    await pane.shows('It is written.');
    say('write it');
    await pane.shows(/It is written\.[^]*It is written\./);
    expect(pane.screen().match(/^ {2}always$/gm)).toHaveLength(1);
  });

  test('a question that is longer than the screen can be read as a whole', async () => {
    await begin();
    say('long question');
    const shown = await pane.shows(/Line 80 of the question\.[^]*Line 1 of the question\. …\n>/);
    expect(shown.match(/^Line \d+ of the question\.$/gm)).toHaveLength(80);
    say('blue');
    await pane.shows('Blue it is.');
  });

  test('among lines alone Ctrl-C leaves a question unanswered, and what is then said is said', async () => {
    await begin('--screen-reader', /--screen-reader/);
    say('long question');
    await pane.shows('Line 80 of the question.:');
    pane.press('C-c');
    await pane.shows(/No answer has come|INPUT_NEEDED/);
    await pane.shows(/^done$/m);
    say('hello');
    const shown = await pane.shows(/Heard\.\ndone/);
    expect(shown.match(/^done$/gm)).toHaveLength(2);
  });

  test('of what is said in many lines it is shown how many are not', async () => {
    await begin();
    pane.paste(Array.from({ length: 30 }, (_, at) => `said ${at + 1}`).join('\n'));
    pane.press('Enter');
    expect(await pane.shows(/… 10 more lines[^]*Heard\./)).not.toContain('said 21');
  });
});
