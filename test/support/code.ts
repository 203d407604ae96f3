import type { Json, Place, StartOptions } from './cli.ts';

/** What `toka code run --json` prints. */
export interface CodeRun extends Json {
  readonly exit: number | null;
  readonly artifacts: readonly string[];
}

/** Runs source text that is given on standard input. */
export async function runCode(here: Place, language: string, source: string | Uint8Array, words: readonly string[] = [], options: StartOptions = {}): Promise<CodeRun> {
  here.write({ 'code/source': source });
  return here.json<CodeRun>(['code', 'run', '--language', language, ...words, 'code/source'], options);
}

/** Of a run that has failed: the code of what failed it. */
export const codeOf = ({ error }: CodeRun): unknown => error?.data?.['code'] ?? error?.code;
