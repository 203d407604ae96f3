import { writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { once } from 'node:events';

// A process of its own that holds the write lock of a journal for three seconds, or until it is asked to let go; it says which.
const db = new DatabaseSync(process.argv[2] ?? '');
db.exec('BEGIN IMMEDIATE');
writeSync(1, 'holds\n');
const why = await Promise.race([once(process.stdin, 'data').then(() => 'asked'), sleep(3000, 'alone')]);
db.exec('ROLLBACK');
db.close();
writeSync(1, `${why}\n`);
process.exit();
