import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';

const { compiledAtOnce } = (await import(pathToFileURL(join(import.meta.dirname, '../../scripts/eager.mjs')).href)) as { compiledAtOnce: (text: string) => string };

const result = (script: string): unknown => runInNewContext(script, {});

test.each([
  ['functions that call one another', 'var before=twice(3);function twice(n){return add(n,n)}function add(a,b){return a+b}before'],
  ['functions in functions', 'var f=a=>b=>[a,b].map(c=>c+1);f(1)(2)'],
  ['what is awaited and generated', 'function* each(){yield* [1,2]}async function later(){await 0}later();[...each()]'],
  ['methods and classes', 'class A{#x=()=>3;get x(){return this.#x()}static of=function(){return new A}}A.of().x'],
  ['members of objects', 'var o={f(){return 1},get g(){return ()=>2},h:function(){return 3},k:()=>4};[o.f(),o.g(),o.h(),o.k()]'],
  ['a directive', '"use strict";(function(){return this===undefined})()'],
])('a script does what it did: %s', (_, script) => {
  expect(result(compiledAtOnce(script))).toEqual(result(script));
});

test('every function is one that V8 compiles at once', () => {
  expect(compiledAtOnce('function one(a){return()=>a}one(1)')).toBe('var one=(function one(a){return(()=>a)});one(1)');
});

test('what is no script is refused', () => {
  expect(() => compiledAtOnce('function (')).toThrow();
});

test('the launcher was made so', () => {
  expect(readFileSync(join(import.meta.dirname, '../../dist/launch.cjs'), 'utf8')).not.toMatch(/(?:^|;)(?:async )?function /);
});
