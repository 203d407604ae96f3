import { isCoded } from '@toka/sdk';
import engine from '../../src/postgres-engine.ts';

// Takes one order, says so, and never ends it; says as well how its work ended.
const [location = ''] = process.argv.slice(2);
const connection = await engine.connect({ location });
const never = async (): Promise<never> => {
  console.log('taken');
  return new Promise(() => {});
};
try {
  await connection.work(never, { concurrency: 1, signal: new AbortController().signal });
} catch (error) {
  console.log(isCoded(error) ? error.code : error);
  process.exit(1);
}
