import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import type { JsonObject } from '@toka/sdk';
import { capabilityFault } from '../../capability/rules.ts';
import { toTokaError } from '../../errors.ts';
import { loadPluginManifest } from '../../manifest/load-plugin.ts';
import type { Door } from '../door.ts';
import { junitReport } from '../junit.ts';
import { paint, table, terminal } from '../text.ts';
import { block } from './build.ts';
import { inspect, type Verdict } from './child.ts';
import type { Defined } from './definition.ts';
import { installPacked, NpmFailure, pack } from './install.ts';
import { invalid, type PackageJson, readPackage } from './package.ts';

export interface TestFlags {
  readonly json: boolean;
  readonly junit: string | undefined;
}

/** A verdict, and of what. */
interface Judged extends Verdict {
  /** The package, or what it contributes: `tools/word-count`. */
  readonly of: string;
}

/** `toka plugins test [PATH]`: packs a plugin, installs what was packed, and tries that. */
export async function testPlugin(path: string, { json, junit }: TestFlags, door: Door): Promise<number> {
  const folder = resolve(door.cwd, path);
  const { value } = readPackage(folder);
  if (typeof value.name !== 'string') throw invalid(`${join(folder, 'package.json')} has no name`, 'give the package a name');
  const view = terminal(door.stderr, door.env);
  const judged: Judged[] = [];
  const judge = (one: Judged): void => {
    judged.push(one);
    const word = one.reason === undefined ? paint(view, 'green', 'ok') : paint(view, 'red', 'not ok');
    if (!json) door.stderr.write(`${word} ${one.of} ${one.rule}\n`);
  };
  await withFolder(async (base) => testPacked(folder, value.name as string, base, judge));
  const ok = judged.every(({ reason }) => reason === undefined);
  if (junit !== undefined) writeFileSync(resolve(door.cwd, junit), junitReport(value.name, judged.map(({ of, rule, name, ms, reason }) => ({ group: of, name: `${rule}: ${name}`, ms, reason }))));
  if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/plugin-test/v1', plugin: value.name, ok, checks: judged })}\n`);
  else door.stdout.write(report(judged, door));
  return ok ? 0 : 1;
}

function report(judged: readonly Judged[], door: Door): string {
  const view = terminal(door.stdout, door.env);
  const rows = judged.map(({ of, rule, name, reason }) => [of, rule, reason === undefined ? 'passed' : 'FAILED', reason ?? name]);
  const failed = judged.filter(({ reason }) => reason !== undefined).length;
  return `${table(['OF', 'RULE', 'RESULT', 'WHAT'], rows, view)}\n${judged.length - failed} passed, ${failed} failed\n`;
}

