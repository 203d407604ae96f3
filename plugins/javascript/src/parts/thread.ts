import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type FromThread, type IsolateParts, leavesThreadWhole, type Reply, type ThreadData, type ThreadOrder, type ToThread } from '../lib/messages.ts';
import { type Isolate, makeIsolate } from '../thread/isolate.ts';

const { memory, clock, turn, replies } = workerData as ThreadData;
const port = parentPort!;
const turns = new Int32Array(turn);
let parts: IsolateParts;
let isolate: Isolate;
let current = 0;
/** What is said while an isolate is being made waits until it stands. */
let turnTaken = Promise.resolve();
port.on('message', (message: ToThread) => void (turnTaken = turnTaken.then(async () => received(message))));

async function received(message: ToThread): Promise<void> {
  if (message.type === 'parts') {
    ({ parts } = message);
    await prepare(memory);
  } else if (message.type === 'order') await run(message);
  else if (message.order === current) isolate.answer(message.call, message.isError, message.text);
}

/** Each order gets an interpreter of its own: nothing of one is left for the next. */
async function prepare(bytes: number): Promise<void> {
  isolate = await makeIsolate(parts, bytes);
  say({ type: 'ready' });
}

async function run(order: ThreadOrder): Promise<void> {
  const { memory: bytes } = order.limits;
  if (isolate.bytes !== bytes) isolate = await makeIsolate(parts, bytes);
  current = order.id;
  isolate.run(order, {
    clock,
    call: (call, text) => say({ type: 'call', call, text }),
    output(pieces, isWaiting) {
      if (isWaiting) ask({ type: 'output', pieces, isWaiting });
      else say({ type: 'output', pieces, isWaiting });
    },
    artifact: (name, content) => ask({ type: 'artifact', name, content }).error ?? '',
    end(outcome) {
      current = 0;
      say({ type: 'end', order: order.id, outcome });
      if (leavesThreadWhole(outcome)) void prepare(bytes);
    },
  });
}

function say(message: FromThread): void {
  port.postMessage(message);
}

/** Says it and waits until toka has dealt with it. */
function ask(message: FromThread): Reply {
  const before = Atomics.load(turns, 0);
  say(message);
  Atomics.wait(turns, 0, before);
  return (receiveMessageOnPort(replies)?.message as Reply | undefined) ?? {};
}
