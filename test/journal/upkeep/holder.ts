import { sqliteStorage } from '../../../src/journal/sqlite/storage.ts';

// A process of its own that has a journal open until its standard input ends.
const [location = ''] = process.argv.slice(2);
const storage = await sqliteStorage.open({ location });
process.stdout.write(`${(await storage.ends()).events}\n`);
for await (const _ of process.stdin);
await storage.close();
