import { describe, expect, test } from 'vitest';
import { type Frame, Renderer } from '../../../src/ui/repl/renderer.ts';
import { virtualScreen } from '../../support/screen.ts';

function drawn(columns: number, rows: number) {
  const screen = virtualScreen(columns, rows);
  const state: { frame: Frame } = { frame: { lines: [] } };
  const renderer = new Renderer(screen, () => state.frame);
  const show = (lines: readonly string[], cursor?: Frame['cursor']): void => {
    state.frame = { lines, ...(cursor ? { cursor } : {}) };
    renderer.draw();
  };
  return { screen, renderer, show };
}

describe('the renderer', () => {
  test('prints what is finished above the region, once, and keeps what scrolls away', async () => {
    const { screen, renderer, show } = drawn(40, 6);
    show(['> ', 'status'], { row: 0, column: 2 });
    for (let at = 0; at < 20; at++) {
      renderer.print([`line ${at}`]);
      renderer.draw();
    }
    expect(await screen.lines()).toEqual([...Array.from({ length: 20 }, (_, at) => `line ${at}`), '>', 'status']);
  });

  test('draws each frame with one write, and nothing where nothing has changed', async () => {
    const { screen, renderer, show } = drawn(40, 6);
    show(['a', 'b'], { row: 1, column: 1 });
    expect(screen.writes).toBe(1);
    renderer.draw();
    expect(screen.writes).toBe(1);
  });

  test('a region that grows and shrinks leaves nothing behind, at the bottom of the screen as well', async () => {
    const { screen, renderer, show } = drawn(40, 6);
    renderer.print(['1', '2', '3', '4', '5']);
    show(['> '], { row: 0, column: 2 });
    show(['one', 'two', 'three', '> '], { row: 3, column: 2 });
    show(['two', '> '], { row: 1, column: 2 });
    show([], undefined);
    show(['> x'], { row: 0, column: 3 });
    expect(await screen.lines()).toEqual(['1', '2', '3', '4', '5', '> x']);
    expect(await screen.cursor()).toEqual({ row: 5, column: 3 });
  });

  test('the cursor stands where the person types, whatever changes around it', async () => {
    const { screen, renderer, show } = drawn(40, 10);
    show(['text', '> ab', '  cd', 'status'], { row: 2, column: 4 });
    show(['text that grows', '> ab', '  cd', 'other'], { row: 1, column: 3 });
    renderer.print(['done']);
    renderer.draw();
    expect(await screen.cursor()).toEqual({ row: 2, column: 3 });
    expect(await screen.lines()).toEqual(['done', 'text that grows', '> ab', '  cd', 'other']);
  });

  test('a region that is higher than the screen shows its end', async () => {
    const { screen, renderer, show } = drawn(20, 4);
    renderer.print(['above']);
    show(['1', '2', '3', '4', '5', '> '], { row: 5, column: 2 });
    show(['1', '2', '3', '4', '5', '6', '> '], { row: 6, column: 2 });
    expect(await screen.lines()).toEqual(['above', '5', '6', '>']);
  });

  test('lines are cut at the edge, wide letters not in the middle', async () => {
    const { screen, show } = drawn(10, 4);
    show(['日本語日本語', 'e\u0301'.repeat(20)]);
    expect(await screen.lines()).toEqual(['日本語日…', `${'e\u0301'.repeat(8)}…`]);
  });

  test('a terminal that becomes narrower, and wider again, keeps what is finished and one region', async () => {
    const { screen, renderer, show } = drawn(40, 12);
    renderer.print(['what is finished stays as it is']);
    show(['a line of the region that is long', '> ', 'the status, which is long as well'], { row: 1, column: 2 });
    for (const width of [25, 60, 20, 40]) {
      await screen.resize(width, 12);
      renderer.resized();
      renderer.draw();
      renderer.settle();
    }
    const lines = await screen.lines();
    expect(lines.join('').match(/finished/g)).toHaveLength(1);
    expect(lines.slice(-3)).toEqual(['a line of the region that is long', '>', 'the status, which is long as well']);
    expect(lines.filter((line) => line === '>')).toHaveLength(1);
  });

  test('while somebody else has the terminal nothing is drawn; what was printed meanwhile comes afterwards', async () => {
    const { screen, renderer, show } = drawn(40, 8);
    show(['> '], { row: 0, column: 2 });
    renderer.pause();
    const { writes } = screen;
    renderer.print(['later']);
    renderer.draw();
    expect(screen.writes).toBe(writes);
    screen.write('an editor was here\r\n');
    renderer.resume();
    expect(await screen.lines()).toEqual(['an editor was here', 'later', '>']);
  });

  test('clearing scrolls what is shown away, and keeps it', async () => {
    const { screen, renderer, show } = drawn(40, 5);
    renderer.print(['kept']);
    show(['> '], { row: 0, column: 2 });
    renderer.clear();
    expect((await screen.lines()).filter((line) => line !== '')).toEqual(['kept', '>']);
    expect(await screen.cursor()).toMatchObject({ column: 2 });
  });
});