async function withFolder(work: (base: string) => Promise<void>): Promise<void> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'toka-plugin-test-')));
  try {
    await work(base);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

type Judge = (one: Judged) => void;

async function testPacked(source: string, name: string, base: string, judge: Judge): Promise<void> {
  const rule = ruleFor('package', judge);
  const tarball = await rule('package/pack', 'it can be packed', async () => pack(source, base));
  const data = join(base, 'data');
  mkdirSync(data);
  const installed = tarball === undefined ? undefined : await rule('package/install', 'it can be installed, without scripts, where nothing else is', async () => installPacked(tarball, name, data));
  if (installed === undefined) return;
  const { value } = readPackage(installed);
  await rule('package/scripts', 'it has no script that would run when it is installed', () => demandNoScripts(value));
  await rule('package/dependencies', 'of the packages of toka it depends on the SDK alone', () => demandSdkAlone(value));
  await rule('package/manifest', 'its toka block is valid', async () => void (await loadPluginManifest(join(installed, 'package.json'), 'plugin', capabilityFault).catch(rejectWithPlace)));
  const entries = declared(value.toka);
  await rule('package/contributes', 'it contributes something', () => {
    if (entries.length === 0) throw new Error('its toka block names nothing that could be tried');
  });
  const isWhole = await rule('package/entries', 'every module that it names is in the package', () => demandEntries(installed, entries));
  if (isWhole === undefined) return;
  const places = placesIn(source);
  const parts: { kind: Defined['kind']; contribution: JsonObject }[] = [];
  for (const { kind, id, entry } of entries) {
    const of = `${kind}/${id}`;
    const found = await inspect({ file: join(installed, entry), entry, check: true, ...(places === undefined ? {} : { places }) }, (verdict) => judge({ of, ...verdict }));
    await ruleFor(of, judge)('package/definition', 'its module defines what the toka block says', () => {
      if (found.kind !== kind || found.id !== id) throw new Error(`expected ${of}, found ${found.kind === undefined ? 'nothing' : `${found.kind}/${found.id}`}`);
    });
    if (found.kind !== undefined && found.contribution) parts.push({ kind: found.kind, contribution: found.contribution });
  }
  await rule('package/current', 'its toka block is what toka plugins build writes', () => demandCurrent(value, parts));
}

function ruleFor(of: string, judge: Judge) {
  return async <T>(rule: string, name: string, work: () => T | Promise<T>): Promise<T | undefined> => {
    const since = performance.now();
    const end = (reason?: string): void => judge({ of, rule, name, ms: Math.round(performance.now() - since), ...(reason === undefined ? {} : { reason }) });
    try {
      const result = await work();
      end();
      return result;
    } catch (error) {
      end(error instanceof Error || error instanceof NpmFailure ? error.message : String(error));
      return undefined;
    }
  };
}

function rejectWithPlace(thrown: unknown): never {
  const { message, where } = toTokaError(thrown);
  throw new Error(where?.line === undefined ? message : `${message} (package.json:${where.line})`, { cause: thrown });
}

interface Declared {
  readonly kind: Defined['kind'];
  readonly id: string;
  readonly entry: string;
}

const KINDS: readonly Defined['kind'][] = ['tools', 'runtimes', 'storage', 'providers', 'engines', 'analysers', 'search'];

/** What can be tried of what a block names, whatever else is wrong with it. */
function declared(toka: JsonObject = {}): Declared[] {
  const contributes = (toka['contributes'] ?? {}) as Partial<Record<string, unknown>>;
  return KINDS.flatMap((kind) => {
    const entries = contributes[kind];
    return Array.isArray(entries) ? (entries as { id?: unknown; entry?: unknown }[]).flatMap(({ id, entry }) => (typeof id === 'string' && typeof entry === 'string' ? [{ kind, id, entry }] : [])) : [];
  });
}

const SCRIPTS = ['preinstall', 'install', 'postinstall'];

function demandNoScripts({ scripts }: PackageJson): void {
  const found = SCRIPTS.filter((name) => Object.hasOwn(scripts ?? {}, name));
  if (found.length > 0) throw new Error(`it has the scripts ${found.join(', ')}, which toka does not run`);
}

function demandSdkAlone({ dependencies = {}, optionalDependencies = {}, peerDependencies = {} }: PackageJson): void {
  const all = Object.keys({ ...(dependencies as object), ...(optionalDependencies as object), ...(peerDependencies as object) });
  const others = all.filter((name) => (name === 'toka' || name.startsWith('@toka/')) && name !== '@toka/sdk');
  if (others.length > 0) throw new Error(`it depends on ${others.join(', ')}`);
}

function demandEntries(installed: string, entries: readonly Declared[]): true {
  for (const { kind, id, entry } of entries) {
    const file = join(installed, entry);
    if (!existsSync(file)) throw new Error(`${entry} of ${kind}/${id} is not in the package: build it, and name its folder under "files"`);
    if (!realpathSync(file).startsWith(realpathSync(installed) + sep)) throw new Error(`${entry} of ${kind}/${id} is outside of the package`);
  }
  return true;
}

function demandCurrent({ toka }: PackageJson, parts: Parameters<typeof block>[0]): void {
  const wanted = block(parts, toka);
  for (const key of Object.keys(wanted)) {
    if (JSON.stringify(toka?.[key]) !== JSON.stringify(wanted[key])) throw new Error(`"${key}" says something else than the modules: run toka plugins build`);
  }
}

/** The module of the source that says where its contributions are tried. */
function placesIn(source: string): string | undefined {
  return ['ts', 'mts', 'js', 'mjs'].map((ending) => join(source, 'test', `places.${ending}`)).find((file) => existsSync(file));
}
