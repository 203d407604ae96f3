import { type Engine, type EngineConnection, isCoded } from '@toka/sdk';
import { type ErrorCode, TokaError } from '../../errors.ts';
import { type Contributed, contributedBy, loadContributed } from '../../journal/contributed.ts';
import type { Toka } from '../../toka.ts';
import { pluginFiles } from '../../workspace.ts';
import type { Door } from '../door.ts';

/**
 * Connects to an engine: the one of that id or address, or that of the configuration.
 *
 * @throws TokaError TOKA_ENGINE_UNKNOWN, TOKA_ENGINE_UNAVAILABLE, TOKA_RUNTIME_UNAVAILABLE
 */
export async function connectEngine(asked: string | undefined, toka: Toka, door: Door): Promise<EngineConnection> {
  const [, scheme] = /^([a-z][a-z0-9-]*):\/\//.exec(asked ?? '') ?? [];
  const id = scheme?.replace('postgresql', 'postgres') ?? asked ?? toka.places.engine?.id;
  if (id === undefined || id === 'here') throw new TokaError('TOKA_USAGE', 'expected the id or the address of an engine, found none', { hint: 'name it, or write engine: into toka.yaml' });
  const engine = findEngine(id, pluginFiles(door.env));
  const location = scheme === undefined ? locationOf(id, toka) : asked;
  if (location === undefined) {
    throw new TokaError('TOKA_ENGINE_UNKNOWN', `it is not said where the engine ${id} is`, { hint: 'write engine: {id, location} into toka.yaml, or pass its address to --engine' });
  }
  return orTold(async () => engine.connect({ location }));
}

/** What an engine throws, as toka says it. */
export async function orTold<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isCoded(cause) || !Object.hasOwn(CODES, cause.code)) throw cause;
    throw new TokaError(CODES[cause.code] ?? 'TOKA_ENGINE_UNAVAILABLE', cause.message, { cause, ...(cause.hint === undefined ? {} : { hint: cause.hint }) });
  }
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENGINE_INVALID: 'TOKA_USAGE',
  ENGINE_UNKNOWN: 'TOKA_RUN_UNKNOWN',
  ENGINE_CONFLICT: 'TOKA_ENGINE_UNAVAILABLE',
  ENGINE_UNAVAILABLE: 'TOKA_ENGINE_UNAVAILABLE',
  ENGINE_UNSUPPORTED: 'TOKA_ENGINE_UNSUPPORTED',
  ENGINE_LOST: 'TOKA_ENGINE_LOST',
  ENGINE_CLOSED: 'TOKA_ENGINE_UNAVAILABLE',
};

type Contribution = Contributed<Pick<Engine, 'id'>>;

function findEngine(id: string, packageFiles: readonly string[]): Engine {
  const all = packageFiles.flatMap((file) => contributedBy<Contribution>(file, 'engines'));
  const found = all.find((one) => one.id === id);
  if (!found) throw new TokaError('TOKA_ENGINE_UNKNOWN', `expected the name of an engine, found "${id}"`, { hint: `there are ${['here', ...all.map((one) => one.id)].join(', ')}` });
  const engine = loadContributed<Engine>(found.file, 'connect');
  if (engine) return engine;
  throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', `${found.file} does not export an engine as its default`, { hint: 'export default defineEngine({…})' });
}

/** An engine that has the name of the storage backend is where that is. */
function locationOf(id: string, { places: { engine, storage } }: Toka): string | undefined {
  if (engine?.id === id && engine.location !== undefined) return engine.location;
  return storage.backend === id ? storage.location : undefined;
}
