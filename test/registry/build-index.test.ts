import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { tool } from '../support/cli.ts';
import { here, withToka } from './support.ts';

const TABLES = ['tools', 'tools_text', 'files', 'meta', 'listing'];
const FOLDER = (): string => join(here.home, 'cache/toka/index');

/** All that an index holds of tools, in its order. */
async function content(): Promise<unknown> {
  await withToka(async (toka) => toka.index());
  const [file = ''] = readdirSync(FOLDER()).filter((name) => name.endsWith('.db'));
  using db = new DatabaseSync(join(FOLDER(), file), { readOnly: true });
  return TABLES.map((table) => db.prepare(`SELECT ${table === 'tools_text' ? 'rowid, terms' : '*'} FROM ${table} ORDER BY 1`).all());
}

const elsewhere = (files: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(files).map(([name, text]) => [name.replace('manifests/', '.toka/tools/'), text]));

/** One after the other, each beside all that came before. */
const CHANGES: readonly (readonly [string, () => void])[] = [
  ['a tool that is new', () => here.write(tool('greet', ':'))],
  ['one that has changed', () => here.write(tool('greet', ':', { effect: 'none' }))],
  ['more of them, before and behind it', () => here.write({ ...tool('also', ':'), ...tool('wave', ':') })],
  ['one with a name that there is', () => here.write(elsewhere(tool('greet', ':')))],
  ['one that cannot be read', () => here.write({ 'manifests/also.yaml': 'apiVersion: toka/v1\n' })],
  ['the same, corrected', () => here.write(tool('also', ':'))],
  ['a name that has become the only one', () => rmSync(join(here.project, '.toka/tools/greet.yaml'))],
  ['nothing of the project', () => rmSync(join(here.project, 'manifests'), { recursive: true })],
];

test('an index that is brought up to date is the same as one that is built anew', async () => {
  for (const [what, change] of CHANGES) {
    change();
    // A file that has come tells that the index is out of date; one that was changed is looked at when it is asked for.
    here.write({ [`.toka/tools/${what}.txt`]: '' });
    const updated = await content();
    rmSync(FOLDER(), { recursive: true });
    rmSync(join(here.home, 'cache/toka/bundled.db'));
    expect.soft(updated, what).toEqual(await content());
  }
});
