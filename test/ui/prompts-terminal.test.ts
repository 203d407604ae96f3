import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Place, place, tool, until } from '../support/cli.ts';
import { hasTmux, openPane, type Pane } from '../support/terminal.ts';

const SCRIPT = [
  { when: 'write it', calls: [{ tool: 'files/file-writer', params: { path: 'notes.txt', content: 'x\n', mode: 'overwrite' } }] },
  { when: 'which colour', calls: [{ tool: 'ask_person', params: { text: 'Which colour?' } }] },
  { when: 'greet me', calls: [{ tool: 'project/greet', params: {} }] },
  { when: 'wide', calls: [{ tool: 'files/file-lister', params: { path: '日本語'.repeat(40) } }] },
  { when: 'cancelled|CANCELLED', text: 'It went on.' },
  { when: '.*', text: 'Heard.' },
];

describe.skipIf(!hasTmux)('a question beside a run (needs tmux)', () => {
  let here: Place;
  let pane: Pane;
  beforeEach(() => {
    here = place({ ...tool('greet', 'echo "the tool ran"'), 'talk.json': JSON.stringify(SCRIPT) });
    pane = openPane(here, {}, undefined, [100, 40]);
  });
  afterEach(() => {
    pane[Symbol.dispose]();
    here[Symbol.dispose]();
  });

  const ask = async (line: string, shows: string): Promise<void> => {
    pane.toka(line);
    await pane.shows(shows);
  };
  const AGENT = 'agent run --model scripted/talk.json -p';

  test('a key that means nothing there does not lead from "deny" to another answer', async () => {
    await ask('run greet', '❯ deny');
    pane.press('Escape');
    pane.press('F5');
    pane.type('o');
    // A slow machine may read the letter with the Enter behind it, which counts as pasted: so it is pressed until it is heard.
    await until(() => {
      pane.press('Enter');
      return /ended 1:\d/.test(pane.screen());
    });
    expect(await pane.exit()).toBe(77);
  });

  test('what is pasted answers no question', async () => {
    await ask('run greet', '❯ deny');
    pane.paste('1\n');
    pane.press('Enter');
    expect(await pane.exit()).toBe(77);
    expect(pane.screen()).not.toContain('the tool ran\n');
  });

  test.each(['C-c', 'C-d'])('a grant that is not answered, but left with %s, ends the agent', async (key) => {
    await ask(`${AGENT} "write it"`, '❯ deny');
    pane.press(key);
    expect(await pane.exit()).toBe(130);
    expect(pane.screen()).not.toContain('It went on.');
  });

  test('a tool that is not as the lock says is asked about on lines of its own, and Ctrl-C ends the agent there as well', async () => {
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\n' });
    expect((await here.run(['lock'])).code).toBe(0);
    here.write(tool('greet', 'echo "the tool is another"'));
    await ask(`${AGENT} "greet me"`, '❯ stop');
    expect(pane.screen()).toMatch(/^~ project\/greet/m);
    pane.press('C-c');
    expect(await pane.exit()).toBe(130);
  });

  test('a question of an agent is left with Ctrl-D', async () => {
    await ask(`${AGENT} "which colour"`, 'Which colour?');
    pane.press('C-d');
    expect(await pane.exit()).toBe(130);
  });

  test('a question goes on after Ctrl-Z and fg', async () => {
    await ask(`${AGENT} "which colour"`, 'Which colour?');
    pane.press('C-z');
    await pane.shows('Stopped');
    pane.type('fg');
    pane.press('Enter');
    await pane.shows(/fg\n/);
    pane.type('blue');
    pane.press('Enter');
    expect(await pane.shows(/"answer":"blue"[^]*Heard\./)).toContain('ok ask_person');
  });

  test('what goes on is shown on one line, however wide its letters are', async () => {
    await ask(`${AGENT} wide`, 'Heard.');
    expect(pane.screen()).not.toMatch(/^files\/file-lister/m);
  });
});
