import type { House } from './house.ts';
import type { Run } from './run.ts';

/** What a tool in toka's own process does by itself, beside its calls. */
export interface Deed {
  /** Resolves once it is on record that something is about to be changed, where doing that twice would matter. */
  begin(): Promise<void>;
  /** How many events of the run are recorded. */
  recorded(): Promise<number>;
}

/** Makes the first change of a run that must not happen twice known before it happens. */
export function deedOf({ id, recorded, tool }: Run, house: House): Deed {
  let begun: Promise<number> | undefined;
  const append = async (): Promise<number> => {
    await (await house.journal()).append(id, [{ v: 1, type: 'run.acted' }], recorded);
    return recorded + 1;
  };
  return {
    begin: async () => {
      if (tool?.effect === 'external' || tool?.effect === 'privileged') await (begun ??= append());
    },
    recorded: async () => (begun ?? Promise.resolve(recorded)).catch(() => recorded),
  };
}
