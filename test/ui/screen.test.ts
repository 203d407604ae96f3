import fc from 'fast-check';
import { expect, test } from 'vitest';
import { onScreen, screenFilter } from '../../src/ui/screen.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const show = (text: string): string => {
  const filter = screenFilter();
  return filter(bytes(text)) + filter();
};

test.each([
  ['colours', '\u001b[1;31mred\u001b[0m', '\u001b[1;31mred\u001b[0m'],
  ['line breaks and tabs', 'a\tb\r\nc', 'a\tb\r\nc'],
  ['letters of any script', 'häß 日本 🎉', 'häß 日本 🎉'],
])('%s pass', (_what, text, expected) => {
  expect(show(text)).toBe(expected);
});

test.each([
  ['the clipboard (OSC 52)', 'a\u001b]52;c;ZXZpbA==\u0007b'],
  ['the title (OSC 0)', 'a\u001b]0;title\u001b\\b'],
  ['the cursor', 'a\u001b[2J\u001b[1;1H\u001b[?25lb'],
  ['device strings', 'a\u001bP+q544e\u001b\\b'],
  ['short sequences', 'a\u001bc\u001b7b'],
  ['C1 controls', 'a\u009b2J\u0085b'.replace('2J', '')],
  ['bells and backspaces', 'a\u0007\u0008b'],
])('%s: nothing of it passes', (_what, text) => {
  expect(show(text)).toBe('ab');
});

test('a sequence that is never finished is text in the end, without its escape', () => {
  expect(show(`a\u001b]0;${'x'.repeat(5000)}`)).toBe(`a]0;${'x'.repeat(5000)}`);
});

test('how the output is cut into chunks makes no difference, and no escape but colours ever passes', () => {
  const part = fc.constantFrom('\u001b', '[', ']', '0;', 'm', 'J', '\u0007', '\\', 'P', 'a', 'é', '31', '\n', '?', '\u009b');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 40 }), fc.array(fc.nat({ max: 60 }), { maxLength: 5 }), (parts, cuts) => {
      const whole = bytes(parts.join(''));
      const filter = screenFilter();
      const places = [0, ...cuts.filter((cut) => cut < whole.length).toSorted((a, b) => a - b), whole.length];
      const pieces = places.slice(1).map((end, at) => filter(whole.subarray(places[at], end)));
      const shown = pieces.join('') + filter();
      expect(shown).toBe(show(parts.join('')));
      expect(shown.replaceAll(/\u001b\[[\d;:]*m/g, '')).not.toMatch(/[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/);
    }),
  );
});

test.each([
  ['hidden', '\u001b[8mx', '\u001b[8mx\u001b[0m'],
  ['black after a reset', '\u001b[0;30mx', '\u001b[0;30mx\u001b[0m'],
  ['reset', '\u001b[31mx\u001b[m', '\u001b[31mx\u001b[m'],
  ['plain', 'x', 'x'],
])('a text that ends %s leaves no colour on', (_how, text, expected) => {
  expect(onScreen(text)).toBe(expected);
});
