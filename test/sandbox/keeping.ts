// A process of toka in which another one waits; ends as its standard input says: by `exit`, after `close`, or with nothing more to do.
import { WarmProcesses } from '../../src/sandbox/warm.ts';
import { planOf } from './support.ts';

const warm = new WarmProcesses({ processes: 1, idleMs: 60_000 });
const plan = planOf(['/bin/bash', '-c', 'read -r order <&3; exit 0', process.argv[2] ?? ''], { channel: true });
await warm.launch(plan, {
  onOutput: () => undefined,
  channel: { maxLine: 1000, onOpen: (link) => void link.write('go'), onLine: () => undefined, onFault: () => undefined, onEnded: () => undefined },
});
console.log('ran');
for await (const how of process.stdin.setEncoding('utf8')) {
  if (how === 'exit') process.exit(0);
  if (how === 'close') await warm.close();
  break;
}
process.stdin.destroy();
