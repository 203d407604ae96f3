import { glob, matches } from '../capability/glob.ts';
import type { Tool } from '../manifest/tool.ts';
import { callable } from '../registry/callable.ts';
import { typesOf } from '../registry/tool-types.ts';
import type { Door } from './door.ts';

/** `toka tools types [NAME]` */
export async function toolTypes(name: string | undefined, door: Door): Promise<number> {
  const { registry } = await door.workspace();
  try {
    const tools = (await registry.index()).all().map(({ tool }) => tool);
    const chosen = name === undefined ? tools : name.includes('*') ? tools.filter(fits(name)) : [(await registry.find(name)).tool];
    if (chosen.length === 0) door.stderr.write('no tool fits; toka tools list shows all of them\n');
    door.stdout.write(typesOf(callable(chosen)));
    return 0;
  } finally {
    registry.close();
  }
}

function fits(pattern: string): (tool: Tool) => boolean {
  const wanted = glob(pattern);
  return ({ qualified }) => matches(wanted, qualified);
}
