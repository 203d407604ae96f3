import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { coded, type ProcessResult, type ProgramHost, type SetupHost } from '@toka/sdk';
import type { Interpreter } from './interpreter.ts';
import { pipAccess } from './pip.ts';
import { demandRequirement } from './requirement.ts';

const UNFINISHED = 'new-';
const HOUR_MS = 3_600_000;

/** The folder of the virtual environment for the requirements, there or not; undefined where nothing is required. */
export function environmentFor(folder: string, { program }: Interpreter, requirements: readonly string[]): string | undefined {
  if (requirements.length === 0) return undefined;
  // An interpreter that was replaced has other folders for packages.
  const { mtimeMs, size } = statSync(program);
  const wanted = JSON.stringify([program, mtimeMs, size, requirements.toSorted()]);
  return join(folder, 'environments', createHash('sha256').update(wanted).digest('hex').slice(0, 32));
}

/**
 * Makes the virtual environment for the requirements unless it is there: beside its place, and then renamed, so that it is whole or not there.
 *
 * @throws `REQUIREMENT_INVALID`, `REQUIREMENTS_FAILED`
 */
export async function makeEnvironment(interpreter: Interpreter, requirements: readonly string[], host: ProgramHost & SetupHost): Promise<void> {
  for (const requirement of requirements) demandRequirement(requirement);
  const folder = environmentFor(host.folder, interpreter, requirements);
  if (folder === undefined || existsSync(folder)) return;
  const all = dirname(folder);
  await mkdir(all, { recursive: true });
  await removeLeftOvers(all);
  const beside = join(all, `${UNFINISHED}${randomUUID()}`);
  try {
    await install(interpreter, beside, folder, requirements, host);
    await moveInto(folder, beside);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

/** Of processes that were killed; none takes that long. */
async function removeLeftOvers(all: string): Promise<void> {
  for (const name of readdirSync(all).filter((each) => each.startsWith(UNFINISHED))) {
    const age = Date.now() - (statSync(join(all, name), { throwIfNoEntry: false })?.ctimeMs ?? Infinity);
    if (age > HOUR_MS) await rm(join(all, name), { recursive: true, force: true });
  }
}

async function install({ program, base, reads: own }: Interpreter, beside: string, folder: string, requirements: readonly string[], host: ProgramHost & SetupHost): Promise<void> {
  const script = readFileSync(join(import.meta.dirname, '../driver/environment.py'), 'utf8');
  const { env, network, reads } = pipAccess(host.env, base);
  host.progress({ message: `installing ${requirements.join(', ')}` });
  const result = await host.spawn([program, '-I', '-B', '-X', 'utf8', '-c', script, beside, folder, ...requirements], { env, network, reads: [...own, ...reads] });
  if (result.exitCode !== 0) throw failed(result, requirements);
}

function failed({ stdout, stderr, stopped }: ProcessResult, requirements: readonly string[]): Error {
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  const why = stopped === undefined ? lines.filter((line) => /error/i.test(line)).at(-1) ?? lines.at(-1) ?? 'pip said nothing' : `it was ended: ${stopped}`;
  return coded('REQUIREMENTS_FAILED', `could not install ${requirements.join(', ')}: ${why.trim().slice(0, 500)}`, {
    hint: 'check names and versions; only wheels are installed, since anything else would run code of strangers to be built',
  });
}

/** Another run may have been quicker; what it has made is the same. */
async function moveInto(folder: string, beside: string): Promise<void> {
  try {
    await rename(beside, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}
