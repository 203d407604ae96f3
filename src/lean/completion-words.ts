import { completeWords } from '../ui/completion/words.ts';
import { serve } from '../ui/process-door.ts';

export async function main(argv: readonly string[]): Promise<boolean> {
  const words = argv[0] === '--' ? argv.slice(1) : argv;
  return serve([], async (door) => completeWords(words, door));
}
