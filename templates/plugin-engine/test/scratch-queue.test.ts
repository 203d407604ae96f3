import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engineChecks } from '@toka/sdk/testing';
import scratchQueue from '../dist/scratch-queue.js';
import places from './places.ts';

const make = places.engines?.['scratch-queue'];
assert(make);

for (const { name, run } of engineChecks) test(name, () => run(scratchQueue, async () => make(scratchQueue)));
