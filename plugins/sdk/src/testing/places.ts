import type { Engine } from '../engine.ts';
import type { Storage } from '../storage.ts';
import type { EnginePlace } from './engine.ts';
import type { ProviderPlace, ProviderScenario } from './provider.ts';
import type { RuntimeSamples } from './runtime.ts';
import type { StoragePlace } from './storage.ts';
import type { ToolPlace } from './tool.ts';

/** Where the contributions of a plugin are tried: what `toka plugins test` needs beside the package itself. */
export interface Places {
  /** For all tools; `folder` is absolute. */
  readonly tools?: Omit<ToolPlace, 'matches'>;
  readonly runtimes?: Readonly<Record<string, RuntimeSamples>>;
  readonly providers?: Readonly<Record<string, (scenario: ProviderScenario) => Promise<ProviderPlace>>>;
  /** Default: a folder of its own for each check. */
  readonly storage?: Readonly<Record<string, (storage: Storage) => Promise<StoragePlace>>>;
  readonly engines?: Readonly<Record<string, (engine: Engine) => Promise<EnginePlace>>>;
  /** Is called when all checks of a contribution have ended. */
  close?(): Promise<void>;
}

/**
 * Defines where a plugin is tried: the default export of its `test/places.ts`.
 *
 * @param places The folder of the tools' examples, the samples of runtimes, the services behind providers.
 * @returns The same.
 * @example
 * export default definePlaces({ tools: { folder: join(import.meta.dirname, 'examples') } });
 */
export function definePlaces(places: Places): Places {
  return places;
}
