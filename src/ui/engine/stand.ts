import type { EngineStanding } from '@toka/sdk';
import type { Door } from '../door.ts';
import { connectEngine, orTold } from './find.ts';

interface StandFlags {
  readonly engine?: string | undefined;
  readonly json: boolean;
}

/** `toka engine status RUN` and `toka engine cancel RUN`. */
export async function standOf(run: string, what: 'status' | 'cancel', { engine: asked, json }: StandFlags, door: Door): Promise<number> {
  const toka = await door.open({ readOnly: true });
  const engine = await connectEngine(asked, toka, door);
  try {
    const standing = await orTold(async () => engine[what](run));
    door.stdout.write(json ? `${JSON.stringify({ schema: 'toka/engine-run/v1', runId: run, ...standing })}\n` : text(standing));
    return 0;
  } finally {
    await engine.close();
    await toka.close();
  }
}

function text({ state, attempts, result }: EngineStanding): string {
  const status = result?.['status'];
  return `${state}, attempts: ${attempts}${typeof status === 'string' ? `, ${status}` : ''}\n`;
}
