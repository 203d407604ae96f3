import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runtimeChecks } from '@toka/sdk/testing';
import tinyScript from '../dist/tiny-script.js';
import places from './places.ts';

const samples = places.runtimes?.['tiny-script'];
assert(samples);

for (const { name, run } of runtimeChecks) test(name, () => run(tinyScript, samples));
