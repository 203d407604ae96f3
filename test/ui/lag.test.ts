import { expect, test } from 'vitest';
import { lagReporter } from '../../src/ui/lag.ts';

test('lag is told when it begins, once a second, and when it is over', () => {
  const told: string[] = [];
  let time = 0;
  const lag = lagReporter({ write: (text) => told.push(String(text)) }, () => time);
  const seen = [0, 1, 900, 800, 700, 0, 0, 5, 0];
  for (const behind of seen) {
    lag(behind);
    time += 600;
  }
  expect(told).toEqual(['1 event behind\n', '800 events behind\n', 'caught up\n', '5 events behind\n', 'caught up\n']);
});
