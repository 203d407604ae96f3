import type { ModelTool } from '@toka/sdk';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tool } from '../../../src/manifest/tool.ts';
import { CEILING_BYTES, openShelf, type Shelf, TOOL_SEARCH } from '../../../src/agent/find/shelf.ts';
import { TEAM_TOOLS, toolNamed } from '../../registry/search/own-set.ts';

/** As many tools as some teams have, among them those of our own set. */
const MANY = [...TEAM_TOOLS, ...Array.from({ length: 505 }, (_, at) => toolNamed(`bulk/gadget-${at}`, `Turns gadget number ${at} round`, { angle: { type: 'number', description: 'By how many degrees' } }))];

function names(shelf: Shelf): string[] {
  return shelf.definitions().map(({ name }) => name);
}

function bytes(definitions: readonly ModelTool[]): number {
  return Buffer.byteLength(JSON.stringify(definitions));
}

describe('more than fit at first', () => {
  const wide = (name: string): Tool => toolNamed(`wide/${name}`, 'Turns one knob', Object.fromEntries(Array.from({ length: 6 }, (_, at) => [`knob${at}`, { type: 'number', description: 'x'.repeat(150) }])));
  const WIDE = Array.from({ length: 12 }, (_, at) => wide(`turner-${at}`));

  test('are left to the search, though the ceiling would take them', () => {
    const shelf = openShelf(WIDE, { pinned: [] });
    expect(names(shelf)).toEqual(['tool_search']);
  });

  test('are pinned without what explains their parameters, where that lets more of them stay', () => {
    const pinned = WIDE.slice(0, 6).map(({ qualified }) => qualified);
    const shelf = openShelf(WIDE, { pinned });
    expect(names(shelf)).toEqual(['tool_search', ...WIDE.slice(0, 6).map(({ name }) => name)]);
    expect(JSON.stringify(shelf.definitions().slice(1))).not.toContain('xxx');
    expect(JSON.stringify(openShelf(WIDE, { pinned: pinned.slice(0, 2) }).definitions().slice(1))).toContain('xxx');
  });
});

test('all are defined where they fit, without a search', () => {
  const shelf = openShelf(TEAM_TOOLS.slice(0, 5), { pinned: [] });
  expect(names(shelf)).toEqual(['link-validator', 'dir-lister', 'file-reader', 'file-remover', 'file-searcher']);
});

describe('527 tools', () => {
  test('at first the search and what is pinned are defined, in less than 5 KiB', () => {
    const shelf = openShelf(MANY, { pinned: ['files/file-reader', 'files/dir-lister', ...MANY.map(({ qualified }) => qualified)] });
    expect(shelf.definitions()[0]).toEqual(TOOL_SEARCH);
    expect(names(shelf).slice(1, 3)).toEqual(['file-reader', 'dir-lister']);
    expect(bytes(shelf.definitions())).toBeLessThan(5120);
  });

  test('what is pinned may be named without its source', () => {
    expect(names(openShelf(MANY, { pinned: ['file-reader'] }))).toEqual(['tool_search', 'file-reader']);
  });

  test('what is found comes after all the rest, which stays as it was', () => {
    const shelf = openShelf(MANY, { pinned: ['files/file-reader'] });
    const before = shelf.definitions();
    expect(shelf.search('broken links')[0]).toMatchObject({ name: 'link-validator', summary: 'Find broken links in Markdown and HTML documents' });
    const between = shelf.definitions();
    shelf.search('send an email');
    expect(between.slice(0, before.length)).toEqual(before);
    expect(shelf.definitions().slice(0, between.length)).toEqual(between);
    expect(names(shelf)).toContain('mail-sender');
  });

  test('a tool is found by its name, also the qualified one, and called by any of them', () => {
    const shelf = openShelf(MANY, { pinned: [] });
    expect(shelf.search('ops/disk-usage', 1).map(({ name }) => name)).toEqual(['disk-usage']);
    expect(shelf.search('gadget-499', 1).map(({ name }) => name)).toEqual(['gadget-499']);
    expect(['db/backup-maker', 'db__backup-maker', 'backup-maker'].map((name) => shelf.toolOf(name)?.qualified)).toEqual(Array(3).fill('db/backup-maker'));
    expect(['nothing', '__proto__', ''].map((name) => shelf.toolOf(name))).toEqual([undefined, undefined, undefined]);
  });

  test('what was found in an earlier turn is defined again', () => {
    expect(names(openShelf(MANY, { pinned: [], found: ['ops/log-tail', 'gone/gone'] }))).toEqual(['tool_search', 'log-tail']);
  });
});

