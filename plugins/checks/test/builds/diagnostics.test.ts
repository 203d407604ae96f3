import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDiagnostics } from '../../src/builds/diagnostics/parse.ts';

function found(name: string): string[] {
  const output = readFileSync(new URL(`fixtures/outputs/${name}.txt`, import.meta.url), 'utf8');
  return parseDiagnostics(output).map(
    ({ path, line, column, severity, message }) => `${path}:${line}:${column ?? '-'} ${severity} ${message}`,
  );
}

describe('the output of real programs', () => {
  it.each([
    ['tsc', ["src/total.ts:3:3 error TS2322: Type 'string' is not assignable to type 'number'."]],
    ['tsc-pretty', ["src/total.ts:3:3 error TS2322: Type 'string' is not assignable to type 'number'."]],
    [
      'oxlint',
      [
        'src/old.js:1:1 warning eslint(no-debugger): `debugger` statement is not allowed',
        "src/total.ts:2:9 warning eslint(no-unused-vars): Variable 'unused' is declared but never used. Unused variables should start with a '_'.",
      ],
    ],
    [
      'oxlint-unix',
      [
        "src/total.ts:2:9 warning Variable 'unused' is declared but never used. Unused variables should start with a '_'. [Warning/eslint(no-unused-vars)]",
        'src/old.js:1:1 warning `debugger` statement is not allowed [Warning/eslint(no-debugger)]',
      ],
    ],
    [
      'eslint-stylish',
      [
        "/home/dev/shop/src/old.js:1:1 error Unexpected 'debugger' statement · no-debugger",
        '/home/dev/shop/src/old.js:1:11 error Unexpected var, use let or const instead · no-var',
        "/home/dev/shop/src/old.js:1:28 warning Expected '===' and instead saw '==' · eqeqeq",
        '/home/dev/shop/src/old.js:1:34 error Empty block statement · no-empty',
      ],
    ],
    ['vitest', ['sum.test.ts:2:34 error AssertionError: expected 2 to be 3 // Object.is equality']],
    ['node-test', ['/home/dev/shop/sum.check.mjs:3:10 error AssertionError [ERR_ASSERTION]: 2 == 3']],
    ['pytest', ['tests/test_shop.py:5:- error assert 4 == 3']],
    ['pytest-short', ['tests/test_shop.py:5:- error assert 4 == 3']],
    ['unittest', ['/home/dev/shop/tests/test_unit.py:7:- error AssertionError: 4 != 3']],
    [
      'mypy',
      [
        'shop.py:3:- error Incompatible return value type (got "str", expected "int")  [return-value]',
        'src/pay.py:9:5 error Name "missing" is not defined  [name-defined]',
      ],
    ],
    [
      'ruff',
      [
        'shop.py:1:8 error F401 [*] `os` imported but unused',
        'shop.py:3:5 error F841 Local variable `total` is assigned to but never used',
      ],
    ],
    ['cargo-check-short', ['src/lib.rs:2:5 error E0308: mismatched types: expected `u32`, found `&str`']],
    ['cargo-check-error', ['src/lib.rs:2:5 error E0308: mismatched types']],
    ['cargo-check', ['src/lib.rs:2:9 warning unused variable: `unused`']],
    [
      'cargo-clippy-short',
      ['src/lib.rs:2:9 warning unused variable: `unused`: help: if this is intentional, prefix it with an underscore: `_unused`'],
    ],
    ['cargo-test', ['src/lib.rs:2:9 warning unused variable: `unused`', 'src/lib.rs:10:9 error assertion `left == right` failed']],
    ['go-build', ['./till.go:4:9 error undefined: missing', './till.go:5:2 error declared and not used: unused']],
    [
      'go-vet',
      ['./till.go:7:2 error fmt.Printf format %d has arg "x" of wrong type string', "./other.go:3:1 error expected 'package', found 'EOF'"],
    ],
    ['go-test', ['till_test.go:7:- error Total([1 2]) = 4, want 3']],
    [
      'gcc',
      ['a.c:3:10 error ‘missing’ undeclared (first use in this function)', 'a.c:2:7 warning unused variable ‘unused’ [-Wunused-variable]'],
    ],
  ])('of %s gives places and messages', (name, expected) => {
    expect(found(name)).toEqual(expected);
  });
});

describe('other output', () => {
  it.each([
    '12:34:56: started',
    'listening on http://localhost:3000: ready',
    'ratio 3:2: fine',
    'at node:internal/main:5:3',
    'Error: x\n    at f (/p/node_modules/a/i.js:1:2)',
  ])('gives nothing: %j', (text) => {
    expect(parseDiagnostics(text)).toEqual([]);
  });

  it('of any kind is read without an error, in bounded number', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string(),
            fc.constantFrom('a.ts(1,2): error TS1: x', ' --> a.rs:1:2', '  1:2  error  x', 'E   x', '\u001b[31ma.c:1:2: error: x\u001b[0m'),
          ),
        ),
        (lines) => {
          for (const { line, message } of parseDiagnostics(lines.join('\n'))) {
            expect(line).toBeGreaterThanOrEqual(0);
            expect(message).not.toBe('');
          }
        },
      ),
    );
    expect(parseDiagnostics(Array.from({ length: 5000 }, (_, at) => `a.c:${at + 1}:1: error: x`).join('\n'))).toHaveLength(200);
  });
});
