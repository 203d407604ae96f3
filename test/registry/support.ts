import { tool } from '../support/cli.ts';

/** A manifest for a tool that nobody runs. */
export function manifest(name: string, description = `The tool ${name}`, extra: Readonly<Record<string, unknown>> = {}): string {
  const [text = ''] = Object.values(tool(name, 'true', { type: 'external', ...extra }));
  return text.replace(`The tool ${name}`, description);
}

