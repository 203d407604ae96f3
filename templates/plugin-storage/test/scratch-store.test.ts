import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storageChecks } from '@toka/sdk/testing';
import scratchStore from '../dist/scratch-store.js';
import places from './places.ts';

const make = places.storage?.['scratch-store'];
assert(make);

for (const { name, run } of storageChecks) test(name, () => run(async () => make(scratchStore)));
