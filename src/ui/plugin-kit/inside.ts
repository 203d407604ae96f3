import { fstatSync, mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Storage } from '@toka/sdk';
import { analyserChecks, engineChecks, type Places, providerChecks, runtimeChecks, searchChecks, storageChecks, type StoragePlace, toolChecks } from '@toka/sdk/testing';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Defined } from './definition.ts';
import { definedBy, describe, idOf } from './definition.ts';
import type { InsideLine, InsideOrder } from './child.ts';

/** The program that imports what a plugin contributes, so that whatever that does happens in a process of its own. */
async function main(): Promise<void> {
  const order = JSON.parse(process.argv[2] ?? '') as InsideOrder;
  // Node.js makes what belongs to it when it is first asked for.
  globalsNow();
  const before = globalsNow();
  say({ type: 'begin', rule: 'import/ends', name: 'its module can be imported, and soon' });
  const defined = definedBy((await import(pathToFileURL(order.file).href)) as unknown);
  say({ type: 'end' });
  await rule('import/quiet', 'its module prints nothing when it is imported', () => {
    if (fstatSync(1).size > 0) throw new Error('it printed something');
  });
  await rule('import/globals', 'its module leaves the globals as they are', () => demandEmpty(changesSince(before), 'it changed'));
  if (!defined) return say({ type: 'nothing' });
  say({ type: 'defined', kind: defined.kind, id: idOf(defined), contribution: describe(defined, order.entry) });
  if (order.check === true) await checkAll(defined, order.places);
  say({ type: 'done' });
  // Whatever a contribution keeps open, there is nothing left to do.
  process.exit(0);
}

function say(line: InsideLine): void {
  writeSync(3, `${JSON.stringify(line)}\n`);
}

async function rule(id: string, name: string, work: () => unknown): Promise<void> {
  say({ type: 'begin', rule: id, name });
  try {
    await work();
    say({ type: 'end' });
  } catch (error) {
    say({ type: 'end', reason: error instanceof Error ? error.message : String(error) });
  }
}

async function checkAll(defined: Defined, placesFile: string | undefined): Promise<void> {
  const places = placesFile === undefined ? {} : ((await import(pathToFileURL(placesFile).href)) as { readonly default: Places }).default;
  for (const { id, name, run } of checksOf(defined, places)) await rule(id, name, run);
  await places.close?.();
}

interface Check {
  readonly id: string;
  readonly name: string;
  run(): Promise<void>;
}

function checksOf(defined: Defined, places: Places): Check[] {
  switch (defined.kind) {
    case 'tools': {
      const { value } = defined;
      return toolChecks.map(({ id, name, run }) => ({ id, name, run: async () => run(value, { ...places.tools, matches }) }));
    }
    case 'runtimes': {
      const { value } = defined;
      const samples = places.runtimes?.[value.id];
      if (!samples) return [unplaced('runtime/place', `the runtimes.${value.id} of test/places.ts: samples of its language`)];
      return runtimeChecks.map(({ id, name, run }) => ({ id, name, run: async () => run(value, samples) }));
    }
    case 'providers': {
      const { value } = defined;
      const make = places.providers?.[value.id];
      if (!make) return [unplaced('provider/place', `the providers.${value.id} of test/places.ts: a service that plays scenarios`)];
      return providerChecks.map(({ id, name, run }) => ({ id, name, run: async () => run(value, make) }));
    }
    case 'storage': {
      const { value } = defined;
      const make = places.storage?.[value.id] ?? placeInFolder;
      return storageChecks.map(({ name, run }) => ({ id: `storage/${wordsOf(name)}`, name, run: async () => run(async () => make(value)) }));
    }
    case 'engines': {
      const { value } = defined;
      const make = places.engines?.[value.id];
      if (!make) return [unplaced('engine/place', `the engines.${value.id} of test/places.ts: something that it can connect to`)];
      return engineChecks.map(({ id, name, run }) => ({ id, name, run: async () => run(value, async () => make(value)) }));
    }
    case 'analysers': {
      const { value } = defined;
      return analyserChecks.map(({ name, run }) => ({ id: `analyser/${wordsOf(name)}`, name, run: async () => run(value) }));
    }
    case 'search': {
      const { value } = defined;
      return searchChecks.map(({ name, run }) => ({ id: `search/${wordsOf(name)}`, name, run: async () => run(value) }));
    }
  }
}

function unplaced(id: string, what: string): Check {
  return { id, name: 'there is something to try it with', run: async () => Promise.reject(new Error(`expected ${what}; found none`)) };
}

function wordsOf(name: string): string {
  return name.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase().slice(0, 60).replace(/-$/, '');
}

async function placeInFolder(storage: Storage): Promise<StoragePlace> {
  const folder = mkdtempSync(join(tmpdir(), 'toka-check-'));
  const copy = join(folder, 'copy');
  return {
    open: async (options) => storage.open({ location: join(folder, 'journal'), ...options }),
    copy: { target: copy, open: async () => storage.open({ location: copy }) },
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

const ajv = new Ajv2020({ allErrors: true, logger: false, strict: false, useDefaults: true, validateFormats: false });
const compiled = new Map<object, ValidateFunction>();

function matches(schema: object, value: unknown): string | undefined {
  const validate = compiled.get(schema) ?? ajv.compile(schema);
  compiled.set(schema, validate);
  return validate(value) ? undefined : ajv.errorsText(validate.errors);
}

/** What a module could change for others: the globals, and what all values inherit. */
function globalsNow(): Map<string, unknown> {
  const shared = { globalThis, Object, Array, String, Number, Function, Promise, Map, Set, JSON, Math, process, console };
  const prototypes = { Object: Object.prototype, Array: Array.prototype, String: String.prototype, Number: Number.prototype, Function: Function.prototype, Promise: Promise.prototype };
  const found = new Map<string, unknown>();
  const add = (name: string, owner: object): void => {
    for (const key of Reflect.ownKeys(owner)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(owner, key);
      const value: unknown = descriptor?.value;
      found.set(`${name}.${String(key)}`, typeof value === 'number' || typeof value === 'string' ? undefined : (value ?? descriptor?.get));
    }
  };
  for (const [name, owner] of Object.entries(shared)) add(name, owner);
  for (const [name, owner] of Object.entries(prototypes)) add(`${name}.prototype`, owner);
  return found;
}

function changesSince(before: ReadonlyMap<string, unknown>): string[] {
  const changed: string[] = [];
  const now = globalsNow();
  for (const [name, value] of now) if (!before.has(name) || before.get(name) !== value) changed.push(name);
  for (const name of before.keys()) if (!now.has(name)) changed.push(name);
  // A global that is new and begins so is how libraries know themselves again; nobody else's is changed by it.
  const isOwn = (name: string): boolean => name.startsWith('globalThis._') && !before.has(name);
  return changed.filter((name) => !isOwn(name) && !/^process\.(?:_|env$|exitCode$|domain$)/.test(name));
}

function demandEmpty(found: readonly string[], what: string): void {
  if (found.length > 0) throw new Error(`${what} ${found.slice(0, 5).join(', ')}`);
}

void main();
