import type { Tool } from '../../manifest/tool.ts';

/** What every provider takes for the name of a tool. */
const LONGEST = 64;

/** Under which name a model knows each tool: its own, or `plugin__name` where several have that one. Names once given stay. */
export class ModelNames {
  readonly #names = new Map<string, string>();
  readonly #qualified = new Map<string, string>();

  /** Names the tools that have none yet, in their order. */
  give(tools: readonly Tool[]): void {
    const named = Map.groupBy(tools, ({ name }) => name);
    for (const { name, qualified, source } of tools) {
      if (this.#names.has(qualified)) continue;
      const isShared = (named.get(name)?.length ?? 0) > 1 || this.#qualified.has(fitting(name));
      const given = this.#free(fitting(isShared ? `${source}__${name}` : name));
      this.#names.set(qualified, given);
      this.#qualified.set(given, qualified);
    }
  }

  /** @throws TypeError for a tool that has been given none */
  of({ qualified }: Pick<Tool, 'qualified'>): string {
    const name = this.#names.get(qualified);
    if (name === undefined) throw new TypeError(`${qualified} has no name yet`);
    return name;
  }

  qualifiedOf(name: string): string | undefined {
    return this.#qualified.get(name);
  }

  /** Two may come to the same name when signs are replaced or letters left out. */
  #free(name: string): string {
    for (let number = 2, free = name; ; number++) {
      if (!this.#qualified.has(free)) return free;
      const ending = `_${number}`;
      free = name.slice(0, LONGEST - ending.length) + ending;
    }
  }
}

function fitting(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, LONGEST);
}
