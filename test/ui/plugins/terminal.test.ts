import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Json, type Place, place } from '../../support/cli.ts';
import { packPlugin } from '../../support/plugin.ts';
import { hasTmux, openPane, type Pane } from '../../support/terminal.ts';

describe.skipIf(!hasTmux)('in a terminal (needs tmux)', () => {
  let here: Place;
  let pane: Pane;
  beforeEach(() => {
    here = place();
    pane = openPane(here);
    pane.toka(`plugins install ${packPlugin(join(here.base, 'weather'), { capabilities: { required: ['net:connect:api.example.com:443'] } })}`);
  });
  afterEach(() => {
    pane[Symbol.dispose]();
    here[Symbol.dispose]();
  });

  async function names(): Promise<string[]> {
    const { plugins } = await here.json<Json & { plugins: readonly { name: string }[] }>(['plugins', 'list']);
    return plugins.map(({ name }) => name);
  }

  test('what it asks for stands above the question, and no is the default', async () => {
    expect(await pane.shows('Install toka-plugin-weather 1.0.0?')).toContain('needs net:connect:api.example.com:443');
    pane.press('Enter');
    expect(await pane.exit()).toBe(77);
    expect(await names()).not.toContain('toka-plugin-weather');
  });

  test('yes installs it', async () => {
    await pane.shows('Install toka-plugin-weather 1.0.0?');
    pane.type('y');
    pane.press('Enter');
    expect(await pane.exit()).toBe(0);
    expect(await names()).toContain('toka-plugin-weather');
  });

  test('Ctrl-C installs nothing, and leaves nothing', async () => {
    await pane.shows('Install toka-plugin-weather 1.0.0?');
    pane.press('C-c');
    expect(await pane.exit()).toBe(130);
    expect(await names()).not.toContain('toka-plugin-weather');
  });
});
