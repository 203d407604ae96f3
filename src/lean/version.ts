import { ownPackage } from '../config/package-root.ts';
import { serve } from '../ui/process-door.ts';

export async function showVersion(): Promise<void> {
  await serve([], async ({ stdout }) => {
    stdout.write(`toka/${ownPackage().version} ${process.platform}-${process.arch} node-${process.version}\n`);
    return 0;
  });
}
