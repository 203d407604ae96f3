import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Place, place } from '../../support/cli.ts';
import { hasTmux, openPane, type Pane } from '../../support/terminal.ts';

const FIELDS = [{ name: 'labels', description: 'The labels', schema: { type: 'object' } }];
const SCRIPT = [
  { when: 'which labels', text: 'I ask.', calls: [{ tool: 'ask_person', params: { text: 'How is it labelled?', fields: FIELDS } }] },
  { when: '"labels":\\{"a":1\\}', text: 'An object has come.' },
];

describe.skipIf(!hasTmux)('a headless run asks the person at the terminal (needs tmux)', () => {
  let here: Place;
  let pane: Pane;
  beforeEach(async () => {
    here = place({ 'talk.json': JSON.stringify(SCRIPT) });
    pane = openPane(here);
    pane.toka('agent run --model scripted/talk.json -p "which labels"');
    await pane.shows('labels (The labels)');
  });
  afterEach(() => {
    pane[Symbol.dispose]();
    here[Symbol.dispose]();
  });

  test('what is no JSON is asked again, and the run goes on with what is', async () => {
    pane.type('none');
    pane.press('Enter');
    await pane.shows('not what is wanted: object');
    pane.press('C-u');
    pane.type('{"a":1}');
    pane.press('Enter');
    await pane.shows('An object has come.');
    expect(await pane.exit()).toBe(0);
  });

  test('Ctrl-C ends the run, which is not a success', async () => {
    pane.press('C-c');
    expect(await pane.exit()).toBe(130);
  });
});
