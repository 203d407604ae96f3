import { describe, expect, test } from 'vitest';
import { parseYaml } from '../../src/manifest/yaml.ts';

function value(text: string): unknown {
  const parsed = parseYaml(text);
  if (!('value' in parsed)) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

function problems(text: string): string[] {
  const parsed = parseYaml(text);
  return 'value' in parsed ? [] : parsed.problems.map(({ issue, position }) => `${position.line}:${position.column} ${issue.code}`);
}

describe('values', () => {
  test('a byte order mark and CRLF change nothing', () => {
    expect(value('\ufeffa: 1\r\nb:\r\n  - x\r\n')).toEqual({ a: 1, b: ['x'] });
  });

  test('JSON indented with tabs is read', () => {
    expect(value('{\n\t"a": [\n\t\t1,\n\t\t{ "b":\t"\\u00e9\\n" }\n\t]\n}')).toEqual({ a: [1, { b: 'é\n' }] });
  });

  test.each(['', '\n', '# only a comment\n', '---\n', '\ufeff'])('%j is the value null', (text) => {
    expect(value(text)).toBeNull();
  });

  test('words that only YAML 1.1 takes for other things are text', () => {
    expect(value('[yes, no, on, off, 012, 1_000, 12:30:45, 2024-01-31, <<]')).toEqual([
      'yes',
      'no',
      'on',
      'off',
      12,
      '1_000',
      '12:30:45',
      '2024-01-31',
      '<<',
    ]);
  });

  test('keys are text, and names of Object.prototype are ordinary keys', () => {
    expect(value('{1: a, true: b, constructor: c, toString: d, hasOwnProperty: e}')).toEqual({
      '1': 'a',
      true: 'b',
      constructor: 'c',
      toString: 'd',
      hasOwnProperty: 'e',
    });
  });

  test('an unused anchor is harmless', () => {
    expect(value('a: &x 1')).toEqual({ a: 1 });
  });
});

describe('refusals', () => {
  test.each([
    ['an alias', 'a: &x [1]\nb: *x', ['2:4 alias']],
    ['an alias inside what it names', 'a: &x\n  b: *x', ['2:6 alias']],
    ['an alias of nothing', 'a: *x', ['1:4 alias']],
    ['a bomb of aliases', 'a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]', ['2:8 alias', '2:12 alias', '3:5 alias', '3:9 alias']],
    ['the same key twice', 'a: 1\nb: 2\na: 3', ['3:1 duplicate-key']],
    ['the same key twice in two spellings', '{"a": 1, \'a\': 2}', ['1:10 duplicate-key']],
    ['the key __proto__', 'a: {__proto__: {x: 1}}', ['1:5 unknown-key']],
    ['a tag', 'a: !!js/function x', ['1:4 syntax']],
    ['a tag of YAML 1.1', 'a: !!binary aGk=', ['1:4 syntax']],
    ['YAML 1.1', '%YAML 1.1\n---\na: yes', ['1:1 syntax']],
    ['two documents', 'a: 1\n---\nb: 2', ['2:1 several-documents']],
    ['a map as a key', '? {a: 1}\n: 2', ['1:3 syntax']],
    ['infinity', 'a: .inf', ['1:4 bad-value']],
    ['not a number', '[1, .nan]', ['1:5 bad-value']],
    ['a number that is not exact', 'a: 9007199254740993', ['1:4 bad-value']],
    ['tabs as indentation', 'a:\n\tb: 1', ['2:1 syntax']],
    ['an unfinished string', 'a: "b', ['1:6 syntax']],
  ])('%s', (_name, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  test.each([
    ['brackets', '['.repeat(20_000)],
    ['braces', '{a: '.repeat(20_000)],
    ['dashes', '- '.repeat(20_000)],
    ['questions', '? '.repeat(20_000)],
    ['indentation', Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')],
    ['65 lists', `${'['.repeat(65)}1${']'.repeat(65)}`],
  ])('nesting by %s that is too deep', (_name, text) => {
    expect(problems(text).map((problem) => problem.split(' ')[1])).toEqual(['too-deep']);
  });

  test('64 levels are allowed', () => {
    expect(problems(`${'['.repeat(64)}1${']'.repeat(64)}`)).toEqual([]);
  });
});

describe('positions', () => {
  const text = '# comment\r\na:\r\n  - x: 1\r\n    yy: [ 2,\r\n      3 ]\r\nb:\r\n';
  const parsed = parseYaml(text);
  const at = (path: (string | number)[], what?: 'key' | 'value') => {
    if (!('value' in parsed)) throw new Error('not parsed');
    const { line, column } = parsed.positions.locate(path, what);
    return `${line}:${column}`;
  };

  test('values and keys are found, also in lists over several lines', () => {
    expect([at(['a', 0, 'x']), at(['a', 0, 'yy'], 'key'), at(['a', 0, 'yy', 1])]).toEqual(['3:8', '4:5', '5:7']);
  });

  test('what is not there is shown at the key around it', () => {
    expect([at(['a', 0, 'zz', 'deep']), at(['b', 'c'], 'key'), at(['zz'])]).toEqual(['3:5', '6:1', '2:1']);
  });
});
