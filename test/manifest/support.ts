import { TokaError } from '../../src/errors.ts';
import type { Problem } from '../../src/manifest/issue.ts';
import { parseToolManifest, type LoadOptions } from '../../src/manifest/load.ts';
import type { Tool } from '../../src/manifest/tool.ts';

/** What a refusal says for programs: the exit code, the problems and how many more there are. */
export interface Refusal {
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
  readonly where: TokaError['where'];
  readonly problems: readonly Problem[];
  readonly more: number;
}

/** Runs what must be refused with a coded error that lists problems; anything else thrown passes through. */
export async function refusalOf(act: () => unknown): Promise<Refusal> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof TokaError)) throw error;
    const { code, exitCode, message, where, data } = error;
    return { code, exitCode, message, where, problems: data?.['problems'] as Problem[], more: (data?.['more'] as number | undefined) ?? 0 };
  }
  throw new Error('nothing was refused');
}

/** `code path` of each problem, sorted. */
export async function problemsOf(act: () => unknown): Promise<string[]> {
  return (await refusalOf(act)).problems.map(({ code, path }) => `${code} ${path}`).toSorted();
}

/** A manifest of an external program, parsed with parts of its `spec` and `metadata` replaced; nothing on disk is needed. */
export function parseSpec(spec: object, metadata: object = {}, options: Partial<LoadOptions> = {}): Tool {
  const manifest = {
    apiVersion: 'toka/v1',
    metadata: { name: 'sample', version: '1.0.0', category: 'text', description: 'A sample', ...metadata },
    spec: { executable: { type: 'external', path: 'jq' }, effect: 'read', ...spec },
  };
  return parseToolManifest(JSON.stringify(manifest), '/project/manifests/sample.json', {
    source: 'project',
    kind: 'project',
    root: '/project',
    ...options,
  });
}
