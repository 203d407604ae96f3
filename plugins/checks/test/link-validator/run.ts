import { toolContext, type ToolContextOptions } from '../../../../test/support/tool-context.ts';
import tool from '../../src/link-validator.ts';

type Params = Parameters<typeof tool.run>[0];

export async function run(
  root: string,
  params: Partial<Params> = {},
  options: Partial<ToolContextOptions> = {},
): ReturnType<typeof tool.run> {
  return tool.run(
    { path: ['.'], include: [], exclude: [], ignore: [], roots: ['.'], external: false, fix: 'none', failOn: 'error', ...params },
    toolContext({ root, ...options }),
  );
}
