import { toolContext, type ToolContextOptions } from '../../../../test/support/tool-context.ts';
import tool from '../../src/date-validator.ts';

type Params = Parameters<typeof tool.run>[0];

export async function run(
  root: string,
  params: Partial<Params> = {},
  options: Partial<ToolContextOptions> = {},
): ReturnType<typeof tool.run> {
  return tool.run(
    {
      path: ['.'],
      include: [],
      exclude: [],
      extensions: [...tool.params.properties.extensions.default],
      today: '2026-11-22',
      grace: 1,
      order: 'auto',
      code: false,
      fix: 'none',
      failOn: 'error',
      ...params,
    },
    toolContext({ root, ...options }),
  );
}