describe('the ceiling', () => {
  test('what was not used for longest leaves, what is pinned stays', () => {
    const shelf = openShelf(MANY, { ceilingBytes: 3000, pinned: ['files/file-reader'] });
    shelf.search('gadget-1', 1);
    shelf.search('gadget-2', 1);
    shelf.toolOf('gadget-1');
    for (let at = 3; names(shelf).includes('gadget-2'); at++) shelf.search(`gadget-${at}`, 1);
    expect(names(shelf).slice(0, 3)).toEqual(['tool_search', 'file-reader', 'gadget-1']);
  });

  test('holds for whatever is asked, and the same questions give the same shelf', () => {
    const questions = fc.array(fc.oneof(fc.constantFrom('files', 'a service', 'gadget', 'convert units', 'database'), fc.string()), { maxLength: 15 });
    fc.assert(
      fc.property(questions, fc.integer({ min: 1500, max: 6000 }), (asked, ceilingBytes) => {
        const [shelf, again] = [0, 1].map(() => openShelf(MANY, { ceilingBytes, pinned: ['git/commit-log'] }));
        for (const question of asked) {
          const found = shelf?.search(question, 8) ?? [];
          expect(again?.search(question, 8)).toEqual(found);
          expect(shelf && names(shelf)).toEqual(expect.arrayContaining(found.map(({ name }) => name)));
          expect(bytes(shelf?.definitions() ?? [])).toBeLessThanOrEqual(ceilingBytes);
        }
        expect(again?.definitions()).toEqual(shelf?.definitions());
      }),
      { numRuns: 10 },
    );
  });

  test('a tool that is too large to be defined is defined by as much as fits', () => {
    const wide = (count: number, length: number): Record<string, { type: 'string'; description: string }> =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, { type: 'string', description: 'x'.repeat(length) }]));
    const talkative = toolNamed('big/talkative', `Talk\n${'y'.repeat(9000)}`, wide(20, 900));
    const broad = toolNamed('big/broad', 'Spread', wide(2000, 1));
    const shelf = openShelf([...MANY, talkative, broad], { pinned: ['big/broad'] });
    expect(names(shelf)).toEqual(['tool_search']);
    shelf.search('big/talkative', 1);
    shelf.search('big/broad', 1);
    const [, first, second] = shelf.definitions();
    expect(first).toMatchObject({ name: 'talkative', description: 'Talk', params: { properties: { p19: { type: 'string' } } } });
    expect(second).toEqual({ name: 'broad', description: 'Spread', params: { type: 'object' } });
    expect(bytes(shelf.definitions())).toBeLessThan(CEILING_BYTES);
  });
});

describe('tools that come while an agent runs', () => {
  test('are found', () => {
    const shelf = openShelf(MANY, { pinned: [] });
    expect(shelf.search('zebra', 1)).toEqual([]);
    shelf.renew([...MANY, toolNamed('zoo/feeder', 'Feed the zebra')]);
    expect(shelf.search('zebra', 1)).toMatchObject([{ name: 'feeder' }]);
    expect(shelf.toolOf('feeder')?.qualified).toBe('zoo/feeder');
  });

  test('change nothing that is defined, even when there are then more than fit', () => {
    const few = TEAM_TOOLS.slice(0, 5);
    const shelf = openShelf(few, { pinned: [] });
    const before = shelf.definitions();
    shelf.renew([toolNamed('a/first', 'By its name the first'), ...few]);
    expect(shelf.definitions().slice(0, -1)).toEqual(before);
    shelf.renew([...few, ...MANY]);
    expect(shelf.definitions().slice(1, 1 + before.length)).toEqual(before);
  });

  test('those that are gone leave, those that have changed are defined anew', () => {
    const shelf = openShelf(MANY, { pinned: ['ops/disk-usage'], found: ['git/branch-list', 'git/commit-log'] });
    shelf.renew([...MANY.filter(({ name }) => name !== 'disk-usage' && name !== 'branch-list' && name !== 'commit-log'), toolNamed('git/commit-log', 'Changed')]);
    expect(shelf.definitions()).toMatchObject([{ name: 'tool_search' }, { name: 'commit-log', description: 'Changed' }]);
  });
});

describe('names', () => {
  test('of two with the same both are qualified; a third that comes later does not take the name of one that has it', () => {
    const one = toolNamed('alpha/run', 'Run the first');
    const other = toolNamed('beta/run', 'Run the second');
    expect(names(openShelf([one, other], { pinned: [] }))).toEqual(['alpha__run', 'beta__run']);
    const shelf = openShelf([other], { pinned: [] });
    shelf.renew([one, other]);
    expect(names(shelf)).toEqual(['run', 'alpha__run']);
  });

  test('are such as every provider takes, and each means one tool', () => {
    const odd = ['@acme/tools', '@acme/tools', 'ä', 'x'.repeat(90), 'x'.repeat(91), 'a.b', 'a_b'].map((source, at) => ({ ...toolNamed('s/same', 'Odd'), source, qualified: `${source}/same${at}` }));
    const shelf = openShelf(odd, { pinned: [] });
    expect(new Set(names(shelf)).size).toBe(odd.length);
    expect(names(shelf).every((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name))).toBe(true);
    expect(new Set(names(shelf).map((name) => shelf.toolOf(name)?.qualified)).size).toBe(odd.length);
  });
});

test('a model is told what cannot be taken back, and nothing that is only meant for toka', () => {
  const tool = toolNamed('files/eraser', 'Erase', { path: { type: 'string', 'x-type': 'path', 'x-position': 1 }, description: { type: 'string', default: { 'x-a': 1 } } }, { effect: 'external' });
  expect(openShelf([tool], { pinned: [] }).definitions()).toEqual([
    {
      name: 'eraser',
      description: 'Erase (effect: external)',
      params: {
        type: 'object',
        properties: { path: { type: 'string', description: 'path' }, description: { type: 'string', description: 'description', default: { 'x-a': 1 } } },
        required: [],
        additionalProperties: false,
      },
    },
  ]);
});
