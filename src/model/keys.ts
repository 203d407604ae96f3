import { readPrivate } from '../capability/private-file.ts';
import type { Service } from './services.ts';

/** A key of a service, and where it comes from. */
export interface Key {
  /** The name of a variable, or a file. */
  readonly from: string;
  readonly value: string | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The variables that a provider asks for, the usual one first. */
export function keyNames({ listed }: Pick<Service, 'listed'>): readonly string[] {
  const { required = [], optional = [] } = listed.capabilities ?? {};
  return [...required, ...optional].flatMap((capability) => /^env:read:([A-Za-z_]\w*)$/.exec(capability)?.[1] ?? []);
}

/**
 * The key of a service: of the file or the variable that the configuration names, or of the variable that its provider asks for. A server that is only
 * spoken to as that provider does is not given the provider's own.
 *
 * @throws TokaError TOKA_FILE_UNSAFE, TOKA_STATE_UNAVAILABLE
 */
export function keyOf(service: Service, env: Env): Key | undefined {
  const { keyFile, keyEnv } = service.settings;
  if (keyFile !== undefined) return { from: keyFile, value: readPrivate(keyFile)?.trim() };
  if (keyEnv !== undefined) return { from: keyEnv, value: env[keyEnv] };
  if (service.id !== service.listed.id) return undefined;
  const names = keyNames(service);
  const name = names.find((each) => (env[each] ?? '') !== '') ?? names[0];
  return name === undefined ? undefined : { from: name, value: env[name] };
}
